import os
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_crm.tests.properties import Phase, given, settings

from .commission_common import CommissionCase
from .commission_events import RealEvents
from .commission_histories import Plan, Terms, World, histories, slow_commission, worlds

#: number of random histories; make faults asks for more
HISTORIES = int(os.environ.get("HISTORIES", "12"))
#: of one unit of the company's currency, by the step of the other one
RATES = {"0.01": 1, "1": 100, "0.001": Decimal("0.5"), "0.05": 2}


@dataclass
class Line:
    number: int
    product: int | None
    quantity: Decimal
    total: int


@dataclass
class Paper:
    number: int
    lines: list[tuple[int, int, Decimal]]
    gross: int
    paid: int


@dataclass
class Facts:
    """What ``slow_commission`` reads of an order."""

    lines: list[Line]
    papers: list[Paper]
    confirmed: bool


class RealWorld(RealEvents):
    """What the ledger must be after each event."""

    def to_steps(self, amount):
        return round(Decimal(str(amount)) / self.step)

    def read_facts(self, order):
        names = {product.id: number for number, product in enumerate(self.case.goods)}
        lines = [
            Line(
                line.id,
                None if line.is_downpayment else names[line.product_id.id],
                Decimal(str(line.product_uom_qty)),
                self.to_steps(line.price_subtotal),
            )
            for line in order.order_line
            if not line.display_type
        ]
        moves = self.env["account.move"].search(
            [
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("line_ids.sale_line_ids.order_id", "=", order.id),
            ],
            order="invoice_date, id",
        )
        papers = []
        for move in moves:
            sign = -1 if move.move_type == "out_refund" else 1
            share = self.read_share(move)
            papers.append(
                Paper(
                    move.id,
                    [
                        (
                            line.sale_line_ids.id,
                            sign * self.to_steps(line.price_subtotal),
                            sign * Decimal(str(line.quantity)),
                        )
                        for line in move.invoice_line_ids
                        if line.sale_line_ids
                    ],
                    share.denominator,
                    share.numerator,
                )
            )
        return Facts(lines, papers, order.state == "sale")

    def read_share(self, move):
        """The share of an invoice that is paid, with that of the down payments it deducts."""
        gross = self.to_steps(move.amount_total)
        paid = Fraction(gross - self.to_steps(move.amount_residual))
        for advance in move.invoice_line_ids.sale_line_ids.filtered("is_downpayment"):
            asked = received = 0
            for other in advance.invoice_lines.move_id:
                lines = other.invoice_line_ids.sale_line_ids
                if other.state == "posted" and all(line.is_downpayment for line in lines):
                    total = self.to_steps(other.amount_total)
                    settled = total - self.to_steps(other.amount_residual)
                    is_invoice = other.move_type == "out_invoice"
                    asked += total if is_invoice else 0
                    received += settled if is_invoice else -settled
            mine = advance.invoice_lines.filtered(lambda line: line.move_id == move)
            deducted = -self.to_steps(sum(mine.mapped("price_total")))
            gross += deducted
            paid += deducted * (min(max(Fraction(received, asked), 0), 1) if asked else 1)
        return min(max(paid / gross, Fraction(0)), Fraction(1)) if gross else Fraction(1)

    def check(self):
        self.env.cr.flush()
        self.env.invalidate_all()
        self.check_decided()
        world = World(
            str(self.step),
            [],
            [self.read_facts(order) for order in self.orders],
            self.lead.won_status == "won",
            self.reseller,
            self.deals,
        )
        found = {
            (self.resellers.ids.index(each.partner_id.id), self.orders.index(each.order_id)): each
            for each in self.commissions
        }
        self.case.assertEqual(len(found), len(self.commissions))
        self.case.assertLessEqual(set(found), set(self.deals))
        for deal in self.deals:
            self.check_deal(found.get(deal), slow_commission(world, deal))
        self.check_bills()

    def check_deal(self, commission, expected):
        """The entries sum to what is due, but for what was refused and is still due."""
        entries = commission.entry_ids.filtered("source") if commission else ()
        counted = entries and entries.filtered(lambda entry: entry.state != "refused")
        granted = sum(self.to_steps(entry.amount) for entry in counted)
        missing = {int(expected / self.step) - granted}
        for entry in entries and entries - counted:
            missing |= {each - self.to_steps(entry.amount) for each in missing}
        self.case.assertIn(
            0,
            missing,
            f"{granted} granted, {expected} due in {self.done[-1:]}: "
            f"{entries and entries.read(['source', 'amount', 'base', 'state', 'reason'])}",
        )
        if counted:
            rate = RATES[str(self.step)]
            company = sum(Decimal(str(entry.amount_company)) for entry in counted)
            sources = len(set(counted.mapped("source")))
            exact = granted * self.step / rate
            self.case.assertLessEqual(abs(company - exact), Decimal("0.005") * sources)

    def check_decided(self):
        """What was decided on is there, and says the same."""
        self.env.cr.execute(
            """
            SELECT id, commission_id, amount, amount_company, base, due, reason, source, date,
                   rule_id, order_line_id
              FROM dealer_crm_commission_entry
             WHERE state != 'draft' AND commission_id = ANY(%s)
            """,
            [self.commissions.ids],
        )
        now = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for entry, before in self.decided.items():
            self.case.assertEqual(now.get(entry), before)
        self.decided |= now

    def check_bills(self):
        """Live bills say what their entries sum to; entries are billed once."""
        entries = self.commissions.entry_ids
        for bill, billed in entries.grouped(lambda entry: entry.bill_line_id.move_id).items():
            if bill:
                sign = -1 if bill.move_type == "in_refund" else 1
                self.case.assertEqual(
                    sign * self.to_steps(bill.amount_untaxed),
                    sum(self.to_steps(entry.amount) for entry in billed),
                )
                self.case.assertLessEqual(set(billed.mapped("state")), {"billed", "paid"})
        lines = entries.bill_line_ids
        live = lines.move_id.filtered(lambda move: move._is_live_bill())
        for entry in entries:
            self.case.assertLessEqual(len(entry.bill_line_ids.move_id & live), 1)
        waiting = entries.filtered(lambda entry: entry.state in ("draft", "approved", "refused"))
        self.case.assertFalse(waiting.bill_line_id)

    def check_report(self):
        """The partnership report and the ledger agree, however it is grouped."""
        report = self.env["dealer.crm.partnership.report"].sudo()
        domain = [("partner_id", "in", self.resellers.ids)]
        counted = self.commissions.entry_ids.filtered(lambda entry: entry.state != "refused")
        keys = {
            "partner_id": lambda entry: entry.partner_id,
            "level_id": lambda entry: entry.partner_id.dealer_level_id,
            "country_id": lambda entry: entry.partner_id.country_id,
            "user_id": lambda entry: entry.partner_id.user_id,
            "company_id": lambda entry: entry.company_id,
            "lead_id": lambda entry: entry.lead_id,
            "date:day": lambda entry: fields.Datetime.context_timestamp(
                report, entry.commission_id.date_assign
            ).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None),
        }
        for groupby in ([], *([name] for name in keys), [*keys][:2], [*keys]):
            expected = defaultdict(float)
            for entry in counted:
                expected[tuple(keys[name](entry) for name in groupby)] += entry.amount_company
            for *group, amount in report._read_group(domain, groupby, ["commission:sum"]):
                self.case.assertAlmostEqual(amount or 0, expected.pop(tuple(group), 0), 6, groupby)
            self.case.assertFalse({key: each for key, each in expected.items() if abs(each) > 1e-6})


