from functools import partial

from odoo import api, models
from odoo.service.model import retrying

from .dealer_crm_guarded_mixin import MAIL, MAIL_KEY


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """Run again after a conflict with another transaction.

        Odoo does so for a call, but an incoming mail server would drop the e-mail.
        """
        process = partial(
            super().message_process,
            model,
            message,
            custom_values,
            save_original=save_original,
            strip_attachments=strip_attachments,
            thread_id=thread_id,
        )
        if self.env.context.get("default_fetchmail_server_id"):
            return retrying(process, self.env)
        return process()

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Mail for leads goes to the lead that its sender has, or is dropped."""
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        return self.env["dealer.crm.lead"]._route_mail(message, message_dict, routes)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Mark in the context that records are created from an e-mail, and for which company.

        The gateway runs with ``sudo`` as the user of the From address, and any user may call it
        with any values.
        """
        marked, thread_id = self.with_context(**{MAIL_KEY: MAIL}), False
        for route in routes or []:
            company = self.env["dealer.crm.lead"]._get_mail_company(route[4])
            thread = super(MailThread, marked.with_company(company))
            thread_id = thread._message_route_process(message, dict(message_dict), [route])
        return thread_id
