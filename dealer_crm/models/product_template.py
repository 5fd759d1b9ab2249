from odoo import api, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_by_leads(self):
        """The database deletes the variants with it."""
        variants = self.with_context(active_test=False).product_variant_ids
        self.env["dealer.crm.lead"]._check_unused("product_id", variants)
