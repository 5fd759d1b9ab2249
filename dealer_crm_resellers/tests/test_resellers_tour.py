from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.dealer_crm.tests.common import DealerHttpCase

from .common import MARSEILLE, NEAR, PARIS, ResellerMixin


@tagged("post_install", "-at_install")
class TestResellersTour(ResellerMixin, DealerHttpCase):
    """Work with resellers in a browser, in three languages, and the records it leaves."""

    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install_languages()

    def test_set_up_a_level(self):
        self.admin.lang = "ar_001"
        self.start_tour("/odoo/dealer-leads", "dealer_crm_resellers_level", login=self.admin.login)
        level = self.env["dealer.crm.partner.level"].search([("name", "=", "Tour Platinum")])
        self.assertEqual((level.weight, level.active), (45, True))

    def test_weigh_a_partner(self):
        self.manager.lang = "ar_001"
        partner = self.make_reseller("Tour Weighed")
        self.start_tour(
            f"/odoo/res.partner/{partner.id}",
            "dealer_crm_resellers_partner",
            login=self.manager.login,
        )
        partner.invalidate_recordset()
        self.assertEqual(partner.dealer_level_weight, self.gold.weight)
        self.assertFalse(partner.dealer_level_weight_is_custom)

    def test_assign(self):
        self.agent.lang = "de_DE"
        near = self.make_reseller("Tour Near", NEAR)
        far = self.make_reseller("Tour Far", MARSEILLE)
        automatic, manual, button = (
            self.make_placed_lead(PARIS, contact_name=f"Tour {name}")
            for name in ("Automatic", "Manual", "Button")
        )
        self.start_tour(
            "/odoo/dealer-leads?view_type=list",
            "dealer_crm_resellers_assign",
            login=self.agent.login,
        )
        self.env.invalidate_all()
        self.assertEqual(automatic.partner_assigned_id, near)
        self.assertEqual(manual.partner_assigned_id, far)
        self.assertEqual(button.partner_assigned_id, far)
        self.assertEqual(
            button.assignment_ids.sorted("id").mapped("state"), ["declined", "accepted"]
        )

    def test_read_the_report(self):
        self.manager.lang = "ar_001"
        self.make_placed_lead().assign_partner(self.make_reseller("Tour Near", NEAR))
        self.start_tour(
            "/odoo/dealer-leads", "dealer_crm_resellers_report", login=self.manager.login
        )

    def test_decide_on_a_commission(self):
        self.manager.lang = "de_DE"
        plan = self.env["dealer.crm.commission.plan"].create(
            {"name": "Tour", "rule_ids": [Command.create({"percentage": 10})]}
        )
        reseller = self.make_reseller("Tour Near", dealer_commission_plan_id=plan.id)
        lead = self.make_lead()
        lead.assign_partner(reseller)
        order = self.make_order(lead, self.make_product(type="service", list_price=1000))
        self.assertEqual(order.amount_untaxed, 1000)
        lead.action_mark_won()
        self.start_tour(
            "/odoo/dealer-leads", "dealer_crm_resellers_commission", login=self.manager.login
        )
        self.env.invalidate_all()
        self.assertEqual(
            lead.commission_ids.entry_ids.sorted("id").mapped(lambda e: (e.amount, e.state)),
            [(100, "billed"), (-25, "draft")],
        )
