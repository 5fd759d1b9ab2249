from odoo.tests import tagged

from .common import LIST, PortalCase


class TourCase(PortalCase):
    def test_work(self):
        """Accept, call, move on, plan, change the price, lose."""
        lead = self.give(contact_name="Ana Tour", phone="+33 4 72 00 00 01")
        self.start_tour(LIST, "dealer_portal_work", login="seller")
        self.env.invalidate_all()
        self.assertEqual((lead.won_status, lead.lost_reason), ("lost", self.reason))
        self.assertEqual(lead.expected_price, 9900)
        self.assertEqual(lead.assignment_ids.state, "accepted")

    def test_deal(self):
        self.start_tour("/my", "dealer_portal_deal", login="seller")
        deal = self.Lead.search([("contact_name", "=", "Zoe Tour")])
        self.assertEqual(deal.partner_assigned_id, self.one)

    def test_answer(self):
        """From an e-mail, without a login."""
        row = self.give().assignment_ids
        self.start_tour(f"/dealer/answer/{row._get_answer_token()}", "dealer_portal_answer")
        self.env.invalidate_all()
        self.assertEqual((row.state, row.decline_reason), ("declined", "No vans"))


@tagged("post_install", "-at_install")
class TestOnAComputer(TourCase):
    browser_size = "1440x900"


@tagged("post_install", "-at_install")
class TestOnAPhone(TourCase):
    browser_size = "390x844"
    touch_enabled = True


del TourCase
