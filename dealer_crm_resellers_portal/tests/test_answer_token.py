from datetime import timedelta

from lxml import html

from odoo.tests import tagged
from odoo.tools import hash_sign

from ..models.dealer_crm_assignment import TOKEN_DAYS, TOKEN_SCOPE
from .common import SECRET, PortalCase


@tagged("post_install", "-at_install")
class TestAnswerToken(PortalCase):
    def setUp(self):
        super().setUp()
        self.log_in(None)
        self.lead = self.give()
        self.row = self.lead.assignment_ids
        self.url = f"/dealer/answer/{self.row._get_answer_token()}"

    def assertOver(self, url):
        """One page for all that cannot be answered; it gives nothing away."""
        for answer in (self.url_open(url), self.send(url, answer="accept")):
            self.assertEqual(answer.status_code, 200)
            self.assertIn("nothing to answer", answer.text)
            self.assertNotIn(self.lead.name, answer.text)
            self.assertNotIn("Ana Cruz", answer.text)

    def test_get_only_asks(self):
        for query in ("", "?answer=accept", "?answer=decline", "?answer=x&reason=y"):
            answer = self.url_open(self.url + query)
            self.assertIn("Do you take this lead?", answer.text)
            self.assertIn("Ana Cruz", answer.text)
            self.assertNotIn(SECRET, answer.text)
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        self.env.invalidate_all()
        self.assertEqual(self.row.state, "assigned")

    def test_accept(self):
        answer = self.send(self.url, answer="accept")
        self.assertIn("The lead is yours", answer.text)
        self.assertIn(self.lead.phone, answer.text)
        self.assertEqual(self.row.state, "accepted")
        self.assertTrue(self.lead.date_partner_accept)
        self.assertIn(self.one, self.lead.message_partner_ids)
        self.assertOver(self.url)

    def test_decline(self):
        answer = self.send(self.url, answer="decline", reason="Too far", contacted="1")
        self.assertIn("You declined", answer.text)
        self.assertEqual((self.row.state, self.row.decline_reason), ("declined", "Too far"))
        self.assertNotEqual(self.lead.partner_assigned_id, self.one)
        self.assertOver(self.url)

    def test_too_long(self):
        answer = self.send(self.url, answer="decline", reason="x" * 2001)
        self.assertTrue(html.fromstring(answer.text).xpath("//*[@role='alert']"))
        self.assertEqual(self.row.state, "assigned")

    def test_csrf(self):
        self.assertEqual(self.send(self.url, csrf=False, answer="accept").status_code, 400)
        self.assertEqual(self.row.state, "assigned")

    def test_in_the_partners_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.one.lang = "fr_FR"
        page = html.fromstring(self.url_open(self.url).text)
        self.assertRegex(page.text_content(), r"12\s500,00")

    def test_what_opens_nothing(self):
        token = self.row._get_answer_token()
        signed = [self.row.id, self.one.id]
        self.assertOver(f"/dealer/answer/{token[:-2]}AA")
        self.assertOver(f"/dealer/answer/{'A' * 10}")
        self.assertOver("/dealer/answer/%00")
        self.assertOver("/dealer/answer/%C3%A9t%C3%A9")
        self.assertOver("/dealer/answer/" + "A" * 4000)
        for words, values, scope in (
            ("another scope", signed, "other"),
            ("another partner", [self.row.id, self.two.id], TOKEN_SCOPE),
            ("no such assignment", [self.row.id + 10**6, self.one.id], TOKEN_SCOPE),
        ):
            with self.subTest(words):
                self.assertOver(f"/dealer/answer/{hash_sign(self.env, scope, values)}")

    def test_expiry(self):
        def get_url():
            return f"/dealer/answer/{self.row._get_answer_token()}"

        late = timedelta(minutes=1)
        self.row._write_unchecked({"date": self.row.date - timedelta(days=TOKEN_DAYS) + late})
        self.assertIn("Do you take", self.url_open(get_url()).text)
        self.row._write_unchecked({"date": self.row.date - 2 * late})
        self.assertOver(get_url())
        self.company.dealer_accept_hours = 24 * TOKEN_DAYS + 1
        self.assertIn("Do you take", self.url_open(get_url()).text)
        self.company.dealer_accept_hours = 1
        self.assertOver(get_url())

    def test_what_ended(self):
        for words, end in {
            "given to another": lambda: self.lead.assign_partner(self.two),
            "and back": lambda: self.lead.assign_partner(self.one),
        }.items():
            with self.subTest(words):
                end()
                self.assertOver(self.url)
        url = f"/dealer/answer/{self.lead.assignment_ids[0]._get_answer_token()}"
        self.lead.active = False
        self.assertOver(url)
        self.lead.active = True
        self.lose(self.lead)
        self.assertOver(url)

    def test_withdrawn_and_assigned_again(self):
        """The token changes when the lead is withdrawn, even if the same reseller gets it again."""
        self.lead.assign_partner(self.env["res.partner"])
        self.assertOver(self.url)
        self.lead.assign_partner(self.one)
        self.assertOver(self.url)
        row = self.lead.assignment_ids.filtered(lambda row: row.state == "assigned")
        url = f"/dealer/answer/{row._get_answer_token()}"
        self.assertNotEqual(url, self.url)
        self.assertIn("The lead is yours", self.send(url, answer="accept").text)
        self.assertOver(self.url)
