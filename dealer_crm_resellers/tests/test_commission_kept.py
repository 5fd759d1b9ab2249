"""What stays as it is on a commission, whatever changes later; docs/decisions.md says why."""

from odoo.fields import Command
from odoo.tests import tagged

from .commission_common import BillCase


@tagged("post_install", "-at_install")
class TestCommissionKept(BillCase):
    def test_the_categories_of_products(self):
        """A product that moves to another category changes nothing, until the terms of today apply."""
        self.gold.commission_plan_id = self.make_plan(
            {"category_id": self.trucks.id, "percentage": 10}
        )
        lead = self.win(self.truck, self.car)
        commission = lead.commission_ids
        (self.truck + self.service).categ_id = self.vehicles
        self.car.categ_id = self.trucks
        lead.sale_order_ids.order_line[0].price_unit = 2000
        self.assertEqual(self.granted(commission), [(200, "draft", "won")])
        self.service.categ_id = self.trucks
        lead.sale_order_ids.order_line = [Command.create({"product_id": self.service.id})]
        self.assertEqual(self.amounts(lead), [200, 8])
        commission.with_user(self.manager).action_apply_plan()
        self.assertEqual(self.amounts(lead), [50, 8])

    def test_entries_by_hand_when_reopened(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        commission.with_user(self.manager).action_adjust(5, "Bonus")
        lead.with_user(self.manager).action_reopen("Too early")
        self.assertEqual(self.granted(commission), [(5, "draft", "by_hand")])

    def test_the_rate_of_a_decided_entry(self):
        other = self.env["res.currency"].create({"name": "XAB", "symbol": "X", "rounding": 0.01})
        self.env["res.currency.rate"].create(
            [
                {"currency_id": other.id, "rate": rate, "name": day}
                for rate, day in ((2, "2020-01-01"), (4, "2021-01-01"))
            ]
        )
        pricelist = self.env["product.pricelist"].create({"name": "X", "currency_id": other.id})
        lead = self.make_sale(self.truck, pricelist_id=pricelist.id)
        order = lead.sale_order_ids
        order.date_order = "2020-05-05"
        lead.action_mark_won()
        entries = lead.commission_ids.entry_ids
        amount, company = entries.amount, entries.amount_company
        self.assertEqual(amount, 2 * company)
        lead.commission_ids.with_user(self.manager).action_approve()
        order.date_order = "2021-05-05"
        self.settle()
        self.assertEqual(lead.commission_ids.entry_ids.mapped("amount_company"), [company])
        order.order_line.price_unit *= 2
        self.settle()
        entries = lead.commission_ids.entry_ids
        self.assertEqual(sum(entries.mapped("amount")), 2 * amount)
        self.assertEqual(sum(entries.mapped("amount_company")), 2 * amount / 4)

    def test_a_credit_note_that_names_no_line(self):
        """It lowers no base; where it settles the invoice it counts as a payment."""
        self.truck.invoice_policy = "order"
        for basis in ("invoiced", "paid"):
            with self.subTest(basis=basis):
                self.plan.basis = basis
                lead = self.win(self.truck)
                invoice = lead.sale_order_ids._create_invoices()
                invoice.action_post()
                credit = self.env["account.move"].create(
                    {
                        "move_type": "out_refund",
                        "partner_id": invoice.partner_id.id,
                        "currency_id": invoice.currency_id.id,
                        "invoice_line_ids": [
                            Command.create({"name": "Goodwill", "price_unit": 400, "tax_ids": []})
                        ],
                    }
                )
                credit.action_post()
                (invoice + credit).line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                ).reconcile()
                expected = {"invoiced": [100], "paid": [40]}[basis]
                self.assertEqual(self.amounts(lead), expected)
