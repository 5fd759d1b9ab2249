from odoo import api, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_by_leads(self):
        self.env["dealer.crm.lead"]._check_unused("product_id", self)
