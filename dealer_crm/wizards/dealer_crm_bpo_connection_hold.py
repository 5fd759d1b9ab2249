from odoo import fields, models


class DealerCrmBpoConnectionHold(models.TransientModel):
    _name = "dealer.crm.bpo.connection.hold"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Hold a BPO CRM Connection"

    connection_id = fields.Many2one(
        "dealer.crm.bpo.connection", required=True, readonly=True, ondelete="cascade"
    )
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Hold the connection, with the reason."""
        self.ensure_one()
        self.connection_id.action_hold(self.reason)
        return {"type": "ir.actions.act_window_close"}
