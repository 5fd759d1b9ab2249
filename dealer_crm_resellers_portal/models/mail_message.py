from odoo import models
from odoo.fields import Domain

LEAD = "dealer.crm.lead"


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _get_search_domain_share(self):
        """Resellers read messages of a lead on its page, not here: see ``_get_forbidden_access``."""
        return super()._get_search_domain_share() & Domain("model", "!=", LEAD)

    def _get_forbidden_access(self, operation):
        """Forbid portal users to read or change messages of leads, whoever wrote them.

        Odoo lets authors and recipients rewrite a message, as HTML and for ever, and read with it how
        the lead is called today.
        """
        forbidden = super()._get_forbidden_access(operation)
        if self.env.user.share:
            forbidden |= self.browse(self.sudo().filtered_domain([("model", "=", LEAD)])._ids)
        return forbidden
