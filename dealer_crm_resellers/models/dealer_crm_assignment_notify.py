import logging

from odoo import api, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

NOTIFY_BATCH = 50

_logger = logging.getLogger(__name__)


class DealerCrmAssignment(models.Model):
    _inherit = "dealer.crm.assignment"

    @api.model
    def _cron_notify_partners(self):
        """Queue one e-mail to each partner about the leads assigned since its last one."""
        self.sudo()._tell_partners(Domain("to_notify", "=", True), "_send_new_leads")

    @api.model
    def _tell_partners(self, domain, method):
        """Call a method on the rows of ``domain`` for each company and partner, in batches.

        :param str method: takes the company and the partner; it must change the rows so that they
            leave the domain
        """
        count = len(self._read_group(domain, ["partner_id"]))
        seconds = self.env["ir.cron"]._commit_progress(remaining=count)
        last_id = 0
        while seconds:
            partners = self._get_partners_to_tell(domain, last_id)
            if not partners:
                break
            # The next run retries the partners that fail now.
            last_id = max(partners.ids)
            self._tell_batch(domain & Domain("partner_id", "in", partners.ids), method)
            seconds = self.env["ir.cron"]._commit_progress(len(partners))

    @api.model
    def _get_partners_to_tell(self, domain, last_id):
        waiting = self._search(domain).subselect(self._field_to_sql(self._table, "partner_id"))
        return (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("id", "in", waiting), ("id", ">", last_id)], order="id", limit=NOTIFY_BATCH)
        )

    @api.model
    def _tell_batch(self, domain, method):
        rows = self.search(domain, order="id").try_lock_for_update(allow_referencing=True)
        for (company, partner), theirs in rows.grouped(
            lambda row: (row.company_id, row.partner_id)
        ).items():
            try:
                with self.env.cr.savepoint():
                    getattr(theirs, method)(company, partner)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.exception(
                    "Reseller %s: an e-mail about its leads failed; the next run tries again",
                    partner.id,
                )

    def _send_new_leads(self, company, partner):
        rows = self._get_waiting(partner)
        if rows and partner.email_normalized:
            rows._get_new_leads_template(partner).with_company(company).send_mail(
                partner.id, email_values={"auto_delete": True}
            )
        self._write_unchecked({"to_notify": False})

    def _get_waiting(self, partner):
        """The rows that the partner can still answer.

        Leads that were answered, closed, archived or reassigned in the meantime are left out.
        """
        return self.filtered(
            lambda row: (
                row.state == "assigned"
                and row.lead_id.active
                and row.lead_id.won_status == "pending"
                and row.lead_id.partner_assigned_id == partner
            )
        )

    def _get_new_leads_template(self, partner):
        """The e-mail template about these rows, with their leads in its context."""
        return self.env.ref("dealer_crm_resellers.mail_template_new_leads").with_context(
            dealer_leads=self.lead_id
        )
