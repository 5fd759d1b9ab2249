"""The scheduled assignment of leads that have no partner."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH = 5000
WITHDRAWN_BATCH = 200
TRIES = 5
# Hours until a lead without a match is tried again.
RETRY_HOURS = 24


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_assign_partners(self):
        """Withdraw leads of former resellers and those not accepted in time; assign the unassigned."""
        self = self.sudo()
        # Fail here when the settings are invalid, before any lead is marked as failed.
        self._get_radii()
        seconds = self.env["ir.cron"]._commit_progress(remaining=self._count_unassigned())
        failed = []
        for withdraw in (self._release_former, self._withdraw_expired):
            while seconds and (count := self._retry(withdraw, WITHDRAWN_BATCH, failed)):
                seconds = self.env["ir.cron"]._commit_progress(count)
        while seconds and (count := self._retry(self._assign_batch, BATCH)):
            seconds = self.env["ir.cron"]._commit_progress(count)
        self._find_unattended()._assign_catch_all()

    @api.model
    def _find_unattended(self):
        """Leads without a match that have no salesperson, up to a batch."""
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
        """Call ``method``; retry it on fresh data after a conflict with another transaction.

        :return: its result; 0 after too many conflicts
        """
        for _try in range(TRIES):
            try:
                result = method(*arguments)
                self.env.flush_all()
                return result
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                self.env.invalidate_all()
        _logger.info("Too many conflicts with other transactions: the next run continues")
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
        leads._call_isolated("_assign_found")
        return len(leads)

    def _assign_found(self):
        self._assign_automatically(catch_all=True)

    def _call_isolated(self, method):
        """Call a method on these leads; when it fails, isolate the leads that make it fail.

        :return: list of ids of the leads that fail on their own; they wait a day for the next try
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
            _logger.warning(
                "A batch of %s leads failed: it is split to isolate the failing leads",
                len(self),
                exc_info=True,
            )
            self.env.cr.rollback()
            self.env.invalidate_all()
            return self._call_on_halves(method)

    def _call_on_halves(self, method):
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
                    failed += part._call_on_halves(method)
                    continue
                _logger.exception("Lead %s cannot be assigned: correct it", part.id)
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
        """SQL condition on the lead ``l``: it waits for automatic assignment."""
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
