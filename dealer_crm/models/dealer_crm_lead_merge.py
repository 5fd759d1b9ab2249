"""Two walk-ins that are one person: the one lead stays, and gets all that the others have."""

from markupsafe import Markup

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date, is_html_empty

from .dealer_crm_lead_contact import ADDRESS_FIELDS
from .dealer_crm_lead_deal import TRADE_IN_DETAILS
from .dealer_crm_lead_first_contact import ANNOUNCEMENTS, ESCALATION

#: What is taken as a whole, if the lead that stays has nothing of it.
BLOCKS = (
    *(
        (name,)
        for name in (
            "partner_id",
            "contact_name",
            "phone",
            "mobile",
            "email",
            "user_id",
            "product_id",
            "vehicle_model_text",
            "expected_price",
            "date_deadline",
            "brand_id",
            "preferred_color",
            "time_frame",
            "financing_type",
            "down_payment",
            "source_id",
        )
    ),
    ADDRESS_FIELDS,
    ("budget_min", "budget_max"),
    ("has_trade_in", *TRADE_IN_DETAILS),
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _merge(self, others):
        """Move all that the leads ``others`` have to this lead, and delete them (managers)."""
        self.ensure_one()
        if not self.env.user.has_group("dealer_crm.group_dealer_manager"):
            raise AccessError(self.env._("Only a Dealer Manager can merge leads: ask one."))
        self.check_access("write")
        others.check_access("unlink")
        # Nobody sells or closes one of them meanwhile.
        (self | others)._claim()
        self._check_merge(others)
        others = others.sorted("id")
        self._write_unchecked(self._get_merge_counts(others))
        self.write(self._get_merge_values(others))
        note = self._get_merge_note(others)
        others._move_records(self)
        self._message_log(body=note)
        others.unlink()

    def _check_merge(self, others):
        """:raise UserError: if these leads cannot become one, saying which is why and what to do"""
        self.ensure_one()
        if not others:
            raise UserError(
                self.env._("There is no other lead to merge: select at least two in a list.")
            )
        for lead in self | others:
            if lead.won_status != "pending":
                raise UserError(
                    self.env._(
                        "%(lead)s is closed in %(stage)s: leave it out, or reopen it first.",
                        lead=lead._get_label(),
                        stage=lead.stage_id.name,
                    )
                )
            if lead.company_id != self.company_id:
                raise UserError(
                    self.env._(
                        "%(lead)s is of %(company)s: only leads of one company can be merged.",
                        lead=lead._get_label(),
                        company=lead.company_id.name,
                    )
                )
        for lead in others.filtered("bpo_source_lead_id"):
            if self.bpo_source_lead_id:
                raise UserError(
                    self.env._(
                        "%(lead)s and %(other)s both come from the BPO, which waits for the outcome"
                        " of each: mark one of them lost as a duplicate.",
                        lead=lead._get_label(),
                        other=self._get_label(),
                    )
                )
            raise UserError(
                self.env._(
                    "%(lead)s comes from the BPO, which waits for its outcome: let it be the lead"
                    " that stays.",
                    lead=lead._get_label(),
                )
            )

    def _get_merge_values(self, others):
        """The values that this lead lacks, from the first of ``others`` that has them (dict)."""
        values = {}
        for block in BLOCKS:
            donor = next((lead for lead in self | others if any(lead[n] for n in block)), self)
            if donor != self:
                values.update(donor._get_values(block))
        if "partner_id" in values:
            # The contact as it was entered stays, instead of the customer's.
            names = ("contact_name", "phone", "mobile", "email", *ADDRESS_FIELDS)
            values = {**self._get_values(name for name in names if self[name]), **values}
        values["tag_ids"] = [Command.link(tag.id) for tag in others.tag_ids - self.tag_ids]
        values["priority"] = max((self | others).mapped("priority"))
        texts = [text for text in (self | others).mapped("description") if not is_html_empty(text)]
        values["description"] = Markup("<hr/>").join(texts) if texts else False
        return values

    def _get_merge_counts(self, others):
        """The values that only the program sets, of this lead and ``others`` together (dict)."""
        both = self | others
        values = {"call_count": sum(both.mapped("call_count"))}
        contacts = [date for date in both.mapped("date_first_contact") if date]
        if contacts and not self.date_first_contact:
            contact = max(min(contacts), self.create_date)
            values["date_first_contact"] = contact
            if self.first_contact_deadline:
                values["response_minutes"] = self.company_id._count_working_minutes(
                    self.create_date, contact
                )
        return values

    def _get_values(self, names):
        """The values of the fields ``names``, as for ``write`` (dict)."""
        return self._convert_to_write({name: self[name] for name in names})

    def _get_merge_note(self, others):
        """What was merged, with the values of ``others`` that this lead does not have (``Markup``)."""
        names = [name for block in BLOCKS for name in block]
        names = [name for name in names if self._fields[name].type != "boolean"]
        lines = []
        for lead in others:
            differing = [name for name in names if lead[name] and lead[name] != self[name]]
            values = ", ".join(map(lead._show_value, differing))
            parts = filter(None, (lead._get_label(), values))
            lines.append(Markup("<br/>").join(parts))
        title = self.env._("Merged into this lead, which has their history. Other values they had:")
        return Markup("<p>%s</p><ul>%s</ul>") % (
            title,
            Markup().join(Markup("<li>%s</li>") % line for line in lines),
        )

    def _show_value(self, name):
        """``label: value`` of one field, for people."""
        field, value = self._fields[name], self[name]
        if field.relational:
            value = value.sudo().display_name
        elif field.type == "selection":
            value = dict(field._description_selection(self.env))[value]
        elif field.type == "monetary":
            value = format_amount(self.env, value, self.company_currency)
        elif field.type == "date":
            value = format_date(self.env, value)
        return f"{field._description_string(self.env)}: {value}"

    def _move_records(self, lead):
        """Move what belongs to these leads to ``lead``: sales, appointments, history and files."""
        if orders := self.sudo().sale_order_ids:
            orders._move_to_lead(lead)
        events = self.env["calendar.event"].sudo().with_context(active_test=False)
        events = events.search([("dealer_crm_lead_id", "in", self.ids)])
        if events:
            events.write({"dealer_crm_lead_id": lead.id, "res_id": lead.id})
        self._move_activities(lead)
        self._move_messages(lead)
        attachments = self.env["ir.attachment"].sudo()
        mine = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        attachments.search(mine).write({"res_id": lead.id})
        lead.message_subscribe(partner_ids=self.sudo().message_partner_ids.ids)

    def _move_activities(self, lead):
        """Move open and done activities to ``lead``; delete those that announce these leads."""
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        mine = activities.search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        types = [
            self.env["ir.model.data"]._xmlid_to_res_id(xml_id, raise_if_not_found=False)
            for xml_id in ANNOUNCEMENTS
        ]
        news = mine.filtered(lambda activity: activity.activity_type_id.id in types)
        news.unlink()
        (mine - news).write({"res_id": lead.id, "res_name": lead.display_name})
        if lead.date_first_contact:
            lead.sudo().activity_unlink([ESCALATION])

    def _move_messages(self, lead):
        """Move the chatter to ``lead``. Tracked stages become text, or they would count as its stages."""
        messages = self.env["mail.message"].sudo()
        messages = messages.search([("model", "=", self._name), ("res_id", "in", self.ids)])
        stage_field = self.env["ir.model.fields"]._get(self._name, self._track_duration_field)
        stages = messages.tracking_value_ids.filtered(lambda value: value.field_id == stage_field)
        for value in stages:
            message = value.mail_message_id
            names = (value.old_value_char or "", value.new_value_char or "")
            message.body = (message.body or Markup()) + Markup("<p>%s › %s</p>") % names
        stages.unlink()
        messages.write({"res_id": lead.id})
