from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_assign_automatic = fields.Boolean(
        "Assign Leads to Resellers Automatically",
        help="New leads at once, the others from time to time.",
    )
    dealer_accept_hours = fields.Integer(
        "Accept Within (hours)",
        help="A lead not accepted in this time goes to the next reseller. 0: no limit.",
    )
    dealer_catch_all_user_id = fields.Many2one(
        "res.users",
        "Catch-all Salesperson",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Gets the leads for which no reseller is found.",
    )
    dealer_geolocalize = fields.Boolean(
        "Look Up the Place of Leads",
        help="In the background. A new lead waits for it, for one day at most.",
    )
    dealer_notify_partners = fields.Boolean(
        "E-mail to Resellers",
        default=True,
        help="Tell a reseller about its new leads in one e-mail.",
    )

    _dealer_accept_hours_positive = models.Constraint(
        "CHECK (dealer_accept_hours >= 0)",
        "The hours to accept a lead cannot be negative: use 0 for no limit.",
    )
