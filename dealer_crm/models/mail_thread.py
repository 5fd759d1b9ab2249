from odoo import api, models

from .dealer_crm_guarded_mixin import MAIL, MAIL_KEY


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Mark in the context that records are created from an e-mail.

        The gateway runs with ``sudo`` as the user of the From address, and any user may call it
        with any values.
        """
        thread = self.with_context(**{MAIL_KEY: MAIL})
        return super(MailThread, thread)._message_route_process(message, message_dict, routes)
