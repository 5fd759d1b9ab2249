from odoo.tests import tagged

from odoo.addons.dealer_crm.tests.field_table import FieldTableCase
from odoo.addons.dealer_crm_resellers.tests.common import ResellerMixin

NOBODY = ("", "")


@tagged("post_install", "-at_install")
class TestPortalFieldRights(ResellerMixin, FieldTableCase):
    MODULE = "dealer_crm_resellers_portal"
    TABLE = {
        "dealer.crm.assignment": ((*NOBODY, "date_remind to_tell_end"),),
        "dealer.crm.commission.plan": (("d", "d", "is_shown_on_lead"),),
        "dealer.crm.lead": ((*NOBODY, "date_protected deal_state"),),
        # Of Odoo's settings.
        "res.company": (
            ("s", "s", "dealer_confirm_deals dealer_hide_contact dealer_weekly_summary"),
        ),
        "res.partner": ((*NOBODY, "dealer_date_summary"),),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reseller = cls.make_reseller()
        cls.records = {
            "dealer.crm.assignment": cls.make_lead(partner_assigned_id=reseller.id).assignment_ids,
            "dealer.crm.commission.plan": cls.env["dealer.crm.commission.plan"].create(
                {"name": "Plan of the table"}
            ),
            "dealer.crm.lead": cls.make_lead(),
            "res.company": cls.company,
            "res.partner": reseller,
        }

    def get_base(self, model):
        return {
            "dealer.crm.commission.plan": {"name": "Another plan"},
            "res.company": {"name": "A fourth dealer"},
            "res.partner": {"name": "A partner"},
        }.get(model, {})

    def test_table(self):
        self.assertFieldTable()
