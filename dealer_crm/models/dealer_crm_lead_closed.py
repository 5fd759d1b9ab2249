"""A lead that closes: what stays as it was reported, and what ends with the lead."""

from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .dealer_crm_lead_first_contact import ESCALATION

#: what was reported of a closed lead, and what it was worth
FROZEN_FIELDS = (
    "date_won",
    "date_lost",
    "lost_reason",
    "lost_notes",
    "partner_id",
    "product_id",
    "quantity",
    "expected_price",
    "company_id",
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _check_frozen_fields(self, vals):
        """Refuse other values of ``FROZEN_FIELDS`` for a closed lead, also to the superuser."""
        names = [name for name in FROZEN_FIELDS if name in vals]
        if not names:
            return
        for lead in self.filtered(lambda lead: lead.won_status != "pending"):
            for name in names:
                field = self._fields[name]
                new = field.convert_to_cache(vals[name], lead)
                if new != field.convert_to_cache(lead[name], lead):
                    raise UserError(
                        self.env._(
                            '%(lead)s is closed, so its "%(field)s" stays: a Dealer Manager'
                            " can reopen it first.",
                            lead=lead._get_label(),
                            field=field._description_string(self.env),
                        )
                    )

    @api.model
    def _check_unused(self, name, records):
        """Refuse to delete records that leads have in the field ``name``, archived leads too."""
        leads = self.sudo().with_context(active_test=False)
        if lead := leads.search([(name, "in", records.ids)], limit=1):
            raise UserError(
                self.env._(
                    "%(record)s cannot be deleted: it is the %(field)s of %(lead)s. Archive it"
                    " instead.",
                    record=lead[name].display_name,
                    field=self._fields[name]._description_string(self.env),
                    lead=lead._get_label(),
                )
            )

    def _split_untaken(self, vals):
        """Yield (leads, values to write): a person who moves an unassigned lead takes it."""
        user, free = self.env.user, self.browse()
        if "user_id" not in vals and not self._is_program() and not self._is_mail():
            free = self.filtered(lambda lead: not lead.user_id)
            if free and self._is_salesperson(user):
                companies = user.sudo().company_ids
                free = free.filtered(lambda lead: lead.company_id in companies)
            else:
                free = self.browse()
        if free:
            yield free, {**vals, "user_id": user.id}
        if rest := self - free:
            yield rest, vals

    def _end_activities(self):
        """Archive the open activities of these closed leads, with a note on each lead.

        A company's setting keeps them, except the reminder of a first contact, which nobody waits
        for any more.
        """
        leads = self.filtered(lambda lead: not lead.company_id.sudo().dealer_keep_activities)
        reminder_id = self.env["ir.model.data"]._xmlid_to_res_id(ESCALATION, False)
        reminders = Domain("activity_type_id", "=", reminder_id)
        activities = (
            self.env["mail.activity"]
            .sudo()
            .search(
                Domain("res_model", "=", self._name)
                & (
                    Domain("res_id", "in", leads.ids)
                    | (Domain("res_id", "in", self.ids) & reminders)
                )
                & Domain("active", "=", True),
                order="date_deadline, id",
            )
        )
        if not activities:
            return
        ended = defaultdict(list)
        for activity in activities:
            ended[activity.res_id].append(
                self.env._(
                    "%(activity)s (%(user)s, %(date)s)",
                    activity=activity.summary or activity.activity_type_id.name,
                    user=activity.user_id.name or "–",
                    date=format_date(self.env, activity.date_deadline),
                )
            )
        activities.action_archive()
        self.browse(ended)._message_log_batch(
            {
                lead_id: self.env._(
                    "Ended with the lead: %(activities)s", activities=", ".join(each)
                )
                for lead_id, each in ended.items()
            }
        )
