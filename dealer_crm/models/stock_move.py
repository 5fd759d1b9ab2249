from odoo import models
from odoo.exceptions import AccessError


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        if "sale_line_id" in vals and not self.env.su:
            line_id = self._fields["sale_line_id"].convert_to_cache(vals["sale_line_id"], self)
            self._check_counts_for(
                self.env["sale.order.line"].sudo().browse(line_id or ()).order_id
            )
        return super().write(vals)

    def _check_counts_for(self, order):
        """Refuse to count the delivery of another sale for the order of a lead.

        What was added to a transfer of the order itself counts: Odoo makes a line for it.
        """
        if not order.dealer_crm_lead_id:
            return
        for move in self.sudo():
            picking = move.picking_id
            own = move.sale_line_id.order_id or picking.sale_id | picking.reference_ids.sale_ids
            if order not in own:
                raise AccessError(
                    self.env._(
                        "%(product)s was not delivered for order %(order)s: deliver what that order"
                        " sells.",
                        product=move.product_id.display_name,
                        order=order.name,
                    )
                )

    def _action_done(self, cancel_backorder=False):
        """Tell who shows the leads, and report if a customer returns all that a won lead has sold."""
        returns = self.sudo().filtered(lambda move: move.location_id.usage == "customer")
        orders = returns.sale_line_id.order_id | returns.picking_id.sale_id
        self.sudo().sale_line_id.order_id.dealer_crm_lead_id._announce_change()
        with orders._watch_closed_leads():
            return super()._action_done(cancel_backorder=cancel_backorder)
