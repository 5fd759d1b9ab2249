from odoo import fields, models
from odoo.exceptions import UserError


class DealerCrmLeadAssign(models.TransientModel):
    _name = "dealer.crm.lead.assign"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Assign Leads to a Reseller"

    lead_ids = fields.Many2many("dealer.crm.lead", string="Leads", required=True)
    method = fields.Selection(
        [("automatic", "By Place and Weight"), ("manual", "To One Reseller")],
        default="automatic",
        required=True,
    )
    partner_id = fields.Many2one(
        "res.partner", "Reseller", domain="[('dealer_level_id', '!=', False)]"
    )

    def action_confirm(self):
        """Assign the leads without a partner automatically, or all leads to one partner."""
        self.ensure_one()
        if self.method == "automatic":
            return self.lead_ids.action_assign_partner()
        if not self.partner_id:
            raise UserError(self.env._("Choose the reseller that gets the leads."))
        self.lead_ids.assign_partner(self.partner_id)
        return {"type": "ir.actions.act_window_close"}
