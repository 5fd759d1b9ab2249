"""What customers, resellers and dealers write is text on a reseller's page and in an e-mail."""

from odoo.tests import tagged

from odoo.addons.dealer_crm.tests.test_foreign_text import MARKUP

from .common import LIST, PortalCase

RTL = "سيارة \u202eevil\u202c عائلية"
LONG = "Donaudampfschifffahrt" * 20
TAGS = ("<h1>Log", 'href="http://stranger', "<img src=x", 'class="stranger"')


@tagged("post_install", "-at_install")
class TestForeignText(PortalCase):
    def assertText(self, text):
        self.assertIn("Log in again", text)
        for tag in TAGS:
            self.assertNotIn(tag, text)

    def test_customers_words(self):
        lead = self.give(
            accept=True,
            contact_name=MARKUP,
            city=MARKUP,
            vehicle_model_text=MARKUP,
            street=MARKUP,
            phone="+33 4 00 00 00 01",
        )
        self.log_in(self.seller)
        for url in (LIST, f"{LIST}/{lead.id}", f"{LIST}?search={MARKUP}"):
            self.assertText(self.url_open(url).text)

    def test_what_was_typed(self):
        self.log_in(self.seller)
        answer = self.send(f"{LIST}/new", contact_name=MARKUP[:120], city=MARKUP)
        for tag in TAGS:
            self.assertNotIn(tag, answer.text)
        lead = self.give(accept=True)
        page = self.send(
            f"{LIST}/{lead.id}/lost", lost_reason=self.reason.id, lost_notes=MARKUP
        ).text
        self.assertText(page)
        self.assertEqual(lead.lost_notes, MARKUP)

    def test_in_an_email(self):
        self.env["mail.mail"].search([]).unlink()
        lead = self.give(contact_name=MARKUP, city=MARKUP, vehicle_model_text=MARKUP)
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.Assignment.with_env(self.env(cr=cr))._cron_notify_partners()
        self.env.invalidate_all()
        [mail] = self.env["mail.mail"].search([("recipient_ids", "in", self.one.ids)])
        self.assertText(mail.body_html)
        lead.with_user(self.seller).action_decline_assignment(MARKUP)
        mails = self.env["mail.mail"].search([("subject", "=like", "%: One")])
        self.assertText(mails.body_html)

    def test_long_and_right_to_left(self):
        lead = self.give(accept=True, contact_name=RTL, vehicle_model_text=LONG)
        self.log_in(self.seller)
        for url in (LIST, f"{LIST}/{lead.id}"):
            page = self.get(url)
            names = page.xpath(f"//main//*[normalize-space(text())='{RTL}']")
            self.assertEqual({name.get("dir") for name in names}, {"auto"})
            self.assertIn(LONG, page.text_content())
