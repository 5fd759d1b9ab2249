from odoo import api, models


class DealerCrmPartnerLevel(models.Model):
    _name = "dealer.crm.partner.level"
    _inherit = ["dealer.crm.partner.level", "website.published.mixin"]

    def _default_is_published(self):
        return True

    @api.depends("name")
    def _compute_website_url(self):
        result = super()._compute_website_url()
        for level in self.filtered("id"):
            level.website_url = f"/partners/level/{self.env['website']._get_slug(level)}"
        return result
