from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._claim_leads()
        return partials

    def unlink(self):
        self._claim_leads()
        return super().unlink()

    def _claim_leads(self):
        (self.debit_move_id | self.credit_move_id).move_id._claim_leads()
