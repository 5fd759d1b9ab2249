from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        """A cancelled bill that is reopened must not pay a commission that another bill pays now."""
        revived = self.browse()
        if vals.get("state") in ("draft", "posted"):
            revived = self.filtered(lambda move: move.state == "cancel")
        commissions = revived and self._get_commissions_to_restore(revived)
        result = super().write(vals)
        if commissions:
            commissions._restore_bills(revived)
        return result

    def _get_commissions_to_restore(self, bills):
        """The commissions that have or had a line on these cancelled bills.

        :raise UserError: when one of the commissions is on another live bill
        """
        commissions = (
            self.env["dealer.crm.commission"]
            .sudo()
            .search(
                [
                    "|",
                    ("bill_line_id.move_id", "in", bills.ids),
                    ("former_bill_line_ids.move_id", "in", bills.ids),
                ]
            )
        )
        for commission in commissions:
            lines = commission.bill_line_id | commission.former_bill_line_ids
            live = lines.move_id.filtered(lambda move: move.state != "cancel" or move in bills)
            if len(live) > 1:
                revived = (live & bills)[:1]
                raise UserError(
                    self.env._(
                        "%(order)s: the commission is now on the bill %(other)s. Cancel that bill"
                        " first.",
                        order=commission.order_id.name,
                        other=(live - revived)[:1].display_name,
                    )
                )
        return commissions
