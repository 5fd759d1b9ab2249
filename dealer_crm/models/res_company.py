from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_lead_assignment = fields.Selection(
        [
            ("nobody", "Nobody"),
            ("customer", "The customer's salesperson"),
            ("team", "The team's members in turn"),
        ],
        "New Leads Go To",
        default="nobody",
        required=True,
        help="Who gets a lead that comes without a salesperson: endorsed, by e-mail or imported.",
    )
    dealer_first_contact_minutes = fields.Integer(
        "First Contact Within (minutes)",
        help="Counted in the company's working hours. 0: no limit.",
    )

    _dealer_first_contact_minutes_positive = models.Constraint(
        "CHECK (dealer_first_contact_minutes >= 0)",
        "The minutes to the first contact cannot be negative: use 0 for no limit.",
    )
