"""The clock of a lead, from its arrival to the first contact with the customer."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column, table_exists

#: types of the messages that people write; the program's have other types
PERSONAL_MESSAGES = ("comment", "email_outgoing")
ESCALATION = "dealer_crm.mail_activity_type_first_contact"
#: types of the activities that announce a lead: done, they are no contact
ANNOUNCEMENTS = (ESCALATION, "dealer_crm.mail_activity_type_new_lead")
ESCALATION_BATCH = 100


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    date_first_contact = fields.Datetime("First Contact", readonly=True, copy=False)
    first_contact_deadline = fields.Datetime(
        "Contact By",
        compute="_compute_first_contact_deadline",
        store=True,
        precompute=True,
        help="Arrival and the minutes of the team or the company, in the company's working hours.",
    )
    date_escalated = fields.Datetime(
        "Escalated On",
        readonly=True,
        copy=False,
        help="When the team leader was told that the first contact is overdue.",
    )
    response_minutes = fields.Float(
        "Response Time (minutes)",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="From the arrival to the first contact, in the company's working hours.",
    )

    # The leads that wait, for the filter and for the cron.
    _waiting_idx = models.Index(
        "(date_escalated, first_contact_deadline) WHERE first_contact_deadline IS NOT NULL"
        " AND date_first_contact IS NULL AND won_status = 'pending' AND active IS TRUE"
    )

    # The leads of some weeks or months, for the reports and the Overview.
    _arrival_idx = models.Index("(create_date) WHERE active IS TRUE")

    def _auto_init(self):
        """Leads that are there already get no deadline: add the column before Odoo fills it."""
        cr, name = self.env.cr, "first_contact_deadline"
        if table_exists(cr, self._table) and not column_exists(cr, self._table, name):
            create_column(cr, self._table, name, self._fields[name].column_type[1])
        return super()._auto_init()

    @api.depends("team_id", "company_id")
    def _compute_first_contact_deadline(self):
        """Start the clock of new leads; another team's limit counts from the arrival, too.

        A lead without a deadline never gets one later, and none changes after the first contact.
        """
        known = {}
        for lead in self:
            deadline = lead._origin.first_contact_deadline
            if not lead._origin or (deadline and not lead.date_first_contact):
                arrival = (lead.create_date or self.env.cr.now()).replace(microsecond=0)
                minutes = lead._get_first_contact_minutes()
                key = (lead.company_id, arrival, minutes)
                if key not in known:
                    known[key] = minutes and lead.company_id._add_working_minutes(arrival, minutes)
                deadline = known[key]
            lead.first_contact_deadline = deadline

    def _get_first_contact_minutes(self):
        return (
            self.team_id.dealer_first_contact_minutes
            or self.company_id.dealer_first_contact_minutes
        )

    def _register_first_contact(self):
        """Stamp the open leads whose customer the current user contacts now, for the first time.

        Only a person of the dealer counts: not the program, nor a portal user, nor an e-mail's
        sender.
        """
        user = self.env.user
        if user.id == SUPERUSER_ID or not user._is_internal() or self._is_mail():
            return
        now = fields.Datetime.now()
        waiting = self.sudo().filtered(
            lambda lead: not lead.date_first_contact and lead.won_status == "pending"
        )
        for lead in waiting:
            vals = {"date_first_contact": now}
            if lead.first_contact_deadline:
                vals["response_minutes"] = lead.company_id._count_working_minutes(
                    lead.create_date, now
                )
            lead._write_unchecked(vals)
        waiting.filtered("date_escalated").activity_unlink([ESCALATION])

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        for lead in self:
            if self._is_personal_mail(message, recipients, lead.partner_id, lead.email_normalized):
                lead._register_first_contact()
        return recipients

    @api.model
    def _is_personal_mail(self, message, recipients, partner, email):
        """Whether a person's message goes to ``partner`` or the address ``email``, by e-mail.

        :param recipients: as returned by ``_notify_thread``
        """
        return message.sudo().message_type in PERSONAL_MESSAGES and any(
            (partner and data["id"] == partner.id) or (email and data["email_normalized"] == email)
            for data in recipients
            if data["notif"] == "email"
        )

    @api.model
    def _cron_escalate(self):
        """Tell the team leaders, once for each lead, that its first contact is overdue."""
        commit = self.env["ir.cron"]._commit_progress
        seconds = commit(remaining=self._count_overdue())
        while seconds and (count := self._escalate_batch(ESCALATION_BATCH)):
            seconds = commit(count)

    @api.model
    def _get_overdue_condition(self):
        return SQL(
            "first_contact_deadline < %s AND first_contact_deadline IS NOT NULL"
            " AND date_first_contact IS NULL AND won_status = 'pending' AND active IS TRUE"
            " AND date_escalated IS NULL",
            fields.Datetime.now(),
        )

    @api.model
    def _count_overdue(self):
        self.flush_model()
        condition = self._get_overdue_condition()
        [[count]] = self.env.execute_query(
            SQL("SELECT count(*) FROM dealer_crm_lead WHERE %s", condition)
        )
        return count

    @api.model
    def _escalate_batch(self, limit):
        """Tell about up to ``limit`` leads that no other transaction works on; return how many."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM dealer_crm_lead WHERE %s ORDER BY first_contact_deadline"
                " LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
                self._get_overdue_condition(),
                limit,
            )
        )
        leads = self.browse(lead_id for (lead_id,) in rows)
        leads._write_unchecked({"date_escalated": fields.Datetime.now()})
        for leader, group in leads.grouped(lambda lead: lead.team_id.user_id).items():
            if leader.active and not leader.share:
                group._tell_leader(leader)
        return len(leads)

    def _tell_leader(self, leader):
        """Give the leader one activity for each of these leads that the leader may open."""
        theirs = self.with_user(leader).with_context(
            allowed_company_ids=leader.company_ids.ids, lang=leader.lang
        )
        self.browse(theirs._filtered_access("read").ids).with_context(
            mail_activity_quick_update=True
        ).activity_schedule(
            ESCALATION,
            summary=theirs.env._("Nobody has contacted the customer in time"),
            user_id=leader.id,
        )
