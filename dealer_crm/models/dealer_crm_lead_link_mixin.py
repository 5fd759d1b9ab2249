from odoo import models


class DealerCrmLeadLinkMixin(models.AbstractModel):
    """Rows of reports whose click opens their lead, the record of ``lead_id``."""

    _name = "dealer.crm.lead.link.mixin"
    _description = "Link to a Lead"

    def action_open_lead(self):
        """Open the lead of this row."""
        self.ensure_one()
        self.check_access("read")
        return self.lead_id.get_formview_action()
