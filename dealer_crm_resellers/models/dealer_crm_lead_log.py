"""Records of assignments: log rows, and notes in the leads' chatter."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.dealer_crm.sql import sql_array

from .dealer_crm_assignment import OPEN_STATES

#: the arrays of `_insert_assignments`, in the order of a row's values
COLUMNS = (
    "leads",
    "partners",
    "tiers",
    "distances",
    "counts",
    "weights",
    "seeds",
    "reasons",
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _log_matches(self, matches, now):
        """Write log rows and notes of an automatic run; ``self`` holds the leads of ``matches``."""
        self._insert_assignments(
            [
                (
                    match.lead_id,
                    match.partner_id,
                    match.tier,
                    match.distance,
                    match.candidates,
                    match.weight,
                    match.seed,
                    match.reason,
                )
                for match in matches
            ],
            "automatic",
            now,
        )
        names = self._get_partner_names({match.partner_id for match in matches})
        by_lead = {match.lead_id: match for match in matches}
        notes = {}
        for leads in self.browse(by_lead)._split_by_language():
            some = [by_lead[lead_id] for lead_id in leads._ids]
            notes |= leads._get_match_notes(some, names)
        self.browse(notes)._message_log_batch(notes)

    def _log_manual_assignments(self):
        """Write log rows and notes of leads that were just assigned by hand."""
        now = fields.Datetime.now()
        pairs = {lead.id: lead.partner_assigned_id.id for lead in self}
        self._insert_assignments(
            [(*pair, None, None, None, None, None, None) for pair in pairs.items()],
            "manual",
            now,
        )
        names = self._get_partner_names(set(pairs.values()))
        self._message_log_batch(
            {
                lead_id: self.env._("Assigned to %(partner)s by hand.", partner=names[partner_id])
                for lead_id, partner_id in pairs.items()
            }
        )

    @api.model
    def _get_match_notes(self, matches, names):
        """Dict of note texts by lead id. Each sentence is translated once, not once per lead."""
        placed = self.env._("Assigned to %(partner)s, %(distance).1f km away.")
        unplaced = self.env._("Assigned to %(partner)s.")
        nobody = self.env._("No reseller was found: %(reason)s.")
        reasons = dict(
            self.env["dealer.crm.assignment"]._fields["reason"]._description_selection(self.env)
        )
        notes = {}
        for match in matches:
            if not match.partner_id:
                note = nobody % {"reason": reasons[match.reason]}
            elif match.distance is None:
                note = unplaced % {"partner": names[match.partner_id]}
            else:
                note = placed % {"partner": names[match.partner_id], "distance": match.distance}
            notes[match.lead_id] = note
        return notes

    @api.model
    def _get_reason_label(self, reason):
        field = self.env["dealer.crm.assignment"]._fields["reason"]
        return dict(field._description_selection(self.env))[reason]

    @api.model
    def _get_partner_names(self, partner_ids):
        """Dict of partner names by id."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, COALESCE(complete_name, name, '') FROM res_partner"
                    " WHERE id = ANY(%s::int[])",
                    sql_array(partner_ids),
                )
            )
        )

    def _insert_assignments(self, rows, method, now):
        """Insert log rows of these leads, which had no partner.

        An open row of a lead belongs to a deleted partner and is ended first, because a lead has
        one open row at most. The count of ended rows in the WHERE clause enforces that order.

        :param rows: tuples (lead, partner, tier, distance, candidates, weight, seed, reason)
        """
        # Before the log rows: of two assignments of a lead, the second one fails to serialise here and
        # is retried, while a second open log row would be an error for the user.
        self.flush_recordset(["company_id", "partner_assigned_id"])
        self.env["res.company"].flush_model(["dealer_notify_partners"])
        self.env["dealer.crm.assignment"].flush_model()
        self.env.cr.execute(
            """
            WITH stale AS (
                UPDATE dealer_crm_assignment SET state = 'withdrawn', date_end = %(now)s, to_notify = FALSE
                 WHERE lead_id = ANY(%(leads)s::int[]) AND state IN ('assigned', 'accepted')
                RETURNING lead_id)
            INSERT INTO dealer_crm_assignment (
                lead_id, partner_id, tier, distance, candidate_count, weight, seed, reason,
                state, company_id, user_id, method, date, to_notify)
            SELECT m.*, CASE WHEN m.partner_id IS NULL THEN 'failed' ELSE 'assigned' END,
                   l.company_id, %(uid)s, %(method)s, %(now)s,
                   m.partner_id IS NOT NULL AND c.dealer_notify_partners IS TRUE
              FROM unnest(%(leads)s::int[], %(partners)s::int[], %(tiers)s::varchar[],
                          %(distances)s::numeric[], %(counts)s::int[], %(weights)s::int[],
                          %(seeds)s::int[], %(reasons)s::varchar[])
                     AS m(lead_id, partner_id, tier, distance, candidates, weight, seed, reason)
              JOIN dealer_crm_lead l ON l.id = m.lead_id
              JOIN res_company c ON c.id = l.company_id
             WHERE (SELECT COUNT(*) FROM stale) >= 0
             ORDER BY m.lead_id
            """,
            {
                **dict(
                    zip(
                        COLUMNS,
                        map(sql_array, zip(*rows, strict=True)),
                        strict=True,
                    )
                ),
                "uid": self.env.uid,
                "method": method,
                "now": now,
            },
        )
        self.invalidate_recordset(["assignment_ids"], flush=False)

    def _end_assignments(self, state, **answer):
        """Close the open log rows of these leads.

        :param answer: further values of the log rows
        """
        rows = (
            self.env["dealer.crm.assignment"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("state", "in", OPEN_STATES)])
        )
        rows._write_unchecked(
            {"state": state, "date_end": fields.Datetime.now(), "to_notify": False, **answer}
        )
        return rows
