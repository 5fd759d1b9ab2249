from odoo import api, models
from odoo.exceptions import UserError


class ResPartner(models.Model):
    """How a partnership ends: its open leads are nobody's again, and who looks after them is told."""

    _inherit = "res.partner"

    def write(self, vals):
        ending = self.browse()
        if "active" in vals and not vals["active"]:
            ending = self.filtered("active")
        elif "dealer_level_id" in vals and not vals["dealer_level_id"]:
            ending = self.filtered(lambda partner: partner.sudo().dealer_level_id)
        result = super().write(vals)
        ending._release_open_leads()
        return result

    def unlink(self):
        self._release_open_leads()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_closed_leads(self):
        leads = self.env["dealer.crm.lead"].sudo().with_context(active_test=False)
        lead = leads.search([("partner_assigned_id", "in", self.ids)], limit=1)
        if lead:
            raise UserError(
                self.env._(
                    "%(partner)s had %(lead)s, which is closed, and the reports name it: archive"
                    " it instead of deleting it.",
                    partner=lead.partner_assigned_id.display_name,
                    lead=lead.name,
                )
            )

    def _release_open_leads(self):
        if not self:
            return
        leads = self.env["dealer.crm.lead"].sudo().with_context(active_test=False)
        leads.search(
            [("partner_assigned_id", "in", self.ids), ("won_status", "=", "pending")]
        )._release()
