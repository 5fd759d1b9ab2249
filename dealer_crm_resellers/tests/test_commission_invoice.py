from odoo.fields import Command
from odoo.tests import tagged

from .commission_common import BillCase


@tagged("post_install", "-at_install")
class TestCommissionInvoice(BillCase):
    def use(self, basis):
        self.plan.basis = basis

    def invoice(self, lead, quantity=None, post=True):
        order = lead.sale_order_ids
        order.order_line.qty_delivered = quantity or 1
        invoice = order._create_invoices()
        invoice.invoice_date = "2024-03-05"
        if post:
            invoice.action_post()
        return invoice

    def pay_part(self, invoice, amount):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": amount})._create_payments()

    def test_invoiced(self):
        self.use("invoiced")
        lead = self.win(self.truck)
        commission = lead.commission_ids
        self.assertEqual(self.granted(commission), [])
        invoice = self.invoice(lead, post=False)
        self.assertEqual(self.granted(commission), [])
        invoice.action_post()
        self.assertEqual(self.granted(commission), [(100, "draft", "invoiced")])
        self.assertRecordValues(
            commission.entry_ids,
            [
                {
                    "invoice_line_id": invoice.invoice_line_ids.id,
                    "invoice_name": invoice.name,
                    "date_rate": invoice.invoice_date,
                    "base": 1000,
                }
            ],
        )
        commission.action_approve()
        invoice.button_draft()
        self.assertEqual(self.granted(commission)[1], (-100, "draft", "cancelled"))
        invoice.action_post()
        self.assertEqual(self.granted(commission), [(100, "approved", "invoiced")])

    def test_invoiced_before_it_was_won(self):
        self.use("invoiced")
        lead = self.make_sale(self.truck)
        self.invoice(lead)
        lead.action_mark_won()
        self.assertEqual(self.granted(lead.commission_ids), [(100, "draft", "invoiced")])

    def test_a_credit_note_takes_back(self):
        self.use("invoiced")
        lead = self.win(self.truck)
        invoice = self.invoice(lead)
        commission = lead.commission_ids
        self.settle()
        commission.action_approve()
        credit = self.reverse(invoice)
        credit.invoice_line_ids.price_unit = 300
        self.assertEqual(self.granted(commission), [(100, "approved", "invoiced")])
        credit.action_post()
        self.assertEqual(
            self.granted(commission), [(100, "approved", "invoiced"), (-30, "draft", "credited")]
        )

    def test_a_return_takes_back(self):
        """Goods that come back are credited by the order's next invoice."""
        self.use("invoiced")
        lead = self.win(self.truck)
        self.truck.invoice_policy = "delivery"
        self.invoice(lead)
        commission = lead.commission_ids
        self.settle()
        commission.action_approve()
        order = lead.sale_order_ids
        order.order_line.qty_delivered = 0
        order._create_invoices(final=True).action_post()
        self.assertEqual(
            self.granted(commission), [(100, "approved", "invoiced"), (-100, "draft", "credited")]
        )

    def test_down_payments_do_not_count(self):
        self.use("invoiced")
        lead = self.win(self.truck)
        order = lead.sale_order_ids
        self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": 400,
            }
        ).create_invoices()
        order.invoice_ids.action_post()
        self.assertEqual(self.granted(lead.commission_ids), [])
        order.order_line.filtered("product_id").qty_delivered = 1
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual(final.amount_untaxed, 600)
        self.assertEqual(self.granted(lead.commission_ids), [(100, "draft", "invoiced")])

    def test_a_down_payment_is_a_part_of_the_invoice(self):
        """What is earned when paid counts it as far as its own invoice is paid."""
        self.use("paid")
        lead = self.win(self.truck)
        order, commission = lead.sale_order_ids, lead.commission_ids
        for percentage, granted, both in ((40, 60, 100), (100, 0, 100)):
            with self.subTest(percentage), self.env.cr.savepoint() as savepoint:
                self.env["sale.advance.payment.inv"].create(
                    {
                        "sale_order_ids": [Command.set(order.ids)],
                        "advance_payment_method": "percentage",
                        "amount": percentage,
                    }
                ).create_invoices()
                advance = order.invoice_ids
                advance.action_post()
                order.order_line.filtered("product_id").qty_delivered = 1
                final = order._create_invoices(final=True)
                final.action_post()
                if final.amount_residual:
                    self.pay(final)
                self.settle()
                self.assertEqual(commission.amount, granted)
                self.pay(advance)
                self.settle()
                self.assertEqual(commission.amount, both)
                self.undo_payments(advance)
                self.reverse(advance).action_post()
                self.settle()
                self.assertEqual(commission.amount, granted)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_paid_in_parts(self):
        self.use("paid")
        lead = self.win(self.truck)
        lead.sale_order_ids.order_line.price_unit = 1000.05
        invoice = self.invoice(lead)
        commission = lead.commission_ids
        self.assertEqual(self.granted(commission), [])
        for amount, granted in ((333.35, 33.34), (333.35, 66.67), (333.35, 100.01)):
            self.pay_part(invoice, amount)
            self.settle()
            self.assertEqual(commission.amount, granted)
            commission.action_approve()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(
            self.granted(commission),
            [
                (33.34, "approved", "paid"),
                (33.33, "approved", "paid"),
                (33.34, "approved", "paid"),
            ],
        )

    def test_a_payment_undone(self):
        self.use("paid")
        lead = self.win(self.truck)
        invoice = self.invoice(lead)
        commission = lead.commission_ids
        self.pay_part(invoice, 250)
        self.settle()
        commission.action_approve()
        self.undo_payments(invoice)
        self.assertEqual(
            self.granted(commission), [(25, "approved", "paid"), (-25, "draft", "payment_undone")]
        )

    def test_credited_and_the_rest_paid(self):
        self.use("paid")
        lead = self.win(self.truck)
        invoice = self.invoice(lead)
        credit = self.reverse(invoice)
        credit.invoice_line_ids.price_unit = 300
        credit.action_post()
        (invoice.line_ids | credit.line_ids).filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self.settle()
        self.assertEqual(lead.commission_ids.amount, 0)
        self.pay(invoice)
        self.settle()
        self.assertEqual(lead.commission_ids.amount, 70)

    def test_rate_of_the_invoice(self):
        currency = self.env["res.currency"].create(
            {
                "name": "DLR",
                "symbol": "D",
                "rate_ids": [
                    Command.create({"name": "2020-01-01", "company_rate": 4}),
                    Command.create({"name": "2024-03-01", "company_rate": 5}),
                    Command.create({"name": "2024-03-09", "company_rate": 8}),
                ],
            }
        )
        pricelist = self.env["product.pricelist"].create({"name": "X", "currency_id": currency.id})
        self.use("invoiced")
        lead = self.make_sale(self.truck, pricelist_id=pricelist.id)
        lead.sale_order_ids.order_line.price_unit = 1000
        lead.action_mark_won()
        invoice = self.invoice(lead)
        self.assertEqual(invoice.currency_id, currency)
        commission = lead.commission_ids
        self.assertEqual(self.granted(commission), [(100, "draft", "invoiced")])
        self.assertEqual(commission.entry_ids.amount_company, 20)
