"""Users who may read a record may read it without a list of fields, as other addons do with ``read()``."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .ours import ROLES, is_ours, make_user, models_with_our_fields


@tagged("post_install", "-at_install")
class TestReadable(TransactionCase):
    """Each role reads one record of each model with a field of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: make_user(cls.env, role) for role in ROLES}
        # At least one record of the models that users of sales, stock and accounting read.
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.users["agent"].partner_id.id,
                "order_line": [(0, 0, {"product_id": cls.make_product().id})],
            }
        )
        for role in ("sales", "agent"):
            cls.order.copy({"user_id": cls.users[role].id})
            cls.env["dealer.crm.lead"].create(
                {"contact_name": role, "user_id": cls.users["agent"].id}
            )
            cls.env["crm.lead"].create({"name": role, "user_id": cls.users[role].id})

    @classmethod
    def make_product(cls):
        return cls.env["product.product"].create({"name": "Readable", "type": "consu"})

    def unreadable(self, records):
        """Return our fields that prevent reading the records."""
        try:
            records.read()
        except AccessError:
            fields = [
                name
                for name, field in records._fields.items()
                if is_ours(field) and records._has_field_access(field, "read")
            ]
            return [name for name in fields if not self.is_readable(records, name)]
        return []

    def is_readable(self, records, name):
        records.invalidate_recordset()
        try:
            records.read([name])
        except AccessError:
            return False
        return True

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_every_model_in_every_role(self):
        read, refused = set(), []
        for model in models_with_our_fields(self.env):
            for role, user in self.users.items():
                records = self.env[model].with_user(user)
                if not records.has_access("read"):
                    continue
                self.env.invalidate_all()
                records = records.with_context(active_test=False).search([], limit=2)
                if records:
                    read.add((model, role))
                refused += [(model, role, name) for name in self.unreadable(records)]
        self.assertEqual(refused, [])
        # The test proves nothing about models without a record.
        for role in ("sales", "stock", "invoicing", "accounting", "manager"):
            self.assertIn(("sale.order", role), read)
        for model in ("res.partner", "res.company", "res.users"):
            self.assertIn((model, "internal"), read)
        self.assertIn(("crm.lead", "sales"), read)
        self.assertIn(("dealer.crm.lead", "agent"), read)
