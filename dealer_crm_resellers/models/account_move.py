from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        """A cancelled bill that comes back must not pay what another one pays by now."""
        revived = self.browse()
        if vals.get("state") in ("draft", "posted"):
            revived = self.filtered(lambda move: move.state == "cancel")
        commissions = revived and self._get_commissions_once_billed(revived)
        result = super().write(vals)
        if commissions:
            commissions._follow_bills(revived)
        return result

    def _get_commissions_once_billed(self, bills):
        """The commissions with a line on these cancelled bills.

        :raise UserError: when another bill has one of them, or it was cancelled
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
                        "The commission of %(order)s on the cancelled bill %(bill)s is on the bill"
                        " %(other)s by now: cancel that one first.",
                        order=commission.order_id.name,
                        bill=revived.display_name,
                        other=(live - revived)[:1].display_name,
                    )
                )
        return commissions
