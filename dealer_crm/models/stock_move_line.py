from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def write(self, vals):
        """Report it if a done delivery of a won lead is corrected to nothing."""
        if "quantity" not in vals:
            return super().write(vals)
        done = self.sudo().move_id.filtered(lambda move: move.state == "done")
        with done.sale_line_id.order_id._watch_closed_leads():
            return super().write(vals)
