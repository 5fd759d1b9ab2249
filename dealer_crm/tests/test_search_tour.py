from odoo.tests import tagged

from .common import DealerHttpCase


@tagged("post_install", "-at_install")
class TestSearchTour(DealerHttpCase):
    def test_search(self):
        """By keyboard a lead is found and a missing one is created; the clock opens My Activities."""
        self.make_lead(contact_name="Tour Found", mobile="+1 (212) 555-0131")
        other = self.make_lead(contact_name="Tour Other")
        other.activity_schedule("mail.mail_activity_data_call", user_id=self.agent.id)
        self.make_lead(
            contact_name="Tour Secret", mobile="+16465550177", user_id=self.other_agent.id
        )
        self.start_tour("/odoo/dealer-leads", "dealer_crm_search", login=self.agent.login)
        made = self.Lead.search([("contact_name", "=", "Tour New")])
        self.assertEqual((made.mobile, made.user_id), ("+16465550177", self.agent))
