from odoo import api, models

NOTIFY_BATCH = 50


class DealerCrmAssignment(models.Model):
    _inherit = "dealer.crm.assignment"

    @api.model
    def _cron_notify_partners(self):
        """Queue one e-mail to each partner about the leads it got since the last one."""
        self = self.sudo()
        seconds = self.env["ir.cron"]._commit_progress(remaining=self._count_to_notify())
        while seconds:
            partners = self._get_partners_to_notify()
            if not partners:
                break
            self._notify_partners(partners)
            seconds = self.env["ir.cron"]._commit_progress(len(partners))

    @api.model
    def _count_to_notify(self):
        return len(self._read_group([("to_notify", "=", True)], ["partner_id"]))

    @api.model
    def _get_partners_to_notify(self):
        groups = self._read_group([("to_notify", "=", True)], ["partner_id"], limit=NOTIFY_BATCH)
        return self.env["res.partner"].union(*(partner for (partner,) in groups))

    @api.model
    def _notify_partners(self, partners):
        rows = self.search(
            [("to_notify", "=", True), ("partner_id", "in", partners.ids)], order="id"
        ).try_lock_for_update(allow_referencing=True)
        template = self.env.ref("dealer_crm_resellers.mail_template_new_leads")
        for (company, partner), theirs in rows.grouped(
            lambda row: (row.company_id, row.partner_id)
        ).items():
            # A lead may have been closed or archived between.
            leads = theirs.lead_id.filtered(
                lambda lead, partner=partner: lead.active and lead.partner_assigned_id == partner
            )
            if partner.email and leads:
                template.with_context(dealer_leads=leads).with_company(company).send_mail(
                    partner.id, email_values={"auto_delete": True}
                )
        rows._write_past_rule({"to_notify": False})
