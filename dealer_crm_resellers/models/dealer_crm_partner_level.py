from odoo import fields, models


class DealerCrmPartnerLevel(models.Model):
    _name = "dealer.crm.partner.level"
    _description = "Dealer Partner Level"
    _inherit = ["dealer.crm.partner.group.mixin"]
    _order = "sequence, id"
    _partner_field = "dealer_level_id"

    name = fields.Char("Level Name")
    weight = fields.Integer(
        "Level Weight",
        default=10,
        aggregator=None,
        help="Share of leads: twice the weight, twice the leads. 0: no leads.",
    )
    commission_plan_id = fields.Many2one(
        "dealer.crm.commission.plan", ondelete="restrict", index="btree_not_null"
    )

    _weight_positive = models.Constraint(
        "CHECK (weight >= 0)", "The weight of a level cannot be negative: use 0 for no leads."
    )
