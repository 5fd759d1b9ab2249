"""E-mails to resellers and salespeople, other than those about new leads."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.dealer_crm_resellers.models.dealer_crm_assignment import OPEN_STATES

#: how much of the time to accept has gone when the partner is reminded
REMIND_AFTER = 0.75
SUMMARY_DAYS = 7


class DealerCrmAssignment(models.Model):
    _inherit = "dealer.crm.assignment"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_remind_partners(self):
        """Remind resellers of leads to accept soon, and tell them which leads were withdrawn."""
        self = self.sudo()
        self._tell_partners(self._get_remind_domain(), "_send_reminder")
        self._tell_partners(Domain("to_tell_end", "=", True), "_send_withdrawn")

    @api.model
    def _cron_weekly_summary(self):
        """Send each reseller with open leads its summary, every seven days."""
        self = self.sudo()
        companies = self.env["res.company"].search([("dealer_weekly_summary", "=", True)])
        last = fields.Date.today() - timedelta(days=SUMMARY_DAYS)
        due = Domain("partner_id.dealer_date_summary", "=", False)
        due |= Domain("partner_id.dealer_date_summary", "<=", last)
        self._tell_partners(
            Domain("company_id", "in", companies.ids)
            & Domain("state", "in", OPEN_STATES)
            & Domain("lead_id.won_status", "=", "pending")
            & Domain("lead_id.active", "=", True)
            & due,
            "_send_summary",
        )

    @api.model
    def _get_remind_domain(self):
        companies = self.env["res.company"].search(
            [("dealer_accept_hours", ">", 0), ("dealer_notify_partners", "=", True)]
        )
        now = fields.Datetime.now()
        soon = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain(
                "date", "<=", now - timedelta(hours=company.dealer_accept_hours * REMIND_AFTER)
            )
            & Domain("date", ">", now - timedelta(hours=company.dealer_accept_hours))
            for company in companies
        )
        return (
            soon
            & Domain("state", "=", "assigned")
            & Domain("to_notify", "=", False)
            & Domain("date_remind", "=", False)
        )

    def _get_new_leads_template(self, partner):
        return self._get_template("new_leads", partner)

    def _send_reminder(self, company, partner):
        rows = self._get_waiting(partner)
        if rows and partner.email_normalized:
            rows._send(company, partner, "reminder")
        self._write_unchecked({"date_remind": fields.Datetime.now()})

    def _send_withdrawn(self, company, partner):
        # Meanwhile a lead may have come back to its partner.
        rows = self.filtered(lambda row: row.lead_id.partner_assigned_id != partner)
        if rows and partner.active and partner.email_normalized:
            rows._send(company, partner, "withdrawn")
        self._write_unchecked({"to_tell_end": False})

    def _send_summary(self, company, partner):
        if partner.email_normalized:
            self._send(company, partner, "summary", dealer_counts=self._count_week(partner))
        partner._write_unchecked({"dealer_date_summary": fields.Date.today()})

    def _send(self, company, partner, name, **values):
        self._get_template(name, partner).with_context(**values).with_company(company).send_mail(
            partner.id, email_values={"auto_delete": True}
        )

    def _get_template(self, name, partner):
        """The e-mail template for partners, with these rows in its context (list of dicts)."""
        leads = self.lead_id.with_context(lang=partner.lang)
        shown = {values["id"]: values for values in leads._get_portal_rows()}
        if name == "withdrawn":
            # Its template shows only names.
            for lead in leads:
                shown[lead.id]["name"] = lead._get_contact_label()
        base = self.lead_id.browse().get_base_url()
        for row in self:
            address = f"{base}/dealer/answer/{row._get_answer_token()}"
            shown[row.lead_id.id].update(
                accept_url=f"{address}?answer=accept", decline_url=f"{address}?answer=decline"
            )
        return self.env.ref(f"dealer_crm_resellers_portal.mail_template_{name}").with_context(
            dealer_leads=list(shown.values()), dealer_url=f"{base}/my/dealer/leads"
        )

    def _count_week(self, partner):
        """Dict of the numbers of a summary of these rows, the open ones of one partner."""
        waiting = self.filtered(lambda row: row.state == "assigned")
        since = fields.Datetime.now() - timedelta(days=SUMMARY_DAYS)
        closed = dict(
            self.env["dealer.crm.lead"]._read_group(
                Domain("partner_assigned_id", "=", partner.id)
                & Domain("company_id", "in", self.company_id.ids)
                & (Domain("date_won", ">=", since) | Domain("date_lost", ">=", since)),
                ["won_status"],
                ["__count"],
            )
        )
        return {
            "answer": len(waiting),
            "open": len(self - waiting),
            "won": closed.get("won", 0),
            "lost": closed.get("lost", 0),
        }

    def _tell_salespeople(self):
        """Tell the leads' salespeople, else the partners', how these assignments were answered."""
        template = self.env.ref("dealer_crm_resellers_portal.mail_template_answered")
        for row in self:
            user = row.lead_id.user_id or row.partner_id.user_id
            if user.active and not user.share and user.email_normalized and user != self.env.user:
                template.with_company(row.company_id).send_mail(
                    row.id, email_values={"auto_delete": True}
                )
