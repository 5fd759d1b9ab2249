from odoo.tests import tagged

from .common import DealerHttpCase


@tagged("post_install", "-at_install")
class TestBoardTour(DealerHttpCase):
    """An agent drags cards on the board in a browser; the stored result is checked afterwards."""

    def test_board(self):
        self.reason.name = "Tour reason"
        self.env.company.dealer_first_contact_minutes = 60
        moved, skipped, lost = (
            self.make_lead(contact_name=f"Tour {name}") for name in ("Forward", "Skip", "Lost")
        )
        skipped.mobile = "(650) 555-0142"
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

    def test_keys(self):
        """Everything by keyboard."""
        moved, lost, called = (
            self.make_lead(contact_name=f"Tour {name}") for name in ("Forward", "Lost", "Called")
        )
        unsold, sold = (
            self.make_lead(self.negotiation, contact_name=f"Tour {name}")
            for name in ("Unsold", "Sold")
        )
        self.make_order(sold, product=self.make_product(type="service", is_storable=False))
        self.start_tour("/odoo/dealer-leads", "dealer_crm_board_keys", login=self.agent.login)
        self.env.invalidate_all()
        self.assertEqual(moved.stage_id, self.qualified)
        self.assertEqual((sold.won_status, unsold.won_status), ("won", "pending"))
        self.assertEqual(called.call_count, 1)
        self.assertTrue(called.activity_ids)
        self.assertEqual(lost.won_status, "pending")

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


class TouchCase(DealerHttpCase):
    touch_enabled = True

    def check_touch(self):
        """What the mouse drags, a finger does from the card's menu."""
        values = {"mobile": "+1 650 555 0100", "email": "forward@example.com"}
        moved = self.make_lead(contact_name="Tour Forward", **values)
        unowned = self.make_lead(contact_name="Tour Unowned", user_id=False)
        lost = self.make_lead(contact_name="Tour Lost")
        self.start_tour("/odoo/dealer-leads", "dealer_crm_board_touch", login=self.agent.login)
        self.env.invalidate_all()
        self.assertEqual(moved.stage_id, self.qualified)
        self.assertEqual(unowned.user_id, self.agent)
        self.assertEqual(lost.won_status, "pending")
        made = self.Lead.search([("contact_name", "=", "Tour New")])
        self.assertEqual((made.email, made.user_id), ("tour.new@example.com", self.agent))


@tagged("post_install", "-at_install")
class TestBoardOnTablet(TouchCase):
    browser_size = "1024x768"

    def test_touch(self):
        self.check_touch()


@tagged("post_install", "-at_install")
class TestBoardOnPhone(TouchCase):
    browser_size = "390x844"

    def test_touch(self):
        self.check_touch()
