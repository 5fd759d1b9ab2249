"""Automatic assignment: lock, match, write back."""

import logging
import random

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.dealer_crm.sql import sql_array

from ..assignment import lead_seed
from .dealer_crm_lead_match import FEW_LEADS

SEED_BITS = 62
AGENT = "dealer_crm.group_dealer_user"
MANAGER = "dealer_crm.group_dealer_manager"

_logger = logging.getLogger(__name__)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def action_assign_partner(self):
        """Assign each of these leads that has no partner to one, by place and weight.

        :return: a notification with the result
        """
        self._check_may_write()
        matches = self.sudo()._assign_automatically()
        found = sum(1 for match in matches if match.partner_id)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if 0 < found == len(self) else "warning",
                "message": self._get_assignment_message(matches, found),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _check_may_write(self):
        """``check_access("write")``; of many leads, one query counts those that rules allow."""
        if len(self) > FEW_LEADS:
            self.browse().check_access("write")
            allowed = self.env["ir.rule"]._compute_domain(self._name, "write")
            leads = self.sudo().with_context(active_test=False)
            if leads.search_count(Domain("id", "in", self.ids) & allowed) == len(set(self.ids)):
                return
        # Without prefetch: record rules read few of a lead's many fields.
        self.with_context(prefetch_fields=False).check_access("write")

    def _get_assignment_message(self, matches, found):
        if len(self) != 1:
            return self.env._(
                "%(found)s of %(count)s leads got a reseller.", found=found, count=len(self)
            )
        if found:
            return self.env._(
                "Assigned to %(partner)s.",
                partner=self._get_partner_names([matches[0].partner_id])[matches[0].partner_id],
            )
        if matches:
            return self.env._(
                "No reseller was found for %(lead)s: %(reason)s.",
                lead=self._get_label(),
                reason=self._get_reason_label(matches[0].reason),
            )
        return self.env._(
            "%(lead)s is closed, archived or already assigned, or another run is assigning it.",
            lead=self._get_label(),
        )

    @api.private
    def _assign_automatically(self, run_seed=None, catch_all=False):
        """Assign those of these leads that are assignable and not locked by another run.

        The matches depend only on the data, the seed and the leads' ids.

        :param int run_seed: makes the run repeatable; random by default
        :param bool catch_all: give leads without a match to the catch-all salesperson
        :return: list of ``assignment.Match``, one for each lead that was tried
        """
        if not self.env.su:
            raise AccessError(self.env._("Use Assign Automatically on the leads."))
        rows = self._lock_for_match()
        if not rows:
            return []
        if run_seed is None:
            run_seed = random.SystemRandom().getrandbits(SEED_BITS)
        leads = self.browse([row.id for row in rows])
        matcher = leads._get_matcher(rows)
        matches = [matcher.match(row, lead_seed(run_seed, row.id)) for row in rows]
        capped = matcher.left.keys() & {match.partner_id for match in matches}
        if capped:
            self.env["res.partner"].browse(capped)._claim_lead_capacity(checked=True)
        # A lead that fails again for the same reason is not logged again.
        logged = [
            match
            for row, match in zip(rows, matches, strict=True)
            if match.partner_id or match.reason != row.failure
        ]
        leads._write_matches(matches, logged)
        if catch_all:
            leads.browse(
                [match.lead_id for match in matches if not match.partner_id]
            )._assign_catch_all()
        return matches

    def _write_matches(self, matches, logged):
        """Write partners, log rows and notes in one SQL statement each, however many leads.

        The ORM would write once per partner and call all overrides each time.

        :param logged: the matches that get a log row and a note
        """
        now = fields.Datetime.now()
        logged_ids = {match.lead_id for match in logged}
        stamps = ["partner_assigned_id", "date_partner_assign", "date_partner_attempt"]
        stamps += ["date_partner_accept", "assignment_failure"]
        self.flush_recordset(stamps)
        self.env.cr.execute(
            """
            UPDATE dealer_crm_lead l
               SET partner_assigned_id = m.partner_id, assignment_failure = m.reason,
                   date_partner_assign = CASE WHEN m.partner_id IS NOT NULL THEN %(now)s END,
                   date_partner_attempt = %(now)s, date_partner_accept = NULL,
                   write_uid = CASE WHEN m.logged THEN %(uid)s ELSE l.write_uid END,
                   write_date = CASE WHEN m.logged THEN %(now)s ELSE l.write_date END
              FROM unnest(%(leads)s::int[], %(partners)s::int[], %(reasons)s::varchar[],
                          %(logged)s::bool[])
                     AS m(lead_id, partner_id, reason, logged)
             WHERE l.id = m.lead_id
            """,
            {
                "now": now,
                "uid": self.env.uid,
                "leads": sql_array([match.lead_id for match in matches]),
                "partners": sql_array([match.partner_id for match in matches]),
                "reasons": sql_array([match.reason for match in matches]),
                "logged": sql_array([match.lead_id in logged_ids for match in matches]),
            },
        )
        self.invalidate_recordset([*stamps, "write_date", "write_uid"], flush=False)
        self.modified(stamps)
        if logged:
            self._log_matches(logged, now)

    def _assign_catch_all(self):
        """Give the leads that have neither a partner nor a salesperson to the catch-all salesperson."""
        unattended = self.filtered(lambda lead: not lead.user_id and not lead.partner_assigned_id)
        if not unattended:
            return
        user = self.env.user
        if user.has_group(AGENT) and not user.has_group(MANAGER):
            # The agent could not read the leads any more: leave them to the next run.
            self.env.ref("dealer_crm_resellers.ir_cron_assign_partners")._trigger()
            return
        for company, leads in unattended.grouped("company_id").items():
            user = company.dealer_catch_all_user_id
            if user and company in user.company_ids and self._is_salesperson(user):
                leads._write_unchecked({"user_id": user.id})

    def _assign_new(self):
        """Assign new leads of companies with automatic assignment."""
        leads = self.sudo().filtered("company_id.dealer_assign_automatic")
        leads = leads._filter_not_waiting_for_place()
        if not leads:
            return
        try:
            leads._assign_automatically(catch_all=True)
        except UserError as error:
            # Invalid settings must not prevent the creation of leads.
            _logger.warning("New leads are not assigned: %s", error)
