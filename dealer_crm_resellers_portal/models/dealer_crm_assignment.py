"""The token by which a partner answers from an e-mail, and what the partner was told."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import hash_sign, verify_hash_signed

TOKEN_SCOPE = "dealer_crm_resellers_portal.answer"
TOKEN_DAYS = 14


class DealerCrmAssignment(models.Model):
    _inherit = "dealer.crm.assignment"

    date_remind = fields.Datetime("Reminded On", readonly=True)
    to_tell_end = fields.Boolean(readonly=True)

    _to_tell_end_idx = models.Index("(partner_id) WHERE to_tell_end")

    def _get_accept_limit(self):
        """The moment by which the partner has to accept; None without a limit."""
        self.ensure_one()
        hours = self.company_id.dealer_accept_hours
        return self.date + timedelta(hours=hours) if hours else None

    def _get_answer_token(self):
        """A token whose holder can answer this assignment once, without a login."""
        self.ensure_one()
        limit = self._get_accept_limit() or self.date + timedelta(days=TOKEN_DAYS)
        return hash_sign(
            self.sudo().env,
            TOKEN_SCOPE,
            [self.id, self.partner_id.id],
            expiration=limit - fields.Datetime.now(),
        )

    @api.model
    def _find_by_token(self, token):
        """The assignment (with sudo) that this token answers; empty if the token is not valid.

        :param str token: whatever the browser sent
        """
        nothing = self.sudo().browse()
        try:
            signed = verify_hash_signed(nothing.env, TOKEN_SCOPE, token)
        except ValueError:
            return nothing
        if not signed:
            return nothing
        row_id, partner_id = signed
        row = nothing.browse(row_id).exists()
        return row if row.partner_id.id == partner_id and row._is_waiting() else nothing

    def _is_waiting(self):
        """Whether the partner can still answer."""
        self.ensure_one()
        return bool(self.partner_id and self._get_waiting(self.partner_id))

    def _forget_partners(self):
        """Unsubscribe the people of these partners from the leads, and drop what they planned there."""
        companies = {
            row.lead_id.id: row.partner_id.commercial_partner_id for row in self if row.partner_id
        }
        if not companies:
            return
        theirs = Domain("res_model", "=", "dealer.crm.lead") & Domain("res_id", "in", [*companies])
        people = [company.id for company in companies.values()]
        followers = self.env["mail.followers"].search(
            theirs
            & Domain("partner_id.partner_share", "=", True)
            & Domain("partner_id.commercial_partner_id", "in", people)
        )
        followers.filtered(
            lambda each: each.partner_id.commercial_partner_id == companies[each.res_id]
        ).unlink()
        activities = self.env["mail.activity"].search(
            theirs
            & Domain("user_id.share", "=", True)
            & Domain("user_id.partner_id.commercial_partner_id", "in", people)
        )
        activities.filtered(
            lambda each: each.user_id.commercial_partner_id == companies[each.res_id]
        ).unlink()
