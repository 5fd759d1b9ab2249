from odoo import api, fields, models
from odoo.fields import Domain

IMAGE = "/web/image/res.partner/%s/%s"


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "website.searchable.mixin"]

    dealer_reference_ids = fields.Many2many(
        "res.partner",
        "dealer_crm_partner_reference_rel",
        "partner_id",
        "reference_id",
        "References",
        domain="[('is_company', '=', True), ('id', '!=', id)]",
        groups="dealer_crm.group_dealer_user",
        help="Customers to show on its page. Only published ones are shown.",
    )

    _dealer_published_idx = models.Index(
        "(dealer_level_id) WHERE is_published AND active AND dealer_level_id IS NOT NULL"
    )

    @api.depends("name", "seo_name")
    def _compute_website_url(self):
        """Use the name, not the display name, which contains the employer; the page does not show it."""
        saved = self.filtered("id")
        result = super(ResPartner, self - saved)._compute_website_url()
        for partner in saved:
            partner.website_url = self._get_page_url(partner.id, partner.seo_name or partner.name)
        return result

    @api.model
    def _get_managed_fields(self):
        """Add the publication, so that no e-mail publishes a partner."""
        names = super()._get_managed_fields()
        return names | {"is_published"} if self._is_mail() else names

    @api.model
    def _get_page_url(self, partner_id, name):
        return f"/partners/{self.env['ir.http']._slug((partner_id, name or ''))}"

    @api.model
    def _get_published_domain(self, website):
        """Domain of the published companies that ``website`` may show; of resellers, those whose
        level is published.
        """
        return (
            Domain("active", "=", True)
            & Domain("is_published", "=", True)
            & Domain(website.website_domain())
            & Domain("company_id", "in", (False, website.sudo().company_id.id))
            & (Domain("is_company", "=", True) | Domain("parent_id", "=", False))
            & (
                Domain("dealer_level_id", "=", False)
                | Domain("dealer_level_id.active", "=", True)
                & Domain("dealer_level_id.is_published", "=", True)
            )
        )

    @api.model
    def _get_public_reseller_domain(self, website):
        """Domain of the partners that ``/partners`` shows to everybody.

        Search it with `sudo`, because visitors may read neither levels nor partners; then show only
        the fields of the page.
        """
        return self._get_published_domain(website) & Domain("dealer_level_id", "!=", False)

    def _is_public_reseller(self, website):
        self.ensure_one()
        return bool(self.sudo().filtered_domain(self._get_public_reseller_domain(website)))

    def _get_reasons_not_public(self, website):
        """List of reasons, as sentences for editors, why visitors do not see this partner's page."""
        self.ensure_one()
        partner = self.sudo()
        level = partner.dealer_level_id
        checks = [
            (not partner.active, self.env._("It is archived.")),
            (
                not partner.is_published,
                self.env._("It is not published: use the switch above the page."),
            ),
            (not level, self.env._("It has no level: choose one on its form.")),
            (
                level and not (level.active and level.is_published),
                self.env._('Its level "%(level)s" is not published.', level=level.name),
            ),
            (
                not partner.is_company and partner.parent_id,
                self.env._("It is a contact of a company, and only companies have a page."),
            ),
            (
                partner.website_id and partner.website_id != website,
                self.env._("It belongs to another website."),
            ),
            (
                partner.company_id and partner.company_id != website.sudo().company_id,
                self.env._("It belongs to another company than this website."),
            ),
        ]
        return [sentence for applies, sentence in checks if applies]

    def _can_return_content(self, field_name=None, access_token=None):
        """Show a reseller's pictures only when its page is public, not when it is just published."""
        partner = self.sudo()
        website = self.env["website"].get_current_website()
        if not partner.active or (
            partner.dealer_level_id and not partner._is_public_reseller(website)
        ):
            return False
        return super()._can_return_content(field_name, access_token)

    def _default_website_meta(self):
        meta = super()._default_website_meta()
        graph, card = meta["default_opengraph"], meta["default_twitter"]
        summary = self.website_short_description
        if summary:
            meta["default_meta_description"] = summary
            graph["og:description"] = card["twitter:description"] = summary
        if self.image_512:
            graph["og:image"] = card["twitter:image"] = IMAGE % (self.id, "image_512")
            card["twitter:card"] = "summary"
        return meta

    @api.model
    def _search_get_detail(self, website, order, options):
        mapping = {
            "name": {"name": "name", "type": "text", "match": True},
            "website_url": {"name": "website_url", "type": "text", "truncate": False},
        }
        if options.get("displayDescription"):
            mapping["description"] = {
                "name": "website_short_description",
                "type": "text",
                "match": True,
            }
        if options.get("displayImage"):
            mapping["image_url"] = {"name": "image_url", "type": "html"}
        return {
            "model": "res.partner",
            "base_domain": [self._get_public_reseller_domain(website)],
            "search_fields": ["name", "city", "website_short_description"],
            "search_extra": lambda env, term: Domain("country_id.name", "ilike", term),
            "fetch_fields": ["name", "website_url", "website_short_description"],
            "mapping": mapping,
            "icon": "fa-handshake-o",
            # Fixed: a visitor's own order could reveal fields that visitors must not see.
            "order": "name, id",
            "requires_sudo": True,
        }

    def _search_render_results(self, fetch_fields, mapping, icon, limit):
        results = super()._search_render_results(fetch_fields, mapping, icon, limit)
        if "image_url" in mapping:
            for result in results:
                result["image_url"] = IMAGE % (result["id"], "image_128")
        return results
