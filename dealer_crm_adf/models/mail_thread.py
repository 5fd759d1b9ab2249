from email.message import EmailMessage

from lxml import etree

from odoo import api, models

from odoo.addons.dealer_crm.models.dealer_crm_text_mixin import UNSTORABLE
from odoo.addons.dealer_crm.text import text_to_html

#: key in the context for the e-mail that is being processed
MESSAGE_KEY = "dealer_crm_adf_message"


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_parse_extract_payload(self, message, message_dict, save_original=False):
        """Read parts with an unknown encoding as UTF-8: Odoo would drop such an e-mail."""
        for part in message.walk():
            charset = part.get_content_charset()
            if charset and part.get_content_maintype() == "text" and not is_known(charset):
                part.set_param("charset", "utf-8")
        return super()._message_parse_extract_payload(message, message_dict, save_original)

    @api.model
    def _message_parse_extract_payload_postprocess(self, message, payload_dict):
        """Keep a body that cannot be parsed as HTML as text: Odoo would drop such an e-mail."""
        try:
            payload = super()._message_parse_extract_payload_postprocess(message, payload_dict)
        except etree.LxmlError:
            payload = {**payload_dict, "body": text_to_html(payload_dict["body"])}
        # Keep the class of the body, by which Odoo tells text from HTML.
        body = payload["body"]
        return {**payload, "body": type(body)(UNSTORABLE.sub(" ", body))}

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        return super(MailThread, self._with_message(message)).message_route(
            message, message_dict, model, thread_id, custom_values
        )

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        thread = self._with_message(message)
        return super(MailThread, thread)._message_route_process(message, message_dict, routes)

    def _with_message(self, message):
        """These records with the e-mail in the context: ``message_new`` gets only a summary."""
        return self.with_context(**{MESSAGE_KEY: message})

    @api.model
    def _get_message(self):
        """The e-mail that is being processed (``EmailMessage``); None if there is none."""
        message = self.env.context.get(MESSAGE_KEY)
        return message if isinstance(message, EmailMessage) else None


def is_known(charset):
    """Whether Python can decode texts in the encoding of this name."""
    try:
        return bool(b"x".decode(charset, "replace"))
    except (LookupError, ValueError):
        return False
