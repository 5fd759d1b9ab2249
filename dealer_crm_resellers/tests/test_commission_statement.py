from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.dealer_crm.tests.test_foreign_text import MARKUP

from .commission_common import BillCase

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
REPORT = "dealer_crm_resellers.commission_statement_report"


class StatementCase(BillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Entry = cls.env["dealer.crm.commission.entry"]

    def grant(self, amount, day, state="approved", commission=None, **vals):
        """An entry by hand; on a new deal without others unless one is given."""
        if commission is None:
            commission = self.win(self.truck).commission_ids
            commission.entry_ids._as_program().unlink()
        entry = self.Entry._as_program().create(
            {
                "commission_id": commission.id,
                "date": day,
                "date_rate": day,
                "amount": amount,
                "base": amount * 10,
                "reason": "by_hand",
                "note": "Test",
                "state": state,
                **vals,
            }
        )
        return entry.with_env(self.env)

    def pay_on(self, entries, day):
        """Bill approved entries and pay the bill on ``day``; return the bill."""
        entries._create_bills()
        [bill] = entries.bill_line_id.move_id
        bill.invoice_date = bill.date = entries[0].date
        bill.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({"payment_date": day})._create_payments()
        return bill

    def get_statement(self, period, partner=None, company=None):
        self.settle()
        statement = self.Entry._get_statement(
            partner or self.reseller, company or self.company, *period
        )
        return {each["currency"].name: each for each in statement["currencies"]}

    def render(self, user=None, context=(), **data):
        reports = self.env["ir.actions.report"].with_user(user or self.manager)
        reports = reports.with_context(**dict(context))
        return reports._render_qweb_html(REPORT, None, data)[0].decode()


@tagged("post_install", "-at_install")
class TestCommissionStatement(StatementCase):
    def figures(self, statement):
        return [statement[name] for name in ("opening", "sum_granted", "sum_paid", "closing")]

    def test_figures(self):
        """Three months by hand: granted, billed, paid late, taken back, refused, in drafts."""
        name = self.company.currency_id.name
        september = self.grant(100, "2026-09-10")
        october = self.grant(50, "2026-10-05")
        self.grant(7.5, "2026-10-06", "refused")
        self.grant(3, "2026-10-31", "draft")
        back = self.grant(-20.25, "2026-11-02")
        self.grant(8, "2026-11-30")
        self.grant(1000, "2026-12-01")
        # The first is paid within October; the second is on a bill of 31 October paid in December.
        first = self.pay_on(september, "2026-10-15")
        october._create_bills()
        second = october.bill_line_id.move_id
        statement = self.get_statement((date(2026, 9, 1), date(2026, 9, 30)))[name]
        self.assertEqual(self.figures(statement), [0, 100, 0, 100])
        statement = self.get_statement(OCTOBER)[name]
        self.assertEqual(self.figures(statement), [100, 50, 100, 50])
        self.assertEqual(
            statement["payments"],
            [{"date": date(2026, 10, 15), "bill": first.display_name, "amount": 100}],
        )
        self.assertEqual(
            statement["granted"],
            [
                {
                    "date": date(2026, 10, 5),
                    "order": october.order_id.name,
                    "lead": october.lead_id.name,
                    "contact_name": october.lead_id.contact_name or "",
                    "reason": "By Hand",
                    "base": 500,
                    "amount": 50,
                    "state": "billed",
                    "label": "Billed",
                    "bill": second.display_name,
                }
            ],
        )
        self.assertEqual([(row["amount"], row["bill"]) for row in statement["drafts"]], [(3, "")])
        self.assertEqual(
            statement["states"],
            [{"label": "Draft", "amount": 3}, {"label": "Billed", "amount": 50}],
        )
        statement = self.get_statement(NOVEMBER)[name]
        self.assertEqual(self.figures(statement), [50, -12.25, 0, 37.75])
        # What is to be paid in the end is what is approved or billed.
        statement = self.get_statement((date(2026, 1, 1), date(2030, 1, 1)))[name]
        self.assertEqual(statement["closing"], 50 - 20.25 + 8 + 1000)
        self.assertEqual(back.state, "approved")

    def test_each_month_opens_with_what_the_last_closed(self):
        name = self.company.currency_id.name
        entries = [
            self.grant(10.1 * number, date(2026, 7, 1) + timedelta(days=11 * number))
            for number in range(1, 13)
        ]
        self.pay_on(entries[0] | entries[3], "2026-09-03")
        self.pay_on(entries[5], "2026-10-01")
        closing = 0
        for month in range(7, 13):
            first = date(2026, month, 1)
            last = fields.Date.end_of(first, "month")
            statement = self.get_statement((first, last)).get(name)
            self.assertAlmostEqual(statement["opening"], closing)
            closing = statement["closing"]
        unpaid = sum(entry.amount for entry in entries if entry.state != "paid")
        self.assertAlmostEqual(closing, unpaid)

    def test_a_credit_note_and_a_settlement(self):
        name = self.company.currency_id.name
        refund = self.pay_on(self.grant(-30, "2026-10-02"), "2026-10-20")
        self.assertEqual(refund.move_type, "in_refund")
        deal = self.grant(40, "2026-10-03")
        (deal | self.grant(-40, "2026-11-03"))._create_bills()
        self.assertEqual(deal.state, "paid")
        statement = self.get_statement(OCTOBER)[name]
        self.assertEqual(self.figures(statement), [0, 10, 10, 0])
        self.assertEqual(
            [(each["bill"], each["amount"]) for each in statement["payments"]],
            [("", 40), (refund.display_name, -30)],
        )
        self.assertEqual(self.figures(self.get_statement(NOVEMBER)[name]), [0, -40, -40, 0])
        self.assertFalse(self.get_statement((date(2026, 12, 1), date(2026, 12, 31))))

    def test_currencies_companies_and_partners(self):
        name = self.company.currency_id.name
        other_currency = self.env.ref("base.JPY")
        other_currency.active = True
        self.grant(1, "2026-10-03")
        deal = self.grant(2, "2026-10-03")
        company = self.env["res.company"].create({"name": "Second Dealer"})
        foreign = self.grant(4, "2026-10-03")
        colleague = self.Partner.create({"name": "Branch", "parent_id": self.reseller.id})
        branch = self.grant(8, "2026-10-03")
        other = self.grant(16, "2026-10-03")
        rival = self.make_reseller("Rival")
        self.env.flush_all()
        for entry, column, value in (
            (deal, "currency_id", other_currency.id),
            (foreign, "company_id", company.id),
            (branch, "partner_id", colleague.id),
            (other, "partner_id", rival.id),
        ):
            self.env.cr.execute(
                f"UPDATE dealer_crm_commission SET {column} = %s WHERE id = %s",
                [value, entry.commission_id.id],
            )
        self.env.invalidate_all()
        colleague.active = False
        for partner in (self.reseller, colleague):
            statement = self.get_statement(OCTOBER, partner)
            self.assertEqual(
                {code: each["closing"] for code, each in statement.items()},
                {name: 9, other_currency.name: 2},
            )
        self.assertEqual(self.get_statement(OCTOBER, rival)[name]["closing"], 16)
        [statement] = self.get_statement(OCTOBER, company=company).values()
        self.assertEqual(statement["closing"], 4)
        self.assertEqual(self.Entry._get_statement_companies(colleague), self.company | company)
        # A manager of one company gets no other company's.
        data = {
            "partner_ids": self.reseller.ids,
            "date_from": "2026-10-01",
            "date_to": "2026-10-31",
        }
        text = self.render(**data, company_ids=(self.company | company).ids)
        self.assertIn(deal.order_id.name, text)
        self.assertNotIn(foreign.order_id.name, text)
        self.assertNotIn("Second Dealer", text)
        self.manager.company_ids |= company
        context = {"allowed_company_ids": (self.company | company).ids}
        text = self.render(context=context, **data, company_ids=company.ids)
        self.assertNotIn(deal.order_id.name, text)
        self.assertIn(foreign.order_id.name, text)
        self.assertIn("Second Dealer", text)

    def test_period(self):
        month = self.Entry._get_statement_period()
        self.assertEqual(month[0].day, 1)
        self.assertEqual(
            month[1] + timedelta(days=1), fields.Date.context_today(self.Entry).replace(day=1)
        )
        self.assertEqual(month[0], month[1].replace(day=1))
        good = ("2026-02-03", "2026-02-03")
        self.assertEqual(self.Entry._get_statement_period(*good), (date(2026, 2, 3),) * 2)
        for given in (
            ("2026-02-03", None),
            ("2026-02-03", "2026-02-02"),
            ("2026-02-30", "2026-03-01"),
            ("x", "\0"),
            ("", ""),
            (5, [6]),
        ):
            self.assertEqual(self.Entry._get_statement_period(*given), month, given)

    def test_rights(self):
        data = {"partner_ids": self.reseller.ids}
        self.assertIn(self.reseller.name, self.render(**data))
        wizards = self.env["dealer.crm.commission.statement"]
        wizard = wizards.with_user(self.manager).create({"partner_ids": self.reseller.ids})
        self.assertEqual(wizard.action_print()["data"]["partner_ids"], self.reseller.ids)
        for user in (self.agent, *self.outsiders):
            with self.assertRaises(AccessError):
                self.render(user, **data)
            with self.assertRaises(AccessError):
                wizards.with_user(user).create({"partner_ids": self.reseller.ids})
        company = self.env["res.company"].create({"name": "Second Dealer"})
        hidden = self.make_reseller("Hidden", company_id=company.id)
        with self.assertRaises(AccessError):
            self.render(partner_ids=hidden.ids)

    def test_wizard(self):
        """A page for each reseller, in its language, from a selection of entries or partners."""
        self.env["res.lang"]._activate_lang("ar_001")
        other = self.make_reseller("Other", lang="ar_001")
        entries = self.grant(5, "2026-10-03")
        lead = self.win(self.truck, partner=other)
        wizards = self.env["dealer.crm.commission.statement"].with_user(self.manager)
        chosen = entries | lead.commission_ids.entry_ids
        for records in (chosen, self.reseller | other):
            form = Form(wizards.with_context(active_model=records._name, active_ids=records.ids))
            self.assertEqual(set(form.partner_ids.ids), set((self.reseller | other).ids))
            form.date_from, form.date_to = OCTOBER
            wizard = form.save()
            action = wizard.action_print()
            self.assertEqual(
                (action["type"], action["report_name"]),
                ("ir.actions.report", "dealer_crm_resellers.commission_statement"),
            )
            self.assertEqual(set(action["data"].pop("partner_ids")), set(form.partner_ids.ids))
            self.assertEqual(
                action["data"],
                {
                    "company_ids": self.company.ids,
                    "date_from": "2026-10-01",
                    "date_to": "2026-10-31",
                },
            )
            text = self.render(partner_ids=form.partner_ids.ids, **action["data"])
            self.assertEqual(text.count('class="page"'), 2)
            self.assertEqual(text.count('dir="rtl"'), 1)
            self.assertIn(entries.order_id.name, text)
            self.assertIn(self.company.name, text)
        with self.assertRaises(ValidationError):
            wizard.date_to = "2026-09-01"

    def test_foreign_text(self):
        entry = self.grant(5, "2026-10-03", note=MARKUP)
        entry.lead_id.contact_name = MARKUP
        self.reseller.name = MARKUP
        text = self.render(
            partner_ids=self.reseller.ids, date_from="2026-10-01", date_to="2026-10-31"
        )
        self.assertIn("Log in again", text)
        for tag in ("<h1>Log", 'href="http://stranger', "<img src=x", 'class="stranger"'):
            self.assertNotIn(tag, text)

    def test_queries(self):
        def count():
            self.settle()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.get_statement(OCTOBER)
            return self.env.cr.sql_log_count - before

        def fill():
            paid = self.grant(5, "2026-10-03")
            billed = self.grant(5, "2026-10-04")
            self.grant(5, "2026-10-04", "draft")
            self.pay_on(paid, "2026-10-05")
            billed._create_bills()

        fill()
        count()
        few = count()
        for _each in range(5):
            fill()
        self.assertEqual(count(), few)
