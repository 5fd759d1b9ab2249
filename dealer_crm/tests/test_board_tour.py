from odoo.tests import tagged

from .common import DealerHttpCase


@tagged("post_install", "-at_install")
class TestBoardTour(DealerHttpCase):
    """An agent drags cards on the board in a browser; the stored result is checked afterwards."""

    def test_board(self):
        self.reason.name = "Tour reason"
        moved, skipped, lost = (
            self.make_lead(contact_name=f"Tour {name}") for name in ("Forward", "Skip", "Lost")
        )
        unsold, sold = (
            self.make_lead(self.negotiation, contact_name=f"Tour {name}")
            for name in ("Unsold", "Sold")
        )
        self.make_order(sold, product=self.make_product(type="service", is_storable=False))
        self.start_tour("/odoo/dealer-leads", "dealer_crm_board", login=self.agent.login)
        self.env.invalidate_all()
        self.assertEqual(moved.stage_id, self.qualified)
        self.assertEqual(skipped.stage_id, self.new)
        self.assertEqual(unsold.stage_id, self.negotiation)
        self.assertEqual(sold.won_status, "won")
        self.assertEqual((lost.won_status, lost.lost_reason), ("lost", self.reason))
        self.assertEqual(lost.stage_id, self.lost)
        entered = self.Lead.search([("contact_name", "=", "Tour Walk-in")])
        self.assertEqual((entered.stage_id, entered.user_id), (self.new, self.agent))

    def test_take(self):
        """From the card, and from the notice that a lead has arrived."""
        on_card, noticed, other = self.Lead.create(
            [
                {"contact_name": f"Tour {name}", "user_id": False}
                for name in ("Card", "Noticed", "Other")
            ]
        )
        self.start_tour("/odoo/dealer-leads", "dealer_crm_take", login=self.agent.login)
        self.env.invalidate_all()
        self.assertEqual((on_card | noticed).user_id, self.agent)
        self.assertFalse(other.user_id)
