from odoo import fields, models


class DealerCrmLeadReopen(models.TransientModel):
    _name = "dealer.crm.lead.reopen"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Reopen Leads"

    lead_ids = fields.Many2many(
        "dealer.crm.lead", string="Leads", required=True, context={"active_test": False}
    )
    reason = fields.Text(required=True)

    def action_confirm(self):
        """Move the leads back to the stages they were closed from, all or none."""
        self.ensure_one()
        self.lead_ids.action_reopen(self.reason)
        return {"type": "ir.actions.act_window_close"}
