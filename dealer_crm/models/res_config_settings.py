from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_crm_bpo_connection_id = fields.Many2one(
        "dealer.crm.bpo.connection",
        "BPO CRM Connection",
        compute="_compute_dealer_crm_bpo_connection_id",
    )
    dealer_crm_bpo_state = fields.Selection(related="dealer_crm_bpo_connection_id.state")
    dealer_crm_bpo_state_reason = fields.Char(related="dealer_crm_bpo_connection_id.state_reason")

    @api.depends("company_id")
    def _compute_dealer_crm_bpo_connection_id(self):
        connections = self.env["dealer.crm.bpo.connection"]._get_for_companies(self.company_id)
        for settings in self:
            settings.dealer_crm_bpo_connection_id = connections.get(settings.company_id, False)
