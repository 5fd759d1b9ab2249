"""Fields that only the Endorse button and the dealers' calls may set."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import BpoCase, make_payload

ENDORSED = {
    "dealer_lead_id": 7,
    "dealer_lead_name": "DLEAD/1",
    "dealer_endorsed_at": "2026-01-01 00:00:00",
    "dealer_outcome": "endorsed",
    "dealer_callback_sequence": 3,
    "dealer_callback_ids": [(0, 0, {"event_id": "made-up"})],
}
MAIL = """\
From: {sender}
To: leads@bpo.example.com
Subject: A hatchback
Message-Id: <guard-{number}@example.com>
Content-Type: text/plain

Hello
"""


@tagged("post_install", "-at_install")
class TestGuard(BpoCase):
    def process(self, user, sender, number, values=None, **context):
        thread = self.env["mail.thread"].with_user(user).with_context(active_test=False, **context)
        mail = MAIL.format(sender=sender.email_formatted, number=number)
        return self.env["crm.lead"].browse(thread.message_process("crm.lead", mail, values))

    def test_defaults(self):
        leads = self.env["crm.lead"].with_user(self.salesman)
        for name, value in ENDORSED.items():
            with self.subTest(name=name), self.assertRaises(AccessError):
                leads.with_context(**{f"default_{name}": value}).create({"name": "x"})

    def test_sudo_for_somebody(self):
        lead = self._create_leads(1)
        for name, value in ENDORSED.items():
            with self.subTest(name=name), self.assertRaises(AccessError):
                lead.with_user(self.salesman).sudo().write({name: value})
        with self.assertRaises(AccessError):
            self.env["bpo.dealer.callback"].with_user(self.dealer_user).sudo().create(
                {"event_id": "x", "dealer_id": self.dealer.id}
            )
        endorsed = self._create_endorsed()
        with self.assertRaises(UserError):
            endorsed.with_user(self.salesman).sudo().dealer_id = self.other_dealer

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_mail_gateway(self):
        """Any user can call the gateway, with any From address."""
        root = self.env.ref("base.user_root")
        root.email = root.email or "odoobot@example.com"
        number = 0
        for user in (self.dealer_user, self.salesman, self.manager, root):
            for sender in (user, self.manager, root):
                for name, value in {**ENDORSED, "dealer_id": self.dealer.id}.items():
                    number += 1
                    with (
                        self.subTest(user=user.login, sender=sender.login, name=name),
                        self.assertRaises(AccessError),
                    ):
                        self.process(user, sender, number, {name: value})
        defaults = {f"default_{name}": value for name, value in ENDORSED.items()}
        with self.assertRaises(AccessError):
            self.process(self.dealer_user, root, "defaults", **defaults)
        lead = self.process(self.dealer_user, self.manager, "good", {"priority": "1"})
        self.assertEqual((lead.name, lead.dealer_outcome), ("A hatchback", "none"))


class Undone(Exception):
    """Raised when an attempt succeeds, to roll it back."""


@tagged("post_install", "-at_install")
class TestFieldRights(BpoCase):
    """Who may write each stored field of ours."""

    ROLES = {"s": "salesman", "m": "manager", "c": "dealer_user", "p": "portal"}
    MAGIC = {"id", "create_uid", "create_date", "write_uid", "write_date"}
    TABLE = {
        "bpo.dealer": {"m": "active company_id database login name url user_id with_quotation"},
        "bpo.dealer.callback": {
            "": "bpo_source_lead_id company_id dealer_id dealer_instance duplicate_count event_id"
            " lead_id occurred_at outcome payload sequence status"
        },
        "bpo.dealer.key": {"": "dealer_id secret"},
        "crm.lead": {
            "": "dealer_callback_ids dealer_callback_sequence dealer_endorsed_at dealer_lead_id"
            " dealer_lead_name dealer_outcome",
            "sm": "dealer_id product_code product_name quantity vehicle_model_text",
        },
        "crm.stage": {"m": "is_endorse"},
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "bpo-portal", groups="base.group_portal")
        lead = cls._create_endorsed()
        cls.receiver.update_from_dealer_callback(make_payload(lead.id))
        cls.records = {
            "bpo.dealer": cls.dealer,
            "bpo.dealer.callback": lead.dealer_callback_ids,
            "bpo.dealer.key": cls.env["bpo.dealer.key"].search([], limit=1),
            "crm.lead": cls._create_leads(1),
            "crm.stage": cls.stage_new,
        }

    def get_fields(self, model):
        return {
            name
            for name, field in self.env[model]._fields.items()
            if field.store and name not in self.MAGIC and "bpo_crm" in field._modules
        }

    def make_value(self, model, name):
        field, old = self.env[model]._fields[name], self.records[model][name]
        if name == "url":
            return "https://elsewhere.example"
        match field.type:
            case "boolean":
                return not old
            case "integer" | "float":
                return old + 1
            case "datetime":
                return "2031-05-06 07:08:09"
            case "selection":
                return next(key for key in field.get_values(self.env) if key != old)
            case "many2one":
                comodel = self.env[field.comodel_name]
                return {"company_id": False, "user_id": self.other_user.id}.get(
                    name, comodel.search([("id", "!=", old.id)], limit=1).id
                )
            case "one2many":
                return [Command.create({})]
        return "made up"

    def may_write(self, record, name, value):
        try:
            with self.env.cr.savepoint():
                record.write({name: value})
                self.env.flush_all()
                raise Undone
        except Undone:
            return True
        except UserError:
            return False
        finally:
            self.env.invalidate_all()

    def test_table(self):
        models = {
            name
            for name, model in self.env.registry.items()
            if not (model._abstract or model._transient) and self.get_fields(name)
        }
        self.assertEqual(sorted(self.TABLE), sorted(models))
        for model, lines in self.TABLE.items():
            listed = " ".join(lines.values()).split()
            self.assertEqual(sorted(listed), sorted(self.get_fields(model)), model)
            for writers, names in lines.items():
                for name in names.split():
                    for letter, role in self.ROLES.items():
                        record = self.records[model].with_user(getattr(self, role))
                        value = self.make_value(model, name)
                        with self.subTest(model=model, field=name, role=role):
                            self.assertEqual(self.may_write(record, name, value), letter in writers)
