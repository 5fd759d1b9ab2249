from odoo import api, fields, models
from odoo.tools import format_amount


class DealerCrmCommissionPlanRule(models.Model):
    _name = "dealer.crm.commission.plan.rule"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Dealer Commission Rule"
    _order = "sequence, id"

    plan_id = fields.Many2one(
        "dealer.crm.commission.plan", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product", ondelete="cascade", help="Empty: any product of the category."
    )
    category_id = fields.Many2one(
        "product.category",
        "Product Category",
        ondelete="cascade",
        help="Includes its subcategories. Empty: any category.",
    )
    percentage = fields.Float(digits=(5, 2), aggregator=None)
    amount_unit = fields.Monetary("Amount per Unit", help="Added for each unit sold.")
    cap = fields.Monetary("Cap per Line", help="Highest commission on one order line. 0: no cap.")
    cap_deal = fields.Monetary(
        "Cap per Order", help="Highest commission by this rule on one order. 0: no cap."
    )
    currency_id = fields.Many2one(related="plan_id.currency_id")

    _percentage_in_range = models.Constraint(
        "CHECK (percentage >= 0 AND percentage <= 100)",
        "The percentage of a commission rule must be between 0 and 100.",
    )
    _cap_positive = models.Constraint(
        "CHECK (cap >= 0 AND cap_deal >= 0)",
        "The caps of a commission rule cannot be negative: use 0 for no cap.",
    )
    _amount_unit_positive = models.Constraint(
        "CHECK (amount_unit >= 0)", "The amount per unit of a commission rule cannot be negative."
    )

    @api.depends("product_id", "category_id", "percentage", "amount_unit")
    def _compute_display_name(self):
        for rule in self:
            rates = []
            if rule.percentage or not rule.amount_unit:
                rates.append(f"{rule.percentage:g} %")
            if rule.amount_unit:
                amount = format_amount(self.env, rule.amount_unit, rule.currency_id)
                rates.append(self.env._("%(amount)s a unit", amount=amount))
            what = rule.product_id or rule.category_id
            words = [" + ".join(rates), *what.mapped("display_name")]
            rule.display_name = " · ".join(words)
