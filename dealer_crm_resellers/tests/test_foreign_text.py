"""Markup that resellers and customers write is shown as text everywhere."""

from odoo.tests import HttpCase, tagged

from odoo.addons.dealer_crm.tests.test_foreign_text import LOOK, MARKUP

from .common import NEAR, ResellerCase

TAGS = ("<h1", "<a ", "<img")


@tagged("post_install", "-at_install")
class TestForeignText(ResellerCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.reseller = self.make_reseller(MARKUP, NEAR, city=MARKUP, email="one@example.com")

    def assertText(self, html):
        self.assertIn("Log in again", html)
        for tag in TAGS:
            self.assertNotIn(tag, html)

    def look(self, record):
        self.env.flush_all()
        self.browser_js(
            f"/odoo/{record._name}/{record.id}", LOOK, login=self.admin.login, timeout=120
        )

    def test_reason_for_declining(self):
        lead = self.make_placed_lead()
        lead.assign_partner(self.reseller)
        lead.with_user(self.agent).action_decline_assignment(MARKUP)
        log = lead.assignment_ids.filtered("decline_reason")
        self.assertEqual(log.decline_reason, MARKUP)
        [note] = lead.message_ids.filtered(lambda message: "declined" in message.body)
        self.assertText(note.body)
        for message in lead.message_ids:
            for tag in TAGS:
                self.assertNotIn(tag, message.body)
        self.look(lead)

    def test_leads_that_lose_their_reseller(self):
        lead = self.make_placed_lead()
        lead.assign_partner(self.reseller)
        self.reseller.dealer_level_id = False
        self.assertText(lead.activity_ids.note)
        self.look(lead)

    def test_mail_about_new_leads(self):
        lead = self.make_placed_lead(contact_name=MARKUP, city=MARKUP, vehicle_model_text=MARKUP)
        lead.assign_partner(self.reseller)
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.Assignment.with_env(self.env(cr=cr))._cron_notify_partners()
        self.env.invalidate_all()
        [mail] = self.env["mail.mail"].search([("recipient_ids", "in", self.reseller.ids)])
        # The reseller's name; the lead's customer, place and model.
        self.assertEqual(mail.body_html.count("Log in again"), 4)
        for part in ("<h1", "<img", 'href="http://stranger', 'class="stranger"'):
            self.assertNotIn(part, mail.body_html)