class RealHistoriesCase(CommissionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer"})
        cls.tax = cls.env["account.tax"].create({"name": "Twenty", "amount": 20})
        cls.goods = [
            cls.make_product(
                name=f"Product {number}",
                type="service",
                is_storable=False,
                invoice_policy="order",
                supplier_taxes_id=False,
            )
            for number in range(4)
        ]
        cls.resellers = cls.Partner.union(
            *(
                cls.make_reseller(
                    f"Reseller {number}",
                    country=(cls.france, cls.japan, cls.italy)[number],
                    dealer_level_id=(cls.gold, cls.silver, cls.silver)[number].id,
                    user_id=(cls.agent, cls.agent, cls.manager)[number].id,
                )
                for number in range(3)
            )
        )
        cls.currencies, cls.pricelists = {}, {}
        for number, (step, rate) in enumerate(RATES.items()):
            currency = cls.company.currency_id
            if number:
                currency = cls.env["res.currency"].create(
                    {
                        "name": f"XX{number}",
                        "symbol": f"X{number}",
                        "rounding": float(step),
                        "rate_ids": [
                            Command.create({"name": "2020-01-01", "company_rate": float(rate)})
                        ],
                    }
                )
            cls.currencies[step] = currency
            cls.pricelists[step] = cls.env["product.pricelist"].create(
                {"name": step, "currency_id": currency.id}
            )

    def plan_of(self, plan, step):
        """The record of a plan, and the plan with amounts in steps of the order's currency.

        Amounts are drawn in units of the company's currency, in steps of 0.05.
        """
        per_unit = RATES[step] / Decimal(step)
        vals, rules = [], []
        for rule in plan.rules:
            cap, deal_cap = (Decimal(each) / 20 for each in (rule.line_cap, rule.deal_cap))
            unit = Decimal(2 if rule.unit_amount != "0" else 0)
            percentage = rule.percentage
            vals.append(
                {
                    "product_id": rule.product is not None and self.goods[rule.product].id,
                    "percentage": float(percentage),
                    "amount_unit": float(unit),
                    "cap": float(cap),
                    "cap_deal": float(deal_cap),
                }
            )
            caps = [round(each * per_unit) for each in (cap, deal_cap)]
            rules.append(Terms(rule.product, percentage, str(unit * per_unit), *caps))
        return self.make_plan(*vals, basis=plan.basis), Plan(plan.basis, tuple(rules))

    @mute_logger("odoo.addons.dealer_crm", "odoo.models.unlink")
    def check(self, world, events):
        """Live through a history; after each event the ledger is what the facts say."""
        with self.env.cr.savepoint() as savepoint:
            try:
                real = RealWorld(self, world)
                real.check()
                for event in events:
                    real.happen(*event)
                    real.check()
                real.check_report()
            finally:
                savepoint.rollback()
                self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestRealHistories(RealHistoriesCase):
    # Without shrinking, which takes minutes; what is found tells the history.
    @settings(
        max_examples=HISTORIES,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    @given(worlds(), histories(20))
    def test_the_ledger_is_what_is_due(self, world, events):
        self.check(world, events)
