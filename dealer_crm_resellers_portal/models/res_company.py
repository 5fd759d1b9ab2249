from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_hide_contact = fields.Boolean(
        "Hide Contact Data Until Accepted",
        default=True,
        help="A reseller sees phone, e-mail and street of a lead once it has accepted it.",
    )
    dealer_confirm_deals = fields.Boolean(
        "Confirm Resellers' Own Deals",
        help="A Dealer Manager confirms what a reseller registers before it can be won.",
    )
    dealer_weekly_summary = fields.Boolean(
        "Weekly Summary to Resellers",
        help="One e-mail a week to each reseller that has open leads.",
    )
