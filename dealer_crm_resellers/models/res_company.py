from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_assign_automatic = fields.Boolean(
        "Assign Leads to Resellers Automatically",
        help="New leads as they come, and the rest from time to time.",
    )
    dealer_accept_hours = fields.Integer(
        "Accept Within (hours)",
        help="A lead that its reseller did not accept by then goes to the next one. 0: no limit.",
    )
    dealer_catch_all_user_id = fields.Many2one(
        "res.users",
        "Catch-all Salesperson",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Gets the leads that no reseller was found for.",
    )
    dealer_geolocalize = fields.Boolean(
        "Look Up the Place of Leads",
        help="Little by little, in the background; a new lead waits a day for it at most.",
    )
    dealer_notify_partners = fields.Boolean(
        "Tell Resellers by E-mail",
        default=True,
        help="One e-mail to each reseller about the new leads of a run.",
    )

    _dealer_accept_hours_positive = models.Constraint(
        "CHECK (dealer_accept_hours >= 0)",
        "The hours to accept a lead cannot be negative: use 0 for no limit.",
    )
