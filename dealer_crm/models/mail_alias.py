import sys

from odoo import models
from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY


class MailAlias(models.Model):
    _inherit = "mail.alias"

    def _alias_bounce_incoming_email(self, message, message_dict, set_invalid=True):
        """Answer nothing after a conflict with another transaction: the e-mail is processed again.

        Odoo would tell the sender that the alias is wrong, and mark the alias as invalid.
        """
        conflicts = (ConcurrencyError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)
        if isinstance(sys.exc_info()[1], conflicts):
            return None
        return super()._alias_bounce_incoming_email(message, message_dict, set_invalid=set_invalid)
