"""Messages between the dealer and the reseller of a lead."""

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from odoo.addons.dealer_crm.text import text_to_html

MESSAGES = 50


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def message_post(self, **values):
        """Make a note of an e-mail by a former reseller, so that the next reseller does not read it."""
        if values.get("message_type") == "email" and self._is_of_former_reseller(values):
            values.update(
                subtype_xmlid="mail.mt_note",
                subtype_id=False,
                partner_ids=self.sudo().user_id.partner_id.ids,
            )
        return super().message_post(**values)

    def _is_of_former_reseller(self, values):
        """Whether the author of a message (dict of values) had this lead and no longer has it."""
        author = self.env["res.partner"].sudo().browse(values.get("author_id") or None)
        return author.commercial_partner_id in self.sudo()._get_former_resellers()

    def _get_former_resellers(self):
        """Companies that had this lead and no longer have it."""
        former = self.assignment_ids.partner_id.commercial_partner_id
        return former - self._get_portal_company()

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Give people of the reseller a link to their page of the lead."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals)
        company = self.sudo()._get_portal_company()
        if not company:
            return groups
        people = self.env["res.partner"].sudo()

        def is_reseller(data):
            return people.browse(data["id"]).commercial_partner_id == company

        url = f"{self.get_base_url()}/my/dealer/leads/{self.id}"
        button = {"has_button_access": True, "button_access": {"url": url}}
        return [["dealer_reseller", is_reseller, button], *groups]

    def _portal_post(self, given):
        """Write to the dealer.

        :param given: dict of what the browser sent
        """
        if not self.date_partner_accept:
            raise UserError(self.env._("Accept %(lead)s first.", lead=self._get_label()))
        text = self._read_portal_values(given, ("message",))["message"]
        if not text:
            raise UserError(self.env._("Write a message first."))
        self.message_post(
            body=text_to_html(text),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.env.user.partner_id.id,
            partner_ids=self.user_id.partner_id.ids,
        )

    def _get_portal_messages(self, lead):
        """List of dicts: the messages, without notes, since this partner got the lead; latest first.

        :param lead: dict of ``date_partner_assign`` and ``contact_name``
        """
        comment = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        messages = self.env["mail.message"].search_fetch(
            Domain("model", "=", self._name)
            & Domain("res_id", "=", self.id)
            & Domain("subtype_id", "=", comment)
            & Domain("is_internal", "=", False)
            & Domain("date", ">=", lead["date_partner_assign"]),
            ["author_id", "body", "date"],
            order="id desc",
            limit=MESSAGES,
        )
        messages.author_id.fetch(["name", "commercial_partner_id"])
        # Dates are whole seconds: leave out what the former reseller wrote in the second of the change.
        at_change = messages.filtered(lambda each: each.date == lead["date_partner_assign"])
        if at_change:
            former = self._get_former_resellers()
            messages -= at_change.filtered(
                lambda each: each.author_id.commercial_partner_id in former
            )
        return [
            {
                "author": message.author_id.name or lead["contact_name"] or "",
                "date": format_datetime(self.env, message.date, dt_format="short"),
                "body": message.body,
            }
            for message in messages
        ]
