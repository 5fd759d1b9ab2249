"""Tell apart our own code and an incoming e-mail, which anybody can send with a forged sender.

``sudo`` does not: Odoo's mail gateway creates records with it, as the user of the From address.
"""

from odoo import SUPERUSER_ID, api, models

# Compared by identity, so that no context sent over RPC can contain one of them.
PROGRAM_KEY, PROGRAM = "bpo_crm_program", object()
MAIL_KEY, MAIL = "bpo_crm_mail", object()


def as_program(records):
    """``records`` with the guard on their fields lifted, for our own code."""
    return records.with_context(**{PROGRAM_KEY: PROGRAM})


def is_mail(env):
    return env.context.get(MAIL_KEY) is MAIL


def is_program(env):
    """Whether our own code or Odoo's superuser is running (installation, crons, a shell)."""
    if env.context.get(PROGRAM_KEY) is PROGRAM:
        return True
    return env.uid == SUPERUSER_ID and not is_mail(env)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Mark in the context that records are created from an e-mail."""
        thread = self.with_context(**{MAIL_KEY: MAIL})
        return super(MailThread, thread)._message_route_process(message, message_dict, routes)
