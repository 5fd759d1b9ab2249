from odoo import models
from odoo.tools import SQL


class ResUsers(models.Model):
    _inherit = "res.users"

    def unlink(self):
        """Empty the users in the log of assignments, as a foreign key would."""
        users = self.ids
        result = super().unlink()
        log = self.env["dealer.crm.assignment"]
        log.flush_model(["user_id"])
        self.env.cr.execute(
            SQL("UPDATE dealer_crm_assignment SET user_id = NULL WHERE user_id = ANY(%s)", users)
        )
        log.invalidate_model(["user_id"], flush=False)
        return result
