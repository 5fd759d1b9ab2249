from odoo import fields, models


class DealerCrmAssignmentDecline(models.TransientModel):
    _name = "dealer.crm.assignment.decline"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Decline Leads for a Reseller"

    lead_ids = fields.Many2many("dealer.crm.lead", string="Leads", required=True)
    reason = fields.Text()
    contacted = fields.Boolean("Customer Contacted")
    spam = fields.Boolean(help="The lead is not assigned to another reseller.")

    def action_confirm(self):
        """Decline the leads for their partners."""
        self.ensure_one()
        self.lead_ids.action_decline_assignment(self.reason or None, self.contacted, self.spam)
        return {"type": "ir.actions.act_window_close"}
