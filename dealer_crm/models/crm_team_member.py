from odoo import fields, models


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    dealer_lead_capacity = fields.Integer(
        "Most Open Leads",
        help="Somebody with so many open dealer leads gets no new one in turn. 0: no limit.",
    )
    dealer_lead_optout = fields.Boolean(
        "No New Leads", help="New dealer leads skip this person when they are given out in turn."
    )

    _dealer_lead_capacity_positive = models.Constraint(
        "CHECK (dealer_lead_capacity >= 0)",
        "The most open leads of a member cannot be negative: use 0 for no limit.",
    )
