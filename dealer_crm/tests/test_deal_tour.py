from odoo.tests import tagged

from .common import DealerHttpCase


@tagged("post_install", "-at_install")
class TestDealTour(DealerHttpCase):
    """An agent fills in the page Deal and schedules an appointment in a browser."""

    def test_deal(self):
        customer = self.env["res.partner"].create({"name": "Tour Customer"})
        lead = self.make_lead(
            contact_name="Tour Deal",
            partner_id=customer.id,
            product_id=self.make_product(name="Tour Pickup").id,
        )
        url = f"/odoo/dealer-leads/{lead.id}"
        self.start_tour(url, "dealer_crm_deal", login=self.agent.login)
        self.env.invalidate_all()
        self.assertEqual((lead.preferred_color, lead.budget_max), ("Red", 30_000))
        self.assertEqual(
            (lead.has_trade_in, lead.trade_in_make, lead.trade_in_year), (True, "Brixton", 2015)
        )
        self.assertEqual(len(lead.appointment_ids), 1)
        self.assertEqual(lead.appointment_ids.dealer_crm_result, "no_show")
        self.assertEqual(lead.appointment_ids.partner_ids, customer | self.agent.partner_id)
