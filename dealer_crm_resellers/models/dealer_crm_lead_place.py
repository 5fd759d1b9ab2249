"""The background look-up of coordinates of leads and resellers, one request at a time."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .base_geocoder import RateLimiter

_logger = logging.getLogger(__name__)

PLACE_BATCH = 100
# Hours that a new lead waits for the look-up before it is assigned without a place.
PLACE_HOURS = 24
# After this many refused requests in a row the service counts as down.
PLACE_FAILURES = 3
# Condition on the lead ``l``: its place is unknown and can be looked up.
PLACELESS = SQL(
    """
    COALESCE(l.partner_latitude, 0) = 0 AND COALESCE(l.partner_longitude, 0) = 0
    AND l.date_localization IS NULL AND COALESCE(l.city, l.zip, l.street) IS NOT NULL
    """
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _filter_not_waiting_for_place(self):
        """Those of these leads whose place is not looked up before they are assigned."""
        companies = self.company_id.filtered("dealer_geolocalize")
        if not companies:
            return self
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM dealer_crm_lead l WHERE l.id = ANY(%s) AND NOT %s",
                self.ids,
                self._get_waiting_for_place_condition(companies),
            )
        )
        return self.browse([lead_id for (lead_id,) in rows])

    @api.model
    def _get_waiting_for_place_condition(self, companies):
        """SQL condition on the lead ``l``: its place is looked up before it is assigned."""
        return SQL(
            "(l.company_id = ANY(%s) AND l.create_date > %s AND %s)",
            companies.filtered("dealer_geolocalize").ids,
            fields.Datetime.now() - timedelta(hours=PLACE_HOURS),
            PLACELESS,
        )

    @api.model
    def _cron_geolocalize(self):
        """Look up the places of leads, and of resellers whose address has no place."""
        self = self.sudo().with_context(lang="en_US", dealer_geocoder_limiter=RateLimiter())
        partners = self.env["res.partner"]
        records = [*self._get_placeless(), *partners._get_placeless(PLACE_BATCH)]
        seconds = self.env["ir.cron"]._commit_progress(remaining=len(records))
        refused = []
        for record in records:
            if not seconds:
                return
            try:
                place = partners._look_up_address(record)
            except UserError as error:
                refused.append(record)
                if len(refused) < PLACE_FAILURES:
                    continue
                _logger.warning("Places cannot be looked up now: %s", error)
                return
            record._set_place(place)
            # The service works, so an address that it refuses again is wrong.
            for other in refused:
                other._set_place(partners._look_up_address(other, ignore_refusal=True))
            seconds = self.env["ir.cron"]._commit_progress(1 + len(refused))
            refused = []
        if refused:
            _logger.warning("Places cannot be looked up now: %s requests refused", len(refused))
        elif records:
            self.env.ref("dealer_crm_resellers.ir_cron_assign_partners")._trigger()

    @api.model
    def _get_placeless(self):
        """A random batch of leads to look up, so that failing ones do not block the others."""
        companies = self.env["res.company"].search([("dealer_geolocalize", "=", True)])
        if not companies:
            return self.browse()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM dealer_crm_lead l
                 WHERE l.active AND l.won_status = 'pending' AND l.company_id = ANY(%s) AND %s
                 ORDER BY random() LIMIT %s
                """,
                companies.ids,
                PLACELESS,
                PLACE_BATCH,
            )
        )
        return self.browse([lead_id for (lead_id,) in rows])

    def _set_place(self, place):
        """Write the place found; with None, write 0/0 and the date, so that it is not tried again."""
        self.ensure_one()
        latitude, longitude = place or (0.0, 0.0)
        self._write_unchecked(
            {
                "partner_latitude": latitude,
                "partner_longitude": longitude,
                "date_localization": fields.Date.context_today(self),
            }
        )
