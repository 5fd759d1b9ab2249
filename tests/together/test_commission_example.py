"""The examples of docs/commissions.md, done in Odoo."""

import re
from pathlib import Path

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.dealer_crm_resellers.tests.commission_common import CommissionCase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commissions.md"
BASES = ("won", "invoiced", "paid")


@tagged("post_install", "-at_install")
class TestCommissionExample(CommissionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (cls.make_reseller(name) for name in ("First", "Second"))
        cls.pickup, cls.work, cls.off = (
            cls.make_product(name=name, type="service", is_storable=False, invoice_policy="order")
            for name in ("Pickup", "Service", "Discount")
        )

    def sell(self, lead, *lines):
        """A confirmed order of lines of (product, quantity, price)."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Buyer"}).id,
                "dealer_crm_lead_id": lead.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [],
                        }
                    )
                    for product, quantity, price in lines
                ],
            }
        )
        order.action_confirm()
        return order

    def tell(self, basis):
        """What was granted after each event; of the first and the second reseller after the last."""
        rule = {"product_id": self.pickup.id}
        self.first.dealer_commission_plan_id = self.make_plan(
            {**rule, "percentage": 10}, basis=basis
        )
        self.second.dealer_commission_plan_id = self.make_plan(
            {**rule, "percentage": 8}, basis=basis
        )
        lead = self.make_lead(self.negotiation)
        lead.assign_partner(self.first)
        order = self.sell(
            lead, (self.pickup, 2, 10_000), (self.work, 1, 4_000), (self.off, 1, -1_000)
        )
        lead.action_mark_won()
        yield self.granted(lead, self.first)

        one = order._create_invoices()
        one.invoice_line_ids.filtered(lambda line: line.product_id != self.pickup).unlink()
        one.invoice_line_ids.quantity = 1
        one.action_post()
        yield self.granted(lead, self.first)
        for amount in (4_000, 6_000):
            self.pay(one, amount)
            yield self.granted(lead, self.first)

        rest = order._create_invoices()
        rest.action_post()
        yield self.granted(lead, self.first)
        self.pay(rest, 13_000)
        yield self.granted(lead, self.first)

        back = rest._reverse_moves([{"invoice_date": fields.Date.today()}])
        back.invoice_line_ids.filtered(lambda line: line.product_id != self.pickup).unlink()
        back.action_post()
        yield self.granted(lead, self.first)
        self.pay(back, 10_000)
        yield self.granted(lead, self.first)
        order.order_line[0].product_uom_qty = 1
        yield self.granted(lead, self.first)

        self.receivable(rest).remove_move_reconcile()
        yield self.granted(lead, self.first)
        self.pay(rest, 13_000)
        yield self.granted(lead, self.first)

        lead.with_user(self.manager).action_reopen("Sold by another")
        lead.assign_partner(self.second)
        lead.action_mark_won()
        yield " / ".join(self.granted(lead, each) for each in (self.first, self.second))

    def receivable(self, move):
        return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def pay(self, move, amount):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"amount": amount})._create_payments()

    def granted(self, lead, partner):
        self.env.cr.flush()
        commissions = lead.commission_ids.filtered(lambda each: each.partner_id == partner)
        return f"{sum(commissions.entry_ids.mapped('amount')) + 0:,.2f}"

    def read_rows(self, heading):
        """The cells of the table of the page that begins so; its heading is the first row."""
        table = PAGE.read_text().partition(f"\n| {heading} |")[2].partition("\n\n")[0]
        rows = f"| {heading} |{table}".strip().splitlines()
        return [
            [cell.strip() for cell in row.strip("|").split("|")] for row in (rows[0], *rows[2:])
        ]

    def test_the_first_example(self):
        cars = self.env["product.category"].create({"name": "Cars"})
        self.work.categ_id = cars
        self.first.dealer_commission_plan_id = self.make_plan(
            {"category_id": cars.id, "percentage": 10, "cap": 90}, {"percentage": 5}
        )
        lead = self.make_lead(self.negotiation)
        lead.assign_partner(self.first)
        order = self.sell(
            lead,
            (self.work, 1, 1000),
            (self.pickup, 1, 500),
            (self.truck, 1, 80),
            (self.off, 1, -100),
        )
        lead.action_mark_won()
        deal = lead.commission_ids.with_user(self.manager)
        told = []

        def tell():
            self.env.cr.flush()
            drafts = deal.entry_ids.filtered(lambda entry: entry.state == "draft").sorted("source")
            told.append((deal.amount, drafts.mapped("amount")))

        tell()
        deal.action_approve()
        deal.action_create_bills()
        tell()
        order.order_line[1].price_unit = 400
        tell()
        order._action_cancel()
        tell()
        rows = self.read_rows("event | due")
        self.assertEqual(
            told,
            [
                (
                    float(due),
                    [float(each.replace("−", "-")) for each in re.findall(r"[+−][\d.]+", entry)],
                )
                for _event, due, entry, *_why in rows[1:]
            ],
        )

    def test_event_by_event(self):
        cells = self.read_rows("event | Odoo")
        self.assertEqual(tuple(cells[0][4:]), BASES)
        told = {
            basis: list(zip([row[0] for row in cells[1:]], column, strict=True))
            for basis, column in zip(
                BASES, zip(*(row[4:] for row in cells[1:]), strict=True), strict=True
            )
        }
        for basis in BASES:
            events = [event for event, _amount in told[basis]]
            self.assertEqual(list(zip(events, self.tell(basis), strict=True)), told[basis], basis)
