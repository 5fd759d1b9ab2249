"""What runs in the background: the assignment of what is left, and the look-up of places."""

import logging
import time
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH = 5000
EXPIRED_BATCH = 200
TRIES = 5
# A lead that nobody was found for is tried again after so many hours.
RETRY_HOURS = 24
# A new lead waits so many hours for its place to be looked up.
PLACE_HOURS = 24
# OpenStreetMap's usage policy: one request a second at most.
PLACE_INTERVAL = 1.1
PLACE_BATCH = 100
# On ``l``, a lead: its place is unknown and can be looked up.
PLACELESS = SQL(
    """
    COALESCE(l.partner_latitude, 0) = 0 AND COALESCE(l.partner_longitude, 0) = 0
    AND l.date_localization IS NULL AND COALESCE(l.city, l.zip, l.street) IS NOT NULL
    """
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    @api.model
    def _cron_assign_partners(self):
        """Take back what was not accepted in time, then assign what has no partner."""
        self = self.sudo()
        seconds = self.env["ir.cron"]._commit_progress(remaining=self._count_unassigned())
        while seconds and (count := self._retry(self._take_back_expired, EXPIRED_BATCH)):
            seconds = self.env["ir.cron"]._commit_progress(count)
        while seconds and (count := self._retry(self._assign_batch, BATCH)):
            seconds = self.env["ir.cron"]._commit_progress(count)

    @api.model
    def _retry(self, method, argument):
        """Call again, on fresh data, what lost against another transaction."""
        for _try in range(TRIES):
            try:
                result = method(argument)
                self.env.flush_all()
                return result
            except SerializationFailure:
                self.env.cr.rollback()
                self.env.invalidate_all()
        _logger.info("Others are at the same leads: the next run goes on")
        return 0

    @api.model
    def _assign_batch(self, limit):
        """Assign up to ``limit`` leads in one transaction.

        :return: number of leads tried
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM dealer_crm_lead l WHERE %s"
                " ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
                self._get_unassigned_condition(),
                limit,
            )
        )
        leads = self.browse([lead_id for (lead_id,) in rows])
        if leads:
            leads._assign_automatically(catch_all=True)
        return len(leads)

    @api.model
    def _count_unassigned(self):
        return self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM dealer_crm_lead l WHERE %s",
                self._get_unassigned_condition(),
            )
        )[0][0]

    @api.model
    def _get_unassigned_condition(self):
        """SQL on ``l``, a lead: it waits for an automatic assignment."""
        self.flush_model()
        now = fields.Datetime.now()
        companies = self.env["res.company"].search([("dealer_assign_automatic", "=", True)])
        looked_up = companies.filtered("dealer_geolocalize")
        return SQL(
            """
            l.active AND l.partner_assigned_id IS NULL AND l.won_status = 'pending'
            AND l.company_id = ANY(%(companies)s) AND l.partner_spam IS NOT TRUE
            AND (l.date_partner_attempt IS NULL OR l.date_partner_attempt < %(retry)s)
            AND NOT (l.company_id = ANY(%(looked_up)s) AND l.create_date > %(wait)s AND %(placeless)s)
            """,
            companies=companies.ids,
            looked_up=looked_up.ids,
            retry=now - timedelta(hours=RETRY_HOURS),
            wait=now - timedelta(hours=PLACE_HOURS),
            placeless=PLACELESS,
        )

    def _is_waiting_for_place(self):
        """Whether this new lead's place will be looked up first."""
        self.ensure_one()
        return bool(
            self.company_id.dealer_geolocalize
            and not (self.partner_latitude or self.partner_longitude)
            and not self.date_localization
            and (self.city or self.zip or self.street)
        )

    @api.model
    def _cron_geolocalize(self):
        """Look up the places of leads, one request after the other."""
        self = self.sudo()
        companies = self.env["res.company"].search([("dealer_geolocalize", "=", True)])
        condition = SQL(
            "l.active AND l.won_status = 'pending' AND l.company_id = ANY(%s) AND %s",
            companies.ids,
            PLACELESS,
        )
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM dealer_crm_lead l WHERE %s ORDER BY id LIMIT %s",
                condition,
                PLACE_BATCH,
            )
        )
        seconds = self.env["ir.cron"]._commit_progress(remaining=len(rows))
        for lead in self.browse([lead_id for (lead_id,) in rows]):
            if not seconds:
                return
            started = time.monotonic()
            try:
                lead._geolocalize()
            except UserError as error:
                _logger.warning("The places of leads cannot be looked up now: %s", error)
                return
            seconds = self.env["ir.cron"]._commit_progress(1)
            time.sleep(max(0, PLACE_INTERVAL - (time.monotonic() - started)))
        if rows:
            self.env.ref("dealer_crm_resellers.ir_cron_assign_partners")._trigger()

    def _geolocalize(self):
        """Look up the place of this lead; where it is not found, it is not looked up again."""
        self.ensure_one()
        lead = self.with_context(lang="en_US")
        place = self.env["res.partner"]._geo_localize(
            lead.street, lead.zip, lead.city, lead.state_id.name, lead.country_id.name
        )
        latitude, longitude = place or (0.0, 0.0)
        self._write_past_rule(
            {
                "partner_latitude": latitude,
                "partner_longitude": longitude,
                "date_localization": fields.Date.context_today(self),
            }
        )
