from odoo import api, fields, models


class DealerCrmCommissionPlan(models.Model):
    _name = "dealer.crm.commission.plan"
    _description = "Dealer Commission Plan"
    _inherit = ["dealer.crm.unique.name.mixin"]
    _order = "sequence, id"

    name = fields.Char("Plan")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Currency of the caps in the rules.",
    )
    rule_ids = fields.One2many("dealer.crm.commission.plan.rule", "plan_id", "Rules", copy=True)

    @api.model
    def _get_kind(self):
        return self.env._("commission plan")

    @api.model
    def _get_of_partner(self, partner):
        """The partner's own plan, else its level's; empty when there is none or it is archived."""
        plan = partner.dealer_commission_plan_id or partner.dealer_level_id.commission_plan_id
        return plan.filtered("active")

    def _find_rule(self, product):
        """The first rule that matches ``product``; may be empty."""
        return next(
            (rule for rule in self.rule_ids if rule._matches(product)), self.rule_ids.browse()
        )
