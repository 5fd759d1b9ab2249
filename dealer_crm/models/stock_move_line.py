from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def write(self, vals):
        """A delivery that is done can still be corrected, down to nothing."""
        if "quantity" not in vals:
            return super().write(vals)
        done = self.sudo().move_id.filtered(lambda move: move.state == "done")
        with done.sale_line_id.order_id._watch_closed_leads():
            return super().write(vals)
