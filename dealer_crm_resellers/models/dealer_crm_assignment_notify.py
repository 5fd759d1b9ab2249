import logging

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

NOTIFY_BATCH = 50

_logger = logging.getLogger(__name__)


class DealerCrmAssignment(models.Model):
    _inherit = "dealer.crm.assignment"

    @api.model
    def _cron_notify_partners(self):
        """Queue one e-mail to each partner about the leads it got since the last one."""
        self = self.sudo()
        seconds = self.env["ir.cron"]._commit_progress(remaining=self._count_to_notify())
        last_id = 0
        while seconds:
            partners = self._get_partners_to_notify(last_id)
            if not partners:
                break
            # Whoever cannot be told now is tried again by the next run.
            last_id = max(partners.ids)
            self._notify_partners(partners)
            seconds = self.env["ir.cron"]._commit_progress(len(partners))

    @api.model
    def _count_to_notify(self):
        return len(self._read_group([("to_notify", "=", True)], ["partner_id"]))

    @api.model
    def _get_partners_to_notify(self, last_id):
        waiting = self._search([("to_notify", "=", True)]).subselect("partner_id")
        return (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("id", "in", waiting), ("id", ">", last_id)], order="id", limit=NOTIFY_BATCH)
        )

    @api.model
    def _notify_partners(self, partners):
        rows = self.search(
            [("to_notify", "=", True), ("partner_id", "in", partners.ids)], order="id"
        ).try_lock_for_update(allow_referencing=True)
        for (company, partner), theirs in rows.grouped(
            lambda row: (row.company_id, row.partner_id)
        ).items():
            try:
                with self.env.cr.savepoint():
                    theirs._send_new_leads(company, partner)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.exception("Partner %s cannot be told of its leads", partner.id)

    def _send_new_leads(self, company, partner):
        # Meanwhile a lead may have been closed or archived, or its partner answered.
        leads = self.filtered(lambda row: row.state == "assigned").lead_id.filtered(
            lambda lead: lead.active
            and lead.won_status == "pending"
            and lead.partner_assigned_id == partner
        )
        if partner.email and leads:
            self.env.ref("dealer_crm_resellers.mail_template_new_leads").with_context(
                dealer_leads=leads
            ).with_company(company).send_mail(partner.id, email_values={"auto_delete": True})
        self._write_unchecked({"to_notify": False})
