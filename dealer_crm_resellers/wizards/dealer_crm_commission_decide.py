from odoo import fields, models


class DealerCrmCommissionDecide(models.TransientModel):
    _name = "dealer.crm.commission.decide"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Change Commissions by Hand"

    commission_ids = fields.Many2many("dealer.crm.commission", string="Commissions", required=True)
    kind = fields.Selection(
        [("adjust", "Add an Entry"), ("cancel", "Cancel"), ("restore", "Restore")],
        required=True,
        default="adjust",
    )
    amount = fields.Float(help="In the currency of the commission; negative takes back.")
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Do to the commissions what was chosen, all or none."""
        self.ensure_one()
        if self.kind == "adjust":
            self.commission_ids.action_adjust(self.amount, self.reason)
        elif self.kind == "cancel":
            self.commission_ids.action_cancel(self.reason)
        else:
            self.commission_ids.action_restore(self.reason)
        return {"type": "ir.actions.act_window_close"}
