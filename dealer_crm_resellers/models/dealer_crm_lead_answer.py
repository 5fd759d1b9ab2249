"""A partner's answer to a lead: accepted, declined or expired. The portal calls these methods."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

REASON_LENGTH = 2000


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def action_accept_assignment(self):
        """Accept these leads for their partners. Leads accepted before keep their date.

        :raise AccessError: when the user is neither an agent of the leads nor their partner
        :raise UserError: when a lead is closed or has no partner
        """
        self._check_may_answer()
        self.sudo()._accept()
        return True

    def _accept(self):
        """Accept the leads that are not accepted yet.

        :return: those leads
        """
        waiting = self.filtered(lambda lead: not lead.date_partner_accept)
        if not waiting:
            return waiting
        now = fields.Datetime.now()
        waiting._write_unchecked({"date_partner_accept": now})
        rows = (
            self.env["dealer.crm.assignment"]
            .sudo()
            .search([("lead_id", "in", waiting.ids), ("state", "=", "assigned")])
        )
        rows._write_unchecked({"state": "accepted", "date_accept": now})
        for partner, leads in waiting.grouped("partner_assigned_id").items():
            leads._note(self.env._("%(partner)s accepted.", partner=partner.display_name))
        return waiting

    def action_decline_assignment(self, reason=None, contacted=False, spam=False):
        """Decline these leads for their partners and assign them to the next ones.

        :param str reason: why, in the partner's words
        :param bool contacted: whether the partner contacted the customer
        :param bool spam: the leads are spam and are not assigned again
        :raise AccessError: when the user is neither an agent of the leads nor their partner
        :raise UserError: when a lead is closed or has no partner
        """
        self._check_may_answer()
        self.sudo()._decline(reason, contacted, spam)
        return True

    def _decline(self, reason=None, contacted=False, spam=False):
        if reason is not None and not (isinstance(reason, str) and len(reason) <= REASON_LENGTH):
            raise ValidationError(
                self.env._(
                    "The reason for declining must be text of at most %(length)s characters.",
                    length=REASON_LENGTH,
                )
            )
        self._check_text(self.env._("Reason"), reason or "")
        for partner, theirs in self.grouped("partner_assigned_id").items():
            theirs._note(
                self.env._(
                    "%(partner)s declined (%(details)s). %(reason)s",
                    partner=partner.display_name,
                    details=self._get_decline_details(contacted, spam),
                    reason=reason or "",
                )
            )
        self._withdraw(
            "declined", decline_reason=reason, contacted=bool(contacted), spam=bool(spam)
        )
        if spam:
            self.partner_spam = True
            self._assign_catch_all()
        else:
            self._assign_automatically(catch_all=True)

    def action_open_decline(self):
        """Open the wizard that asks why the partner declines."""
        self.check_access("write")
        xml_id = "dealer_crm_resellers.dealer_crm_assignment_decline_action"
        return self._get_action(xml_id, default_lead_ids=self.ids)

    @api.model
    def _get_decline_details(self, contacted, spam):
        if spam:
            return self.env._("it is spam")
        if contacted:
            return self.env._("the customer was contacted")
        return self.env._("the customer was not contacted")

    def _check_may_answer(self):
        """Agents may answer for leads they may write, others for leads of their own company."""
        if self.env.user._is_internal():
            self.check_access("write")
            self.sudo()._check_answerable()
        else:
            self._check_is_assignee()._check_answerable()

    def _check_is_assignee(self):
        """Check that these leads are assigned to the user's company; return them with ``sudo``.

        :raise AccessError: the same one for leads of others, archived leads and no leads
        """
        found = (
            self.sudo()
            .with_context(active_test=True)
            .search(self._get_assignee_domain() & Domain("id", "in", self.ids))
        )
        if not self or set(found.ids) != set(self.ids):
            raise AccessError(self.env._("You can only answer for leads assigned to your company."))
        return self.sudo()

    @api.model
    def _get_assignee_domain(self):
        """Domain of the leads assigned to the user's company.

        It names the partners, because PostgreSQL estimates a join with them badly.
        """
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        company = self.env.user.commercial_partner_id
        people = partners.search([("commercial_partner_id", "=", company.id)], order="id")
        return Domain("partner_assigned_id", "in", people.ids)

    def _check_answerable(self):
        self._check_open()
        for lead in self.filtered(lambda lead: not lead.partner_assigned_id):
            raise UserError(
                self.env._("%(lead)s has no reseller: assign it first.", lead=lead._get_label())
            )

    def _withdraw(self, state, **answer):
        """Withdraw the leads from their partners and exclude these from further draws.

        :param state: the log row's new state, 'declined' or 'expired'
        """
        self._end_assignments(state, **answer)
        self.flush_recordset(["partner_assigned_id", "partner_declined_ids"])
        self.env.cr.execute(
            """
            INSERT INTO dealer_crm_lead_declined_partner_rel (lead_id, partner_id)
            SELECT id, partner_assigned_id FROM dealer_crm_lead
             WHERE id = ANY(%s) AND partner_assigned_id IS NOT NULL
                ON CONFLICT DO NOTHING
            """,
            [self.ids],
        )
        self.invalidate_recordset(["partner_declined_ids"], flush=False)
        self.write({"partner_assigned_id": False})

    def _note(self, text):
        self._message_log_batch(dict.fromkeys(self.ids, text))

    @api.model
    def _withdraw_expired(self, limit, failed):
        """Withdraw leads that were not accepted in time and assign them to the next partners.

        :param list failed: ids of leads that this run skips; new failures are added
        :return: number of leads withdrawn
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.id FROM dealer_crm_assignment a
                  JOIN dealer_crm_lead l ON l.id = a.lead_id
                  JOIN res_company c ON c.id = l.company_id
                 WHERE a.state = 'assigned' AND c.dealer_accept_hours > 0
                   AND a.date < now() AT TIME ZONE 'UTC'
                                - make_interval(hours => c.dealer_accept_hours)
                   AND l.active AND l.won_status = 'pending' AND l.date_partner_accept IS NULL
                   AND l.id != ALL(%s)
                 ORDER BY a.date LIMIT %s
                   FOR NO KEY UPDATE OF l SKIP LOCKED
                """,
                failed,
                limit,
            )
        )
        leads = self.browse([lead_id for (lead_id,) in rows])
        failed += leads._call_isolated("_expire")
        return len(leads)

    def _expire(self):
        for partner, theirs in self.grouped("partner_assigned_id").items():
            for some in theirs._split_by_language():
                some._note(
                    some.env._("%(partner)s did not accept in time.", partner=partner.display_name)
                )
        self._withdraw("expired")
        self._assign_automatically(catch_all=True)
