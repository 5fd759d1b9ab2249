"""Leads whose partner is no longer a reseller."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from .dealer_crm_assignment import OPEN_STATES
from .dealer_crm_lead_assign import AGENT, MANAGER

# Leads named in one activity.
LISTED = 20


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _get_unarchived(self, vals):
        """The leads that this write takes from the archive; they count against the cap again."""
        return self.filtered(lambda lead: not lead.active) if vals.get("active") else self.browse()

    def _resume_assignments(self):
        """Check the assignments of leads that are open again; release those of former resellers.

        :raise UserError: when a partner has more open leads than its cap allows
        """
        leads = self.sudo().filtered(
            lambda lead: lead.partner_assigned_id and lead.won_status == "pending"
        )
        if leads:
            former = leads.filtered_domain(self._get_former_domain())
            former._release()
            (leads - former).partner_assigned_id._claim_lead_capacity()

    @api.model
    def _get_former_domain(self):
        """Domain of the leads whose partner is no longer a reseller.

        By hand, a lead may also be given to a contact that never had a level.
        """
        drawn = Domain("method", "=", "automatic") & Domain("state", "in", OPEN_STATES)
        return Domain("partner_assigned_id.active", "=", False) | (
            Domain("partner_assigned_id.dealer_level_id", "=", False)
            & Domain("assignment_ids", "any", drawn)
        )

    @api.model
    def _release_former(self, limit, failed):
        """Release open leads of former resellers.

        The end of a partnership releases the leads it sees, not those that another transaction was
        just assigning.

        :param list failed: ids of leads that this run skips; new failures are added
        :return: number of leads released
        """
        self = self.with_context(active_test=False)
        is_open = Domain("won_status", "=", "pending") & Domain("id", "not in", failed)
        # The partners first: their leads are found by an index.
        given = self._read_group(
            is_open & Domain("partner_assigned_id", "!=", False), ["partner_assigned_id"]
        )
        partners = self.env["res.partner"].search(
            Domain("id", "in", [partner.id for (partner,) in given])
            & (Domain("active", "=", False) | Domain("dealer_level_id", "=", False))
        )
        leads = self.search(
            is_open & Domain("partner_assigned_id", "in", partners.ids) & self._get_former_domain(),
            limit=limit,
            order="id",
        )
        leads = leads.try_lock_for_update()
        failed += leads._call_isolated("_release")
        return len(leads)

    def _release(self):
        """Unassign the leads of former resellers and tell the people responsible."""
        if not self:
            return
        for partner, leads in self.grouped("partner_assigned_id").items():
            for some in leads._split_by_language():
                some._note(
                    some.env._(
                        "%(partner)s is no longer a reseller: the lead is unassigned.",
                        partner=partner.display_name,
                    )
                )
        responsible = self.filtered("active")._group_by_responsible()
        names = {lead: lead.partner_assigned_id.display_name for lead in self}
        self.write({"partner_assigned_id": False})
        # The next run assigns them when automatic assignment is on.
        self._write_unchecked({"date_partner_attempt": False})
        self.env.ref("dealer_crm_resellers.ir_cron_assign_partners")._trigger()
        for user, leads in responsible.items():
            if user:
                leads.with_context(lang=user.lang)._schedule_unassigned_activity(user, names)

    def _group_by_responsible(self):
        """Dict of the leads by user: their salesperson, else their partner's, else a manager."""
        responsible = {}
        for (company, *users), leads in self.grouped(
            lambda lead: (lead.company_id, lead.user_id, lead.partner_assigned_id.user_id)
        ).items():
            user = next(
                (
                    user
                    for user in users
                    if user.active and company in user.company_ids and user.has_group(AGENT)
                ),
                None,
            ) or self._find_manager(company)
            responsible[user] = responsible.get(user, self.browse()) | leads
        return responsible

    def _find_manager(self, company):
        return self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(MANAGER).ids),
                ("company_ids", "in", company.ids),
                ("share", "=", False),
            ],
            order="id",
            limit=1,
        )

    def _schedule_unassigned_activity(self, user, names):
        """Schedule one activity for all these leads, on the first of them."""
        lines = [
            self.env._(
                "%(lead)s: was assigned to %(partner)s", lead=lead.display_name, partner=names[lead]
            )
            for lead in self[:LISTED]
        ]
        if more := len(self) - len(lines):
            lines.append(self.env._("… and %(count)s more", count=more))
        self[0].activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=fields.Date.context_today(self),
            summary=self.env._("Leads without a reseller: %(count)s", count=len(self)),
            note=Markup("<ul>%s</ul>")
            % Markup("").join(Markup("<li>%s</li>") % line for line in lines),
            user_id=user.id,
        )
