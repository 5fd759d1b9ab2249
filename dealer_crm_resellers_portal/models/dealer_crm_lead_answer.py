"""What follows when a reseller answers or a lead is withdrawn: who is told, who follows the lead."""

from odoo import models

from odoo.addons.dealer_crm_resellers.models.dealer_crm_assignment import OPEN_STATES


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    def _accept(self):
        """Subscribe the resellers, so that they get what is written to the leads from now on."""
        accepted = super()._accept()
        for partner, leads in accepted.grouped("partner_assigned_id").items():
            leads.message_subscribe(partner.ids)
        accepted._get_open_rows()._tell_salespeople()
        return accepted

    def _decline(self, reason=None, contacted=False, spam=False):
        rows = self._get_open_rows()
        result = super()._decline(reason, contacted, spam)
        rows._tell_salespeople()
        return result

    def _get_open_rows(self):
        return (
            self.env["dealer.crm.assignment"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("state", "in", OPEN_STATES)])
        )

    def _end_assignments(self, state, **answer):
        """Unsubscribe the resellers that had these leads; those who knew of them are told."""
        told = self._get_open_rows().filtered(
            lambda row: not row.to_notify and row.company_id.dealer_notify_partners
        )
        rows = super()._end_assignments(state, **answer)
        if state in ("expired", "withdrawn"):
            told._write_unchecked({"to_tell_end": True})
        rows._forget_partners()
        self._end_protection()
        return rows
