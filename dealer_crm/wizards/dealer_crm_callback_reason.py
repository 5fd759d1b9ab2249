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
        self.callback_ids._act(self.action, self.reason)
        return {"type": "ir.actions.act_window_close"}
