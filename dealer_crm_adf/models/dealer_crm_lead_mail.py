"""E-mails with ADF in their body or in an attachment."""

from odoo import api, models
from odoo.tools import parse_contact_from_email

from ..adf import read_parts


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_adf_parts(self):
        """The parts of the e-mail being processed that are ADF, for ``_receive_adf``."""
        message = self.env["mail.thread"]._get_message()
        return read_parts(message) if message else []

    @api.model
    def _is_no_inquiry(self, message, message_dict):
        """An e-mail with ADF is an inquiry, even if its headers call it automatic."""
        if self._get_adf_parts():
            return False
        return super()._is_no_inquiry(message, message_dict)

    @api.model
    def _find_lead_of_mail(self, message_dict, company):
        """Find no lead for an e-mail with ADF: its sender is the portal, not the customer."""
        if self._get_adf_parts():
            return self.sudo().with_company(company).browse()
        return super()._find_lead_of_mail(message_dict, company)

    @api.model
    def _receive_mail(self, msg_dict):
        leads = super()._receive_mail(msg_dict)
        sender = msg_dict.get("email_from") or ""
        name, address = parse_contact_from_email(sender)
        for part in self._get_adf_parts():
            leads |= self._receive_adf(
                part.data,
                self.env.company,
                charset=part.charset,
                sender=(name or address or sender, address or sender),
                message_id=msg_dict.get("message_id") or "",
            )
        return leads
