"""Leads by e-mail: each company can have an address for them.

A mail to it becomes a lead, or goes to the open lead that its sender has. Replies go to their lead
by Odoo's own means. Bounces and loops are Odoo's, automatic replies are dropped here.
"""

import logging
import re

from odoo import api, models
from odoo.fields import Command, Domain
from odoo.tools import email_normalize, html2plaintext, parse_contact_from_email

from ..text import text_to_html
from .dealer_crm_lead_contact import MAX_FOUND
from .dealer_crm_text_mixin import MAX_CHAR, UNSTORABLE

_logger = logging.getLogger(__name__)

#: fields that an e-mail alias, or the caller of the mail gateway, may set on the new lead
MAIL_FIELDS = (
    "contact_name",
    "phone",
    "mobile",
    "street",
    "street2",
    "city",
    "zip",
    "state_id",
    "country_id",
    "product_id",
    "vehicle_model_text",
    "quantity",
    "expected_price",
    "tag_ids",
    "priority",
    "description",
    "date_deadline",
    "team_id",
)
#: senders that write for many customers
NO_REPLY = re.compile(r"(no|not|do[-_.]?not)[-_.]?reply")
#: most characters of a mail that are copied into the notes
MAX_NOTES = 20_000


def is_automatic_reply(message):
    """Whether a program answers in the name of a person, like an out-of-office message (RFC 3834).

    A portal's mail about a customer is made by a program, too, but is not an answer.

    :param email.message.EmailMessage message: the mail
    """
    submitted = (message.get("Auto-Submitted") or "").strip().lower()
    answers = bool(message.get("In-Reply-To") or message.get("References"))
    return (
        submitted.startswith("auto-replied")
        or (submitted.startswith("auto-generated") and answers)
        or (message.get("Precedence") or "").strip().lower() == "auto_reply"
        or (message.get("Return-Path") or "").strip() == "<>"
        or any(message.get(name) for name in ("X-Autoreply", "X-Autorespond"))
    )


def to_line(text):
    """``text`` as one line that can be stored in a field for one line."""
    return " ".join(UNSTORABLE.sub(" ", text or "").split())[:MAX_CHAR]


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Create a lead in the first stage from an e-mail and assign it like others that arrive.

        The sender becomes the contact, the subject the vehicle, the text the notes. Anybody can
        send an e-mail with a forged sender. Therefore only ``MAIL_FIELDS`` can be set, whatever the
        caller, the alias or the context says.
        """
        if leads := self._receive_mail(msg_dict):
            return leads[0]
        sender = to_line(msg_dict.get("email_from"))
        name, address = parse_contact_from_email(sender)
        given = custom_values if isinstance(custom_values, dict) else {}
        values = {name: given[name] for name in MAIL_FIELDS if name in given}
        if "tag_ids" in values:
            # Only link existing tags: a command could also change or create tags.
            values["tag_ids"] = [Command.set(self.new(values).tag_ids._origin.ids)]
        body = UNSTORABLE.sub(" ", msg_dict.get("body") or "")
        text = html2plaintext(body, include_references=False)
        lead = self._without_defaults().create(
            {
                "contact_name": name or address or sender,
                "email": address or sender,
                "vehicle_model_text": to_line(msg_dict.get("subject")),
                "description": text_to_html(text[:MAX_NOTES].strip()),
                **values,
                "user_id": False,
            }
        )
        lead._assign_arrivals()
        return lead

    @api.model
    def _receive_mail(self, msg_dict):
        """The leads of an e-mail in a format that an addon knows; the e-mail is kept on the first.

        Empty for any other e-mail. The addon calls ``_assign_arrivals`` on the new ones, and
        overrides ``_find_lead_of_mail``, since the sender is not the customer.
        """
        return self.browse()

    @api.model
    def _route_mail(self, message, message_dict, routes):
        """The ``routes`` of a mail; instead of a new lead, the sender's open one, or none at all.

        :param email.message.EmailMessage message: the mail
        :param list routes: tuples of (model, record id, values, user id, alias)
        """
        kept = []
        for model, thread_id, values, user_id, alias in routes or []:
            lead_id = thread_id
            if model == self._name and not thread_id:
                if self._is_no_inquiry(message, message_dict):
                    _logger.info(
                        "Ignored mail from %s with Message-Id %s: an automatic reply",
                        message_dict.get("email_from"),
                        message_dict.get("message_id"),
                    )
                    continue
                company = self._get_mail_company(alias, user_id)
                lead_id = self._find_lead_of_mail(message_dict, company).id
            kept.append((model, lead_id, values, user_id, alias))
        return kept

    @api.model
    def _is_no_inquiry(self, message, message_dict):
        """Whether the mail is an automatic reply, or comes from one of our own addresses."""
        sender = email_normalize(message_dict.get("email_from"))
        own = self.env["mail.alias.domain"].sudo()._find_aliases([sender] if sender else [])
        return bool(own) or is_automatic_reply(message)

    @api.model
    def _get_mail_company(self, alias, user_id=None):
        """The company whose address for leads is ``alias``, else that of the user; may be empty."""
        companies = self.env["res.company"].sudo()
        if alias:
            companies = companies.search([("dealer_lead_alias_id", "=", alias.id)], limit=1)
        return companies or self.env["res.users"].sudo().browse(user_id or []).company_id

    @api.model
    def _find_lead_of_mail(self, message_dict, company):
        """The newest open lead of the sender in ``company``; may be empty.

        Of the dealer's own people and of senders that write for many customers, each mail is
        another lead. Override this for mails that tell themselves whose they are.
        """
        leads = self.sudo().with_company(company).with_context(active_test=True).browse()
        sender = email_normalize(message_dict.get("email_from"))
        if not sender or NO_REPLY.fullmatch(sender.partition("@")[0]):
            return leads
        partners = self.env["res.partner"].sudo()
        partners = partners.search([("email_normalized", "=", sender)], limit=MAX_FOUND)
        if self._get_own_partners(partners):
            return leads
        of_sender = Domain("email_normalized", "=", sender)
        if partners:
            of_sender |= Domain("partner_id", "in", partners.ids)
        return leads.search(
            of_sender
            & Domain("company_id", "=", company.id)
            & Domain("won_status", "=", "pending"),
            order="id desc",
            limit=1,
        )

    @api.model
    def _detect_loop_sender_domain(self, email_from_normalized):
        """Find the sender's leads by the normalized address, which is indexed."""
        return [("email_normalized", "=", email_from_normalized)]
