from odoo import fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    dealer_first_contact_minutes = fields.Integer(
        "First Contact Within (minutes)",
        help="Counted in the company's working hours. 0: the limit of the company.",
    )

    _dealer_first_contact_minutes_range = models.Constraint(
        "CHECK (dealer_first_contact_minutes BETWEEN 0 AND 10080)",
        "The minutes to the first contact must be between 0, for the company's limit, and 10,080.",
    )
