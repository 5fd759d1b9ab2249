"""What runs in the background: the assignment of what is left."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH = 5000
EXPIRED_BATCH = 200
TRIES = 5
# A lead that nobody was found for is tried again after so many hours.
RETRY_HOURS = 24


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_assign_partners(self):
        """Withdraw what was not accepted in time, then assign what has no partner."""
        self = self.sudo()
        # What is wrong with the settings is no fault of a lead.
        self._get_radii()
        seconds = self.env["ir.cron"]._commit_progress(remaining=self._count_unassigned())
        failed = []
        while seconds and (count := self._retry(self._withdraw_expired, EXPIRED_BATCH, failed)):
            seconds = self.env["ir.cron"]._commit_progress(count)
        while seconds and (count := self._retry(self._assign_batch, BATCH)):
            seconds = self.env["ir.cron"]._commit_progress(count)
        self._find_orphans()._give_to_catch_all()

    @api.model
    def _find_orphans(self):
        """Leads that nobody was found for and that have no salesperson (any more)."""
        companies = self.env["res.company"].search([("dealer_catch_all_user_id", "!=", False)])
        return self.search(
            Domain("company_id", "in", companies.ids)
            & Domain("won_status", "=", "pending")
            & Domain("partner_assigned_id", "=", False)
            & Domain("user_id", "=", False)
            & (Domain("assignment_failure", "!=", False) | Domain("partner_spam", "=", True)),
            limit=BATCH,
        )

    @api.model
    def _retry(self, method, *arguments):
        """Call again, on fresh data, what lost against another transaction."""
        for _try in range(TRIES):
            try:
                result = method(*arguments)
                self.env.flush_all()
                return result
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
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
        leads._work_off("_assign_found")
        return len(leads)

    def _assign_found(self):
        self._assign_automatically(catch_all=True)

    def _work_off(self, method):
        """Call a method of these leads; where that fails, of as many of them as it can be.

        :return: list of the ids of those that fail by themselves: they are left alone until tomorrow
        """
        if not self:
            return []
        try:
            getattr(self, method)()
            self.env.flush_all()
            return []
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.warning("%s leads are now tried in parts", len(self), exc_info=True)
            self.env.cr.rollback()
            self.env.invalidate_all()
            return self._work_off_apart(method)

    def _work_off_apart(self, method):
        half = len(self) // 2
        failed = []
        for part in filter(None, (self[:half], self[half:])):
            try:
                with self.env.cr.savepoint():
                    getattr(part, method)()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                self.env.invalidate_all()
                if len(part) > 1:
                    failed += part._work_off_apart(method)
                    continue
                _logger.exception("Lead %s cannot be assigned: fix it", part.id)
                part._write_unchecked({"date_partner_attempt": fields.Datetime.now()})
                failed += part.ids
        return failed

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
        return SQL(
            """
            l.active AND l.partner_assigned_id IS NULL AND l.won_status = 'pending'
            AND l.company_id = ANY(%(companies)s) AND l.partner_spam IS NOT TRUE
            AND (l.date_partner_attempt IS NULL OR l.date_partner_attempt < %(retry)s)
            AND NOT %(waiting)s
            """,
            companies=companies.ids,
            retry=now - timedelta(hours=RETRY_HOURS),
            waiting=self._get_waiting_for_place_condition(companies),
        )
