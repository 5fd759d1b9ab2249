from odoo import api, models

from .dealer_crm_guarded_mixin import MAIL, MAIL_KEY


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """What is made of an e-mail knows where it came from: the gateway works with ``sudo``, in
        the name of whoever the From names, and any user may call it with values of his own.
        """
        thread = self.with_context(**{MAIL_KEY: MAIL})
        return super(MailThread, thread)._message_route_process(message, message_dict, routes)
