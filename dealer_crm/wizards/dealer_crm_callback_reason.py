from odoo import fields, models


class DealerCrmCallbackReason(models.TransientModel):
    _name = "dealer.crm.callback.reason"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Retry or Cancel BPO Callbacks"

    callback_ids = fields.Many2many("dealer.crm.callback", string="Callbacks", required=True)
    action = fields.Selection([("retry", "Retry"), ("cancel", "Cancel")], required=True)
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Retry or cancel all callbacks, or none."""
        self.ensure_one()
        if self.action == "retry":
            self.callback_ids.action_retry(self.reason)
        else:
            self.callback_ids.action_cancel(self.reason)
        return {"type": "ir.actions.act_window_close"}
