from odoo import models
from odoo.exceptions import AccessError


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        if "sale_line_id" in vals and not self.env.su:
            lines = self.env["sale.order.line"].browse(vals["sale_line_id"] or ())
            self._check_stays_with_sale(lines)
        return super().write(vals)

    def _check_stays_with_sale(self, lines):
        """Refuse to count a delivery for another sale than its own, if one of them is a lead's."""
        for move in self.sudo().filtered(lambda move: move.sale_line_id.id != lines.id):
            orders = (lines.sudo() | move.sale_line_id).order_id
            if linked := orders.filtered("dealer_crm_lead_id"):
                raise AccessError(
                    self.env._(
                        "%(product)s was not delivered for order %(order)s: deliver what that order"
                        " sells.",
                        product=move.product_id.display_name,
                        order=linked[0].name,
                    )
                )

    def _action_done(self, cancel_backorder=False):
        """Report it if a customer returns everything that a won lead has sold."""
        returns = self.sudo().filtered(lambda move: move.location_id.usage == "customer")
        orders = returns.sale_line_id.order_id | returns.picking_id.sale_id
        with orders._watch_closed_leads():
            return super()._action_done(cancel_backorder=cancel_backorder)
