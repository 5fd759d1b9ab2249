"""Reads leads and candidates from the database; ``assignment`` matches them."""

import math

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.dealer_crm.sql import sql_array

from ..assignment import (
    COUNTRY,
    DEFAULT_RADII,
    NEAREST,
    Lead,
    Matcher,
    Partner,
    circle_boxes,
    has_place,
)

RADIUS_PARAMETERS = [f"dealer_crm_resellers.radius_{number}" for number in (1, 2, 3)]
# Up to this number of leads, reading the partners around them is cheaper than reading all.
FEW_LEADS = 40
# Columns of the partner ``p``, in the order of ``assignment.Partner``.
CANDIDATE_COLUMNS = SQL(
    """
    p.id, p.dealer_level_weight, COALESCE(p.partner_latitude, 0)::float8,
    COALESCE(p.partner_longitude, 0)::float8, p.country_id, p.company_id,
    COALESCE(p.commercial_partner_id, p.id)
    """
)
# Hash of a candidate's columns. The sum over all candidates shows whether any of them changed.
CANDIDATE_HASH = SQL(
    """
    hash_array_extended(
        ARRAY[p.id, p.dealer_level_weight, p.country_id, p.company_id, p.commercial_partner_id,
              p.partner_latitude, p.partner_longitude]::float8[], 0)
    """
)
OPEN_LEADS = SQL(
    """
    SELECT COUNT(*) FROM dealer_crm_lead o
     WHERE o.partner_assigned_id = p.id AND o.active AND o.won_status = 'pending'
    """
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    #: (stamp, Matcher) of the last run in this process; only runs with caps change a matcher
    _known_matcher = (None, None)

    def _lock_for_match(self):
        """Lock and read those of these leads that are assignable and not locked by another run.

        :return: list of ``assignment.Lead``, by id
        """
        columns = ["company_id", "partner_latitude", "partner_longitude", "country_id"]
        columns += ["active", "won_status", "partner_assigned_id", "partner_declined_ids"]
        columns += ["assignment_failure"]
        self.flush_recordset(columns)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.id, l.company_id, COALESCE(l.partner_latitude, 0)::float8,
                       COALESCE(l.partner_longitude, 0)::float8, l.country_id,
                       d.entities, l.assignment_failure
                  FROM dealer_crm_lead l
                  LEFT JOIN (
                    SELECT r.lead_id, array_agg(COALESCE(p.commercial_partner_id, p.id)) AS entities
                      FROM dealer_crm_lead_declined_partner_rel r
                      JOIN res_partner p ON p.id = r.partner_id
                     WHERE r.lead_id = ANY(%(leads)s::int[])
                     GROUP BY r.lead_id) d ON d.lead_id = l.id
                 WHERE l.id = ANY(%(leads)s::int[]) AND l.active AND l.won_status = 'pending'
                   AND l.partner_assigned_id IS NULL
                 ORDER BY l.id FOR NO KEY UPDATE OF l SKIP LOCKED
                """,
                leads=sql_array(self.ids),
            )
        )
        return [Lead(*row[:5], frozenset(row[5] or ()), row[6]) for row in rows]

    @api.model
    def _get_radii(self):
        """Radii of the first three tiers in kilometres, ascending."""
        parameters = self.env["ir.config_parameter"].sudo()
        radii = []
        for key, default in zip(RADIUS_PARAMETERS, DEFAULT_RADII, strict=True):
            value = parameters.get_param(key) or default
            try:
                radius = float(value)
            except ValueError:
                radius = math.nan
            if not 0 <= radius < math.inf:
                raise UserError(
                    self.env._(
                        "The system parameter %(key)s must be a number of kilometres, not"
                        ' "%(value)s": correct it in the settings.',
                        key=key,
                        value=value,
                    )
                )
            radii.append(radius)
        return sorted(radii)

    @api.model
    def _get_matcher(self, leads):
        """The partners that ``leads`` (of ``_lock_for_match``) may go to.

        Reads all partners for many leads, and only those that affect the result for a few.
        """
        radii = self._get_radii()
        if len(leads) <= FEW_LEADS:
            partners = self._read_nearby_partners(leads, radii)
            if partners is not None:
                return Matcher(partners, radii)
        return self._get_known_matcher(leads, radii)

    @api.model
    def _get_known_matcher(self, leads, radii):
        """All partners, cached while they do not change and none has a cap."""
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT COUNT(*), COUNT(NULLIF(p.dealer_lead_cap, 0)), SUM(%s) FROM %s
                """,
                CANDIDATE_HASH,
                self._get_candidates(leads),
            )
        )
        stamp = (*row, {lead.company_id for lead in leads}, radii)
        _count, capped, _hash = row
        known, matcher = self._known_matcher
        if capped or known != stamp:
            matcher = Matcher(self._read_partners(leads), radii)
            self.env.registry[self._name]._known_matcher = stamp, matcher
        return matcher

    @api.model
    def _read_nearby_partners(self, leads, radii):
        """The partners around a few leads and, if these are not enough, those of their countries.

        :return: list of ``Partner``; None when all partners must be read
        """
        placed = [lead for lead in leads if has_place(lead.latitude, lead.longitude)]
        boxes = [
            box for lead in placed for box in circle_boxes(lead.latitude, lead.longitude, radii[-1])
        ]
        partners = {}
        if boxes:
            inside = SQL(" OR ").join(
                SQL(
                    "p.partner_latitude BETWEEN %s AND %s AND p.partner_longitude BETWEEN %s AND %s",
                    *box,
                )
                for box in boxes
            )
            partners = {each.id: each for each in self._read_partners(leads, SQL("(%s)", inside))}
        left = _get_unsure(leads, partners.values(), radii, ())
        countries = {lead.country_id for lead in left if lead.country_id}
        if countries:
            inside = SQL("p.country_id = ANY(%s)", list(countries))
            partners.update((each.id, each) for each in self._read_partners(leads, inside))
            left = _get_unsure(left, partners.values(), radii, countries)
        if any(lead in left for lead in placed):
            return None
        return partners.values()

    @api.model
    def _read_partners(self, leads, condition=None):
        """List of ``Partner`` that may get leads of these leads' companies.

        :param SQL condition: on the partner ``p``
        """
        return [
            Partner(*row)
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT %(columns)s,
                           CASE WHEN p.dealer_lead_cap > 0
                                THEN GREATEST(0, p.dealer_lead_cap - (%(load)s))::int END
                      FROM %(candidates)s
                    """,
                    columns=CANDIDATE_COLUMNS,
                    load=OPEN_LEADS,
                    candidates=self._get_candidates(leads, condition),
                )
            )
        ]

    @api.model
    def _get_candidates(self, leads, condition=None):
        """SQL after FROM: the partners ``p`` that may get leads."""
        for model in ("res.partner", "dealer.crm.partner.level", "dealer.crm.partner.activation"):
            self.env[model].flush_model()
        self.flush_model(["partner_assigned_id", "won_status", "active"])
        return SQL(
            """
            res_partner p
              JOIN dealer_crm_partner_level l ON l.id = p.dealer_level_id AND l.active
              LEFT JOIN dealer_crm_partner_activation a ON a.id = p.dealer_activation_id
             WHERE p.active AND p.dealer_level_weight > 0 AND COALESCE(a.assignable, TRUE)
               AND (p.company_id IS NULL OR p.company_id = ANY(%s)) AND %s
            """,
            list({lead.company_id for lead in leads}),
            condition or SQL("TRUE"),
        )


def _get_unsure(leads, partners, radii, countries):
    """The leads that might get a nearer tier, or any, from partners not in ``partners``.

    :param partners: those nearby and in ``countries``; a cap may run out, so only those without one
        settle a tier
    """
    sure = Matcher([each for each in partners if each.capacity is None], radii)
    unsure = []
    for lead in leads:
        tier = sure.match(lead, seed=0).tier
        if tier in (None, NEAREST) or (tier == COUNTRY and lead.country_id not in countries):
            unsure.append(lead)
    return unsure
