from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """The draft bill that replaces a reversed one pays the same entries of commissions."""
        bills = self.move_ids
        action = super().reverse_moves(is_modify)
        if is_modify:
            for bill, new in zip(bills, self.new_move_ids, strict=True):
                bill._move_commissions_to(new)
        return action
