from odoo import api, fields, models

COMPANY_FIELDS = ("dealer_hide_contact", "dealer_confirm_deals", "dealer_weekly_summary")


class DealerCrmSettings(models.TransientModel):
    _inherit = "dealer.crm.settings"

    dealer_hide_contact = fields.Boolean(
        "Hide Contact Data",
        compute="_compute_portal",
        inverse="_inverse_portal",
        help="A reseller sees phone, e-mail and street of a lead once it has accepted it.",
    )
    dealer_confirm_deals = fields.Boolean(
        "Confirm Own Deals",
        compute="_compute_portal",
        inverse="_inverse_portal",
        help="A Dealer Manager confirms what a reseller registers before it can be won.",
    )
    dealer_weekly_summary = fields.Boolean(
        "Weekly Summary",
        compute="_compute_portal",
        inverse="_inverse_portal",
        help="One e-mail a week to each reseller that has open leads.",
    )

    @api.depends("company_id")
    def _compute_portal(self):
        self._show_company(COMPANY_FIELDS)

    def _inverse_portal(self):
        self._set_company(COMPANY_FIELDS)
