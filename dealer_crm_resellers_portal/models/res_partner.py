from odoo import api, fields, models

USER = "dealer_crm.group_dealer_user"


class ResPartner(models.Model):
    _inherit = "res.partner"

    dealer_date_summary = fields.Date("Last Weekly Summary", readonly=True, copy=False, groups=USER)

    @api.model
    def _fetch_portal_partner(self):
        """Fetch what a page needs of the user's partner; reading one value would fetch the whole row."""
        self.env.user.partner_id.sudo().fetch(
            ["name", "active", "tz", "commercial_partner_id", "user_id", "dealer_level_id"]
        )

    @api.model
    def _find_portal_reseller(self):
        """The partner (with sudo) that gets the leads that the user registers; may be empty.

        The user's own contact where it has an active level, else its company.
        """
        user = self.env.user
        partners = (user.partner_id | user.commercial_partner_id).sudo()
        partners.dealer_level_id.fetch(["active"])
        for partner in partners:
            if partner.active and partner.dealer_level_id.active:
                return partner
        return self.sudo().browse()
