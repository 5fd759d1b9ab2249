from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        """Open leads of a salesperson who is archived go to others."""
        leaving = (
            self.filtered("active") if "active" in vals and not vals["active"] else self.browse()
        )
        result = super().write(vals)
        if leaving:
            self.env["dealer.crm.lead"].sudo()._release_leads_of(leaving)
        return result
