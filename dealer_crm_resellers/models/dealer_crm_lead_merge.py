from odoo import fields, models
from odoo.exceptions import UserError


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _check_merge(self, others):
        """A lead that a reseller has, or that has commissions, can only be the one that stays."""
        for lead in others.filtered("partner_assigned_id"):
            raise UserError(
                self.env._(
                    "%(lead)s is with the reseller %(reseller)s: let it be the lead that stays, or"
                    " clear its reseller first.",
                    lead=lead._get_label(),
                    reseller=lead.sudo().partner_assigned_id.name,
                )
            )
        for lead in others.filtered(lambda each: each.sudo().commission_ids):
            raise UserError(
                self.env._(
                    "%(lead)s has a commission: let it be the lead that stays.",
                    lead=lead._get_label(),
                )
            )
        return super()._check_merge(others)

    def _move_records(self, lead):
        """Move the log of assignments, too; resellers who declined one of these do not get ``lead``."""
        result = super()._move_records(lead)
        self.sudo().assignment_ids._write_unchecked({"lead_id": lead.id})
        lead.sudo()._write_unchecked(
            {
                "partner_declined_ids": [
                    fields.Command.link(partner.id) for partner in self.sudo().partner_declined_ids
                ]
            }
        )
        return result
