from odoo import api, models


class Website(models.Model):
    _inherit = "website"

    def get_suggested_controllers(self):
        return [
            *super().get_suggested_controllers(),
            (
                self.env._("Partners"),
                self.env["ir.http"]._url_for("/partners"),
                "dealer_crm_resellers_website",
            ),
        ]

    def _search_get_details(self, search_type, order, options):
        details = super()._search_get_details(search_type, order, options)
        if search_type in ("partners", "all"):
            details.append(self.env["res.partner"]._search_get_detail(self, order, options))
        return details

    @api.model
    def _get_slug(self, record):
        """Slug of a level or country, from its name in the website's default language.

        A page then has one URL after the prefix of each language, and links between its languages
        need no redirect.
        """
        lang = self.get_current_website().sudo().default_lang_id.code
        return self.env["ir.http"]._slug((record.id, record.sudo().with_context(lang=lang).name))
