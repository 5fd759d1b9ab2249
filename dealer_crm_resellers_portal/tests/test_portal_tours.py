from odoo.tests import tagged

from .common import LIST, PortalCase


class TourCase(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install_languages()
        if "website" in cls.env:
            codes = [code for code, _name in cls.env["res.lang"].get_installed()]
            languages = cls.env["res.lang"].search([("code", "in", codes)])
            cls.env["website"].search([]).language_ids = languages
        for lang in ("en_US", "de_DE", "ar_001"):
            cls.qualified.with_context(lang=lang).name = "Tour Stage"
            cls.reason.with_context(lang=lang).name = "Tour Reason"

    def check_work(self, prefix):
        """Accept, call, move on, plan, change the price, lose."""
        lead = self.give(contact_name="Ana Tour", phone="+33 4 72 00 00 01")
        self.start_tour(prefix + LIST, "dealer_portal_work", login="seller")
        self.env.invalidate_all()
        self.assertEqual((lead.won_status, lead.lost_reason), ("lost", self.reason))
        self.assertEqual(lead.expected_price, 9900)
        self.assertEqual(lead.assignment_ids.state, "accepted")

    def check_deal(self, prefix):
        self.start_tour(f"{prefix}/my", "dealer_portal_deal", login="seller")
        deal = self.Lead.search([("contact_name", "=", "Zoe Tour")])
        self.assertEqual(deal.partner_assigned_id, self.one)

    def check_answer(self, lang):
        """From an e-mail, without a login, in the reseller's language."""
        self.one.lang = lang
        row = self.give().assignment_ids
        self.start_tour(f"/dealer/answer/{row._get_answer_token()}", "dealer_portal_answer")
        self.env.invalidate_all()
        self.assertEqual((row.state, row.decline_reason), ("declined", "No vans"))


@tagged("post_install", "-at_install")
class TestOnAComputer(TourCase):
    browser_size = "1440x900"

    def test_work(self):
        self.check_work("/ar")

    def test_work_in_german(self):
        self.check_work("/de")

    def test_deal(self):
        self.check_deal("")

    def test_answer(self):
        self.check_answer("de_DE")


@tagged("post_install", "-at_install")
class TestOnAPhone(TourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_work(self):
        self.check_work("")

    def test_work_in_arabic(self):
        self.check_work("/ar")

    def test_deal(self):
        self.check_deal("/de")

    def test_answer(self):
        self.check_answer("ar_001")


del TourCase
