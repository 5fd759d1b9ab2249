"""Leads whose partner is no reseller any more."""

from markupsafe import Markup

from odoo import fields, models

from .dealer_crm_lead_assign import AGENT, MANAGER

LISTED = 20


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _get_returning(self, vals):
        """Those of these leads that come back to the board, where they count for their partner again."""
        return self.filtered(lambda lead: not lead.active) if vals.get("active") else self.browse()

    def _return_to_partners(self):
        """These leads are open again.

        :raise UserError: when their partner has as many as its cap allows
        """
        leads = self.sudo().filtered(
            lambda lead: lead.partner_assigned_id and lead.won_status == "pending"
        )
        if leads:
            gone = leads.filtered(lambda lead: not lead.partner_assigned_id.active)
            gone._release()
            (leads - gone).partner_assigned_id._claim_lead_capacity()

    def _release(self):
        """Take the leads from partners that are gone, and tell who looks after them."""
        if not self:
            return
        for partner, leads in self.grouped("partner_assigned_id").items():
            leads._note(
                self.env._(
                    "%(partner)s is no reseller any more: the lead is unassigned.",
                    partner=partner.display_name,
                )
            )
        caretakers = self.filtered("active")._group_by_caretaker()
        names = {lead: lead.partner_assigned_id.display_name for lead in self}
        self.write({"partner_assigned_id": False})
        # The next run assigns them, where that is switched on.
        self._write_unchecked({"date_partner_attempt": False})
        self.env.ref("dealer_crm_resellers.ir_cron_assign_partners")._trigger()
        for user, leads in caretakers.items():
            if user:
                leads.with_context(lang=user.lang)._ask_for_partners(user, names)

    def _group_by_caretaker(self):
        """Dict of the leads by user: their salesperson, else their partner's, else a manager."""
        caretakers = {}
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
            caretakers[user] = caretakers.get(user, self.browse()) | leads
        return caretakers

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

    def _ask_for_partners(self, user, names):
        """One activity about all of them, on the first."""
        lines = [
            self.env._(
                "%(lead)s: was with %(partner)s", lead=lead.display_name, partner=names[lead]
            )
            for lead in self[:LISTED]
        ]
        if more := len(self) - len(lines):
            lines.append(self.env._("… and %(count)s more", count=more))
        self[0].activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=fields.Date.context_today(self),
            summary=self.env._("Leads have no reseller any more: %(count)s", count=len(self)),
            note=Markup("<ul>%s</ul>")
            % Markup("").join(Markup("<li>%s</li>") % line for line in lines),
            user_id=user.id,
        )
