from odoo import api, fields, models


class DealerCrmCallbackReason(models.TransientModel):
    _name = "dealer.crm.callback.reason"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Retry or Cancel BPO Callbacks"

    callback_ids = fields.Many2many("dealer.crm.callback", string="Callbacks", required=True)
    callback_names = fields.Text("Outcomes", compute="_compute_callback_names")
    action = fields.Selection([("retry", "Retry"), ("cancel", "Cancel")], required=True)
    reason = fields.Char(required=True)

    @api.depends("callback_ids")
    def _compute_callback_names(self):
        for wizard in self:
            wizard.callback_names = wizard._list_names(wizard.callback_ids)

    def action_confirm(self):
        """Retry or cancel all callbacks, or none."""
        self.ensure_one()
        self.callback_ids._act(self.action, self.reason)
        return {"type": "ir.actions.act_window_close"}
