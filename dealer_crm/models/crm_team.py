from odoo import fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    dealer_first_contact_minutes = fields.Integer(
        "First Contact Within (minutes)",
        help="Counted in the company's working hours. 0: the limit of the company.",
    )

    _dealer_first_contact_minutes_positive = models.Constraint(
        "CHECK (dealer_first_contact_minutes >= 0)",
        "The minutes to the first contact cannot be negative: use 0 for the company's limit.",
    )
