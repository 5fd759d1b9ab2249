from odoo import models
from odoo.tools import format_amount


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        invoices = posted.sudo().filtered(
            lambda move: move.move_type in ("out_invoice", "out_refund")
        )
        for move in invoices:
            orders = move.invoice_line_ids.sale_line_ids.order_id
            for order in orders.filtered("dealer_crm_lead_id"):
                order._log_on_lead(move._describe_for_lead(order))
        return posted

    def _describe_for_lead(self, order):
        self.ensure_one()
        names = {
            "invoice": self.name,
            "order": order.name,
            "amount": format_amount(self.env, self.amount_total, self.currency_id),
        }
        if self.move_type == "out_refund":
            return self.env._("Credited: %(invoice)s of order %(order)s, %(amount)s.", **names)
        return self.env._("Invoiced: %(invoice)s of order %(order)s, %(amount)s.", **names)
