"""Who is at work: our own code, or an e-mail that anybody can send in anybody's name.

``sudo`` says neither: Odoo's mail gateway creates with it, in the name of whoever the From names.
"""

from odoo import SUPERUSER_ID, api, models

# Compared by identity, so that no context that came by RPC can hold one of them.
PROGRAM_KEY, PROGRAM = "bpo_crm_program", object()
MAIL_KEY, MAIL = "bpo_crm_mail", object()


def as_program(records):
    """``records`` for our own code."""
    return records.with_context(**{PROGRAM_KEY: PROGRAM})


def is_mail(env):
    return env.context.get(MAIL_KEY) is MAIL


def is_program(env):
    """Whether our own code is at work, or Odoo's superuser: installation, crons, a shell."""
    if env.context.get(PROGRAM_KEY) is PROGRAM:
        return True
    return env.uid == SUPERUSER_ID and not is_mail(env)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """What is made of an e-mail knows where it came from."""
        thread = self.with_context(**{MAIL_KEY: MAIL})
        return super(MailThread, thread)._message_route_process(message, message_dict, routes)
