from odoo.tests import tagged

from odoo.addons.dealer_crm.tests.field_table import FieldTableCase

NOBODY = ("", "")


@tagged("post_install", "-at_install")
class TestAdfFieldRights(FieldTableCase):
    MODULE = "dealer_crm_adf"
    TABLE = {"dealer.crm.lead": ((*NOBODY, "adf_date adf_digest adf_id adf_source"),)}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = {"dealer.crm.lead": cls.make_lead()}

    def get_base(self, model):
        return {"contact_name": "Bo"}

    def test_table(self):
        self.assertFieldTable()
