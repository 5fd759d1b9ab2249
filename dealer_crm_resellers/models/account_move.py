from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _is_live_bill(self):
        """Whether this bill pays, or would pay once it is posted, what is on it."""
        self.ensure_one()
        return self.state != "cancel" and self.payment_state != "reversed"

    def _is_paid_bill(self):
        """Whether this bill is paid; Odoo keeps the payments of one that is reset to draft."""
        self.ensure_one()
        return self.state == "posted" and self.payment_state in ("in_payment", "paid")
