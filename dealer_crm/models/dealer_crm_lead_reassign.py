"""Many leads to other salespeople at once: what a plan gives whom, and carrying it out."""

from collections import Counter

from odoo import api, models
from odoo.exceptions import AccessError

from ..turns import spread


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _plan_reassignment(self, user, team):
        """Dict of user to those of these open leads that the user has afterwards.

        :param user: who gets them all
        :param team: else the team over whose members they are spread: those who get new leads, as
            far as their *Most Open Leads* allow. Who has one of the leads keeps it within the share
        """
        if user:
            return {user: self} if self else {}
        members = self.env["crm.team.member"].union(
            *(self._get_turn_members(team, company) for company in self.company_id)
        )
        users = self.env["res.users"]
        if not members or not self:
            return {}
        open_counts = self._count_open_leads(members.user_id)
        own = Counter(lead.user_id.id for lead in self)
        limits = {}
        for member in members:
            limit = member.dealer_lead_capacity
            kept = own[member.user_id.id]
            remaining = max(limit - open_counts.get(member.user_id, 0) + kept, 0) if limit else None
            limits[member.user_id.id] = remaining
        leads = self.sorted("id")
        chosen = spread([(lead.id, lead.user_id.id) for lead in leads], limits)
        plan = leads.filtered(lambda lead: lead.id in chosen).grouped(lambda lead: chosen[lead.id])
        return {users.browse(user_id): plan[user_id] for user_id in limits if user_id in plan}

    @api.model
    def _count_open_leads(self, users):
        """Dict of user to the number of the user's open leads, of all companies."""
        stages = self.env["dealer.crm.stage"]._get_open_ids()
        domain = [("user_id", "in", users.ids), ("stage_id", "in", stages), ("active", "=", True)]
        return dict(self.sudo()._read_group(domain, ["user_id"], ["__count"]))

    @api.model
    def _reassign(self, plan, team):
        """Carry out a plan of ``_plan_reassignment`` with one write a user; tell each once."""
        if not self.env.user.has_group("dealer_crm.group_dealer_manager"):
            raise AccessError(
                self.env._("Only a Dealer Manager can give leads to somebody else: ask one.")
            )
        for user, leads in plan.items():
            changing = leads.filtered(
                lambda lead, user=user: lead.user_id != user or (team and lead.team_id != team)
            )
            if not changing:
                continue
            new = changing.filtered(lambda lead, user=user: lead.user_id != user)
            many = len(new) != 1
            values = {"user_id": user.id, **({"team_id": team.id} if team else {})}
            changing.with_context(mail_auto_subscribe_no_notify=many).write(values)
            if new and many and user != self.env.user:
                new._notify_salesperson(user)
