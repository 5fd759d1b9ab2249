from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        """Report it if a customer returns everything that a won lead has sold."""
        returns = self.sudo().filtered(lambda move: move.location_id.usage == "customer")
        orders = returns.sale_line_id.order_id | returns.picking_id.sale_id
        with orders._watch_closed_leads():
            return super()._action_done(cancel_backorder=cancel_backorder)
