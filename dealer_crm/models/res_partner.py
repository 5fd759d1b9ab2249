from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    dealer_crm_lead_count = fields.Integer(
        "Dealer Leads",
        compute="_compute_dealer_crm_lead_count",
        groups="dealer_crm.group_dealer_user",
    )

    @api.depends_context("uid")
    def _compute_dealer_crm_lead_count(self):
        counts = dict(
            self.env["dealer.crm.lead"]
            .with_context(active_test=False)
            ._read_group([("partner_id", "in", self.ids)], ["partner_id"], ["__count"])
        )
        for partner in self:
            partner.dealer_crm_lead_count = counts.get(partner._origin, 0)

    def action_open_dealer_crm_leads(self):
        """Open the leads of these customers, archived ones too."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "dealer_crm.dealer_crm_lead_action_all"
        )
        action["domain"] = [("partner_id", "in", self.ids)]
        action["context"] = {"active_test": False, "default_partner_id": self[:1].id}
        return action
