"""Who gets a lead that comes without a salesperson, and who is told of it.

A lead arrives when a BPO endorses it, with an e-mail, or with an import; and once more when its
salesperson is archived. ``_assign_arrivals`` is called at the end of each of these.
"""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

#: most leads of one batch that get activities and are named in a notice
MAX_ANNOUNCED = 20


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _assign_arrivals(self, former=None):
        """Give open leads to salespeople as their companies' settings say, and tell people.

        :param former: the archived salesperson, who leaves these leads (``res.users``)
        """
        # An import disables tracking; the new salesperson is told and follows nevertheless.
        leads = self._without_defaults().sudo().with_context(tracking_disable=False)
        leads = leads.filtered(lambda lead: lead.active and lead.won_status == "pending")
        for readable in leads._split_by_language():
            for company, arrived in readable.grouped("company_id").items():
                arrived.with_company(company)._assign_arrivals_of(company, former)

    def _assign_arrivals_of(self, company, former):
        rule = company.dealer_lead_assignment
        notes, chosen = dict.fromkeys(self.ids, ""), {}
        if rule == "customer":
            chosen = self._choose_customer_salespeople(notes)
        for team, leads in self._group_by_arrival_team().items():
            if rule == "team" and team:
                chosen.update(leads._choose_in_turn(team, notes))
            leads._give(team, chosen)
            leads.filtered(lambda lead: lead.id not in chosen)._announce(team)
        if former:
            left = self.env._(
                "%(user)s, the salesperson until now, was archived.", user=former.name
            )
            notes = {lead_id: f"{left} {note}".strip() for lead_id, note in notes.items()}
        noted = self.filtered(lambda lead: notes[lead.id])
        noted._message_log_batch(bodies={lead.id: notes[lead.id] for lead in noted})

    def _group_by_arrival_team(self):
        """Dict of team to these leads of one company: their own team, else the company's first."""
        if not all(lead.team_id for lead in self):
            own = Domain("company_id", "in", [False, self.company_id.id])
            teams = self.env["crm.team"].with_context(active_test=True).search(own)
            with_members = teams.filtered("crm_team_member_ids")
            default = (with_members or teams)[:1]
        return self.grouped(lambda lead: lead.team_id or default)

    def _choose_customer_salespeople(self, notes):
        """Dict of lead id to the salesperson of its customer, for leads where there is one.

        A lead without a customer belongs to the contact with its e-mail or number.
        """
        partners = self._find_partners_with_salesperson()
        chosen = {}
        for lead in self:
            firm = lead.partner_id.commercial_partner_id
            known = [lead.partner_id, firm] if lead.partner_id else partners.get(lead, [])
            for partner in known:
                user = partner.user_id
                if user and self._may_get(user, lead.company_id):
                    chosen[lead.id] = user
                    notes[lead.id] = self.env._(
                        "%(user)s is the salesperson of %(customer)s.",
                        user=user.name,
                        customer=partner.name,
                    )
                    break
            else:
                notes[lead.id] = self.env._("The customer has no salesperson.")
        return chosen

    def _find_partners_with_salesperson(self):
        """Dict of lead without a customer to the contacts with one of its numbers or its e-mail."""
        strangers = self.filtered(lambda lead: not lead.partner_id)
        keys = {lead: {*lead._get_numbers(), lead.email_normalized} - {False} for lead in strangers}
        values = sorted(set().union(*keys.values()))
        if not values:
            return {}
        same = Domain("phone_sanitized", "in", values) | Domain("email_normalized", "in", values)
        found = self.env["res.partner"].search(
            Domain("company_id", "in", [False, *self.company_id.ids])
            & Domain("user_id", "!=", False)
            & same,
            order="id",
        )
        found -= self._get_own_partners(found)
        return {
            lead: [
                partner
                for partner in found
                if {partner.phone_sanitized, partner.email_normalized} & wanted
            ]
            for lead, wanted in keys.items()
        }

    @api.model
    def _may_get(self, user, company):
        return self._is_salesperson(user) and company in user.sudo().company_ids

    @api.model
    def _get_turn_members(self, team, company):
        """The members of ``team`` who can get a new lead of ``company``."""
        return team.with_context(active_test=True).crm_team_member_ids.filtered(
            lambda member: not member.dealer_lead_optout
            and not member.user_id.is_out_of_office
            and self._may_get(member.user_id, company)
        )

    def _choose_in_turn(self, team, notes):
        """Dict of lead id to salesperson: the members of ``team`` in turn, as long as they may."""
        members = self._get_turn_members(team, self.company_id)
        capacities = {member.user_id.id: member.dealer_lead_capacity for member in members}
        turns = self.env["dealer.crm.lead.turn"]
        user_ids = turns._take(team, capacities, len(self)) if capacities else []
        chosen = {}
        leads = self.sorted("id")
        for lead, user_id in zip(leads, user_ids, strict=False):
            user = chosen[lead.id] = self.env["res.users"].browse(user_id)
            notes[lead.id] = self.env._(
                "%(user)s is next in turn in the team %(team)s.", user=user.name, team=team.name
            )
        for lead in leads[len(user_ids) :]:
            notes[lead.id] = self.env._(
                "Nobody in the team %(team)s can take a lead now.", team=team.name
            )
        turns._as_program().create(
            [
                {"team_id": team.id, "user_id": user.id, "lead_id": lead_id}
                for lead_id, user in chosen.items()
            ]
        )
        return chosen

    def _give(self, team, chosen):
        """Write the salespeople of the dict ``chosen``, with one write each."""
        nobody = self.env["res.users"]
        for user, leads in self.grouped(lambda lead: chosen.get(lead.id, nobody)).items():
            if not user:
                leads.filtered("user_id")._write_unchecked({"user_id": False})
                continue
            in_team = user in team.crm_team_member_ids.user_id
            values = {"user_id": user.id, **({"team_id": team.id} if in_team else {})}
            many = len(leads) > 1
            leads.with_context(mail_auto_subscribe_no_notify=many)._write_unchecked(values)
            if many:
                leads._notify_salesperson(user)

    def _notify_salesperson(self, user):
        """Tell ``user`` of these leads in one message; Odoo itself would send one for each."""
        leads = self.with_context(lang=user.lang)
        links = Markup().join(
            Markup("<li>%s (%s)</li>") % (lead._get_html_link(), lead.name)
            for lead in leads[:MAX_ANNOUNCED]
        )
        subject = leads.env._("%(count)s leads have been assigned to you", count=len(leads))
        leads[0].message_notify(
            partner_ids=user.partner_id.ids,
            subject=subject,
            body=Markup("<p>%s</p><ul>%s</ul>") % (subject, links),
            email_layout_xmlid="mail.mail_notification_layout",
        )

    def _announce(self, team):
        """Tell the people of ``team``, in the app, of these leads without a salesperson."""
        if not self or not team:
            return
        company = self.company_id
        users = team.with_context(active_test=True).crm_team_member_ids.user_id or team.user_id
        users = users.filtered(lambda user: self._may_get(user, company))
        if not users:
            return
        leads = self.sorted("id")
        if len(leads) <= MAX_ANNOUNCED:
            leads._insert_announcements(users)
        for user in users:
            named = leads.with_context(lang=user.lang)
            if len(leads) == 1:
                message = named.display_name
            else:
                message = named.env._("%(count)s leads", count=len(leads))
            user._bus_send(
                "dealer_crm.lead_arrived",
                {
                    "ids": leads[:MAX_ANNOUNCED].ids,
                    "title": named.env._("New leads without a salesperson"),
                    "message": message,
                },
            )

    def _insert_announcements(self, users):
        """Insert an activity of each user for each lead.

        Not by ``create``, which makes each user a follower, who would still get the messages of
        the lead when somebody else has taken it.
        """
        type_id = self._get_announcement_type_id()
        if not type_id:
            return
        self.env.execute_query(
            SQL(
                """
                INSERT INTO mail_activity (
                    res_model_id, res_model, res_id, res_name, activity_type_id, user_id, user_tz,
                    date_deadline, automated, active, create_uid, write_uid, create_date, write_date)
                SELECT %(model)s, %(name)s, l.id, l.display, %(type)s, u.id, u.tz,
                       %(today)s, TRUE, TRUE, %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM unnest(%(leads)s::int[], %(names)s::text[]) AS l(id, display),
                       unnest(%(users)s::int[], %(zones)s::text[]) AS u(id, tz)
                RETURNING id
                """,
                model=self.env["ir.model"]._get_id(self._name),
                name=self._name,
                type=type_id,
                today=fields.Date.context_today(self),
                uid=self.env.uid,
                now=self.env.cr.now(),
                leads=self.ids,
                names=self.mapped("display_name"),
                users=users.ids,
                zones=[user.tz or None for user in users],
            )
        )
        self.invalidate_recordset(["activity_ids"], flush=False)
        for user in users:
            user._bus_send(
                "mail.activity/updated", {"activity_created": True, "count_diff": len(self)}
            )

    @api.model
    def _get_announcement_type_id(self):
        return self.env["ir.model.data"]._xmlid_to_res_id(
            "dealer_crm.mail_activity_type_new_lead", raise_if_not_found=False
        )

    def _end_announcement(self, vals):
        """Delete the announcements of leads that get a salesperson or end by writing ``vals``."""
        ends = vals.get("user_id") or vals.get("won_status") in ("won", "lost")
        if not ends and vals.get("active", True):
            return
        waiting = self.filtered(lambda lead: not lead.user_id)
        if not waiting:
            return
        activities = (
            self.env["mail.activity"]
            .sudo()
            .search(
                Domain("res_model", "=", self._name)
                & Domain("res_id", "in", waiting.ids)
                & Domain("activity_type_id", "=", self._get_announcement_type_id())
            )
        )
        if activities:
            activities.user_id._bus_send("dealer_crm.lead_taken", {"ids": waiting.ids})
            activities.unlink()

    @api.model
    def _release_leads_of(self, users):
        """Give the open leads of ``users``, who have been archived, to others."""
        leads = self.with_context(active_test=True).search(
            Domain("user_id", "in", users.ids)
            & Domain("stage_id", "in", self.env["dealer.crm.stage"]._get_open_ids()),
            order="id",
        )
        for user, of_user in leads.grouped("user_id").items():
            of_user._assign_arrivals(user)

    def action_take(self):
        """Become the salesperson of these open leads; all or none.

        :raise UserError: naming who has taken a lead meanwhile
        """
        user = self.env.user
        if not self._is_salesperson(user):
            raise AccessError(
                self.env._("%(user)s cannot take leads: this needs a Dealer User.", user=user.name)
            )
        # Whoever comes second may not read the lead any more, but is told who has it.
        leads = self.sudo().exists().filtered(lambda lead: lead.company_id in self.env.companies)
        (self - leads).check_access("write")
        for lead in leads:
            if lead.user_id and lead.user_id != user:
                raise UserError(
                    self.env._(
                        "%(lead)s was taken by %(user)s.",
                        lead=lead._get_label(),
                        user=lead.user_id.name,
                    )
                )
            if lead.won_status != "pending":
                raise UserError(
                    self.env._("%(lead)s is closed: nothing to take.", lead=lead._get_label())
                )
        free = leads.filtered(lambda lead: not lead.user_id).with_env(self.env)
        # If somebody else takes a lead at the same moment, Odoo runs this call again; it then finds
        # who was first.
        return free.write({"user_id": user.id})
