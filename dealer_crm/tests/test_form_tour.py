from odoo.tests import new_test_user, tagged

from .common import DealerHttpCase


class FormTourCase(DealerHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason.name = "Tour reason"
        cls.keeper = new_test_user(
            cls.env, "dealer-keeper", "base.group_user,stock.group_stock_user"
        )
        cls.tour_lead = cls.make_lead(
            cls.negotiation, contact_name="Tour Form", mobile="+1 212 555 0149", expected_price=100
        )
        cls.order = cls.make_order(cls.tour_lead, user_id=cls.agent.id)
        cls.order.warehouse_id.dealer_crm_user_id = cls.keeper

    def run_tour(self, name, lead=None):
        url = f"/odoo/dealer-leads/{(lead or self.tour_lead).id}"
        self.start_tour(url, name, login=self.agent.login)
        self.env.invalidate_all()

    def assertAskedOnce(self):
        self.assertEqual(self.order.picking_ids.activity_ids.user_id, self.keeper)
        self.assertEqual(len(self.order.picking_ids.activity_ids), 1)


@tagged("post_install", "-at_install")
class TestFormTour(FormTourCase):
    """An agent works on a lead's form in a browser; the stored result is checked afterwards."""

    browser_size = "1440x900"

    def test_form(self):
        self.run_tour("dealer_crm_form")
        self.assertAskedOnce()
        self.assertEqual(
            (self.tour_lead.won_status, self.tour_lead.lost_reason), ("lost", self.reason)
        )

    def test_new(self):
        """A form without name and customer is not saved."""
        before = self.Lead.search_count([])
        self.start_tour("/odoo/dealer-leads/new", "dealer_crm_form_new", login=self.agent.login)
        self.assertEqual(self.Lead.search_count([]), before + 1)
        self.assertTrue(self.Lead.search([("contact_name", "=", "Tour Newcomer")]))

    def test_restore(self):
        lead = self.make_lead(active=False)
        self.run_tour("dealer_crm_form_restore", lead)
        self.assertTrue(lead.active)


@tagged("post_install", "-at_install")
class TestFormTourTablet(FormTourCase):
    browser_size = "1024x768"
    touch_enabled = True

    def test_form(self):
        self.run_tour("dealer_crm_form")
        self.assertAskedOnce()
        self.assertEqual(self.tour_lead.won_status, "lost")


@tagged("post_install", "-at_install")
class TestFormTourPhone(FormTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_form(self):
        self.run_tour("dealer_crm_form_phone")
        self.assertAskedOnce()
