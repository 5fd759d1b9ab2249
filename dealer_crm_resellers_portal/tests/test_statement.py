from datetime import date
from urllib.parse import urlencode

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_crm.tests.test_foreign_text import MARKUP

from .common import PortalCase

URL = "/my/dealer/commissions/statement"
OCTOBER = {"date_from": "2026-10-01", "date_to": "2026-10-31"}
LOOK = """(async () => {
    const {scrollWidth, clientWidth} = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide in a window of ${clientWidth} px`);
    }
    const table = document.querySelector("main table").parentElement;
    if (table.scrollWidth > table.clientWidth) {
        throw new Error(`The table is ${table.scrollWidth} px wide in ${table.clientWidth} px`);
    }
    console.log("test successful");
})()"""


class StatementMixin:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env["dealer.crm.commission.plan"].create(
            {"name": "Ten", "rule_ids": [(0, 0, {"percentage": 10})]}
        )
        (cls.one | cls.two).dealer_commission_plan_id = cls.plan

    def earn(self, partner=None, amount=10, **vals):
        """An approved entry granted on 9 October 2026 to a reseller (the first)."""
        lead = self.give(partner, accept=True, **vals)
        self.make_delivered(lead)
        lead.action_mark_won()
        self.env.cr.flush()
        entry = lead.commission_ids.entry_ids
        entry._write_unchecked({"date": date(2026, 10, 9), "amount": amount})
        entry.action_approve()
        return entry

    def show(self, user, **asked):
        self.log_in(user)
        return self.get(f"{URL}?{urlencode(asked)}").xpath("//main")[0].text_content()


@tagged("post_install", "-at_install")
class TestStatement(StatementMixin, PortalCase):
    def test_whose(self):
        """Colleagues see the same; another reseller sees its own, each dealer's company apart."""
        entry, rivals = self.earn(), self.earn(self.two)
        company = self.env["res.company"].create({"name": "Second Dealer"})
        elsewhere = self.earn()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dealer_crm_commission SET company_id = %s WHERE id = %s",
            [company.id, elsewhere.commission_id.id],
        )
        self.env.invalidate_all()
        texts = {}
        for user in (self.seller, self.colleague, self.rival):
            for pdf in ({}, {"report_type": "pdf"}):
                self.log_in(user)
                # In tests Odoo renders HTML instead of the PDF.
                answer = self.url_open(f"{URL}?{urlencode({**OCTOBER, **pdf})}")
                self.assertEqual(answer.status_code, 200)
                theirs = user != self.rival
                self.assertEqual(entry.order_id.name in answer.text, theirs)
                self.assertEqual(elsewhere.order_id.name in answer.text, theirs)
                self.assertEqual("Second Dealer" in answer.text, theirs)
                self.assertEqual(rivals.order_id.name in answer.text, not theirs)
                if pdf:
                    self.assertEqual(answer.headers["Content-Type"], "application/pdf")
                    self.assertIn(
                        "statement-2026-10-01-2026-10-31.pdf",
                        answer.headers["Content-Disposition"],
                    )
            texts[user] = self.show(user, **OCTOBER)
        self.assertEqual(texts[self.seller], texts[self.colleague])
        self.assertEqual(texts[self.seller].count("To be paid"), 2)
        text = self.show(self.seller, date_from="2026-11-01", date_to="2026-11-30")
        self.assertNotIn(entry.order_id.name, text)
        self.assertEqual(text.count("10.00"), 4)

    def test_refused_is_not_shown_and_drafts_are_apart(self):
        entry, refused, draft = self.earn(), self.earn(), self.earn()
        (refused | draft).action_back_to_draft()
        refused.action_refuse()
        text = self.show(self.seller, **OCTOBER)
        self.assertNotIn(refused.order_id.name, text)
        self.assertLess(text.index(entry.order_id.name), text.index("Not approved yet"))
        self.assertGreater(text.index(draft.order_id.name), text.index("Not approved yet"))

    def test_any_dates(self):
        self.earn()
        self.log_in(self.seller)
        default = self.get(URL)
        values = default.xpath("//main//input/@value")
        for asked in (
            {"date_from": "2026-10-31", "date_to": "2026-10-01"},
            {"date_from": "x", "date_to": "2026-10-01"},
            {"date_from": "2026-10-01"},
            {"date_from": "\0", "date_to": "\ud7ff"},
            {"date_from": "99999-01-01", "date_to": "2026-02-30"},
            {"date_from": "'", "date_to": "<b>"},
        ):
            with self.subTest(asked=asked):
                page = self.get(f"{URL}?{urlencode(asked)}")
                self.assertEqual(page.xpath("//main//input/@value"), values)
        for asked in (
            {"date_from": "0001-01-01", "date_to": "9999-12-31"},
            {"date_from": "9999-12-31", "date_to": "9999-12-31"},
            {"date_from": "0001-01-01", "date_to": "0001-01-01"},
        ):
            page = self.get(f"{URL}?{urlencode(asked)}")
            self.assertEqual(page.xpath("//main//input/@value"), list(asked.values()))
        [link] = self.get("/my/dealer/commissions").xpath(f"//main//a[@href='{URL}']")
        self.assertEqual(link.text, "Statement")

    def test_nothing(self):
        self.assertIn("Nothing was granted", self.show(self.rival))

    def test_only_the_portals_own_page(self):
        """Odoo's address of reports tells a reseller nothing, not even of itself."""
        self.earn()
        name = "dealer_crm_resellers.commission_statement"
        for user in (self.seller, self.rival, self.clerk, self.agent):
            self.log_in(user)
            for path in (
                f"{name}/{self.one.id}",
                f'{name}?options={{"partner_ids":[{self.one.id}]}}',
            ):
                with mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http"):
                    answer = self.url_open(f"/report/html/{path}")
                self.assertNotEqual(answer.status_code, 200)
                self.assertNotIn("Brought forward", answer.text)

    def test_foreign_text(self):
        self.earn(contact_name=MARKUP)
        self.log_in(self.seller)
        for pdf in ({}, {"report_type": "pdf"}):
            text = self.url_open(f"{URL}?{urlencode({**OCTOBER, **pdf})}").text
            self.assertIn("Log in again", text)
            for tag in ("<h1>Log", 'href="http://stranger', "<img src=x", 'class="stranger"'):
                self.assertNotIn(tag, text)


@tagged("post_install", "-at_install")
class TestStatementOnAPhone(StatementMixin, PortalCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_fits(self):
        self.earn(amount=1234567, contact_name="Donaudampfschifffahrtsgesellschaft" * 2)
        self.env.flush_all()
        self.browser_js(f"{URL}?{urlencode(OCTOBER)}", LOOK, login="seller")
