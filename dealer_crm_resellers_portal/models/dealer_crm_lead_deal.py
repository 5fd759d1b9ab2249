"""Deals that resellers register themselves, and their protection."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from odoo.addons.dealer_crm.text import text_to_html
from odoo.addons.dealer_crm_resellers.models.dealer_crm_lead_assign import MANAGER

DEAL_VALUES = (
    "contact_name",
    "phone",
    "email",
    "street",
    "city",
    "zip",
    "vehicle_model_text",
    "expected_price",
    "date_deadline",
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    deal_state = fields.Selection(
        [("to_confirm", "To Confirm"), ("confirmed", "Confirmed")],
        "Reseller's Deal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="Registered by its reseller; one to confirm cannot be won.",
    )
    date_protected = fields.Date(
        "Protected Until",
        readonly=True,
        copy=False,
        help="Until this day the deal stays its reseller's, and no other reseller registers a deal"
        " with the same phone or e-mail, even if this one is lost.",
    )

    def action_confirm_deal(self):
        """Confirm what resellers registered (managers)."""
        self.check_access("write")
        self.env["res.partner"]._check_dealer_manager(self.env._("confirm resellers' deals"))
        self.filtered(lambda lead: lead.deal_state == "to_confirm")._write_unchecked(
            {"deal_state": "confirmed"}
        )
        return True

    def _get_won_blockers(self):
        blockers = super()._get_won_blockers()
        for lead in self:
            if lead.deal_state == "to_confirm":
                blockers[lead].append(
                    self.env._("A Dealer Manager has not confirmed this deal yet.")
                )
        return blockers

    def _get_steps(self, orders, asked):
        """Add a step to a reseller's deal: its confirmation, with a button for managers."""
        steps = super()._get_steps(orders, asked)
        if self.deal_state:
            waits = self.deal_state == "to_confirm"
            may = waits and self.env.user.has_group(MANAGER)
            steps.append(
                {
                    "key": "deal",
                    "label": self.env._("Deal confirmed"),
                    "done": not waits,
                    "text": self.env._("a Dealer Manager confirms it") if waits else "",
                    "method": "action_confirm_deal" if may else None,
                    "ask": False,
                }
            )
        return steps

    def _end_before_change(self):
        """Refuse to withdraw a protected deal from its reseller, except to managers."""
        protected = self.filtered(lambda lead: lead._is_protected())[:1]
        if protected and not self.env.user.has_group(MANAGER):
            raise UserError(
                self.env._(
                    "%(lead)s is the deal of %(reseller)s, protected until %(date)s: ask a Dealer"
                    " Manager to assign it to somebody else.",
                    lead=protected._get_label(),
                    reseller=protected.sudo().partner_assigned_id.display_name,
                    date=format_date(self.env, protected.date_protected),
                )
            )
        return super()._end_before_change()

    def _release(self):
        self._end_protection()
        return super()._release()

    def _is_protected(self):
        return bool(self.date_protected and self.date_protected >= fields.Date.today())

    def _end_protection(self):
        self.filtered("date_protected")._write_unchecked({"date_protected": False})

    @api.model
    def _portal_register(self, given):
        """Create the lead that the user's company registers, assigned to it and accepted.

        :param given: dict of what the browser sent
        :raise UserError: without an active level, or where a lead that is open, or protected for
            another reseller, has the number or e-mail
        """
        reseller = self.env["res.partner"]._find_portal_reseller()
        if not reseller:
            raise UserError(
                self.env._("Only active resellers register deals: ask your dealer for a level.")
            )
        values = self._read_portal_values(given, DEAL_VALUES)
        if not values["contact_name"]:
            raise UserError(self.env._("Enter the customer's name."))
        if not values["phone"] and not values["email"]:
            raise UserError(self.env._("Enter the customer's phone or e-mail."))
        company = reseller.company_id or self.env.user.company_id
        leads = self.sudo().with_company(company)
        # Of two at the same time, the second fails to serialise, is retried, and sees the first.
        self.env.cr.execute(
            "UPDATE res_company SET write_date = write_date WHERE id = %s", [company.id]
        )
        if leads._is_known(values):
            raise UserError(
                self.env._("Your dealer already knows a customer with this phone or e-mail.")
            )
        salesperson = reseller.user_id.filtered(self._is_salesperson)
        plan = self.env["dealer.crm.commission.plan"].sudo()._get_of_partner(reseller, company)
        days = plan.protection_days
        tag = self.env.ref("dealer_crm_resellers_portal.tag_reseller_deal", False)
        lead = leads._as_program().create(
            {
                **values,
                "company_id": company.id,
                "user_id": salesperson.id if company in salesperson.company_ids else False,
                "tag_ids": [Command.link(tag.id)] if tag else [],
                "partner_assigned_id": reseller.id,
                "date_protected": days and fields.Date.today() + timedelta(days=days),
                "deal_state": "to_confirm" if company.dealer_confirm_deals else "confirmed",
            }
        )
        lead = lead.with_env(leads.env)
        lead._accept()
        lead._ask_to_confirm()
        return lead

    @api.model
    def _is_known(self, values):
        """Whether a lead of the company has the phone or e-mail of these values.

        It counts while it is open, or protected for another reseller than the user's.
        """
        protected = Domain("date_protected", ">=", fields.Date.today())
        contact = {name: values[name] for name in ("phone", "email") if values[name]}
        lead = self.new({**contact, "company_id": self.env.company.id})
        return bool(
            self.search_count(
                lead._get_duplicate_domain()
                & (
                    Domain("won_status", "=", "pending")
                    | (protected & ~self._get_assignee_domain())
                )
                & Domain("active", "=", True),
                limit=1,
            )
        )

    def _ask_to_confirm(self):
        manager = self._get_manager() if self.deal_state == "to_confirm" else None
        if manager:
            reseller = self.partner_assigned_id.display_name
            env = self.with_context(lang=manager.lang).env
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.context_today(self),
                summary=env._("Confirm a reseller's deal"),
                note=text_to_html(env._("%(reseller)s registered it.", reseller=reseller)),
                user_id=manager.id,
            )
