from odoo import fields, models


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
    cap = fields.Monetary("Cap per Line", help="Highest commission on one order line. 0: no cap.")
    currency_id = fields.Many2one(related="plan_id.currency_id")

    _percentage_in_range = models.Constraint(
        "CHECK (percentage >= 0 AND percentage <= 100)",
        "The percentage of a commission rule must be between 0 and 100.",
    )
    _cap_positive = models.Constraint(
        "CHECK (cap >= 0)", "The cap of a commission rule cannot be negative: use 0 for no cap."
    )

    def _matches(self, product):
        self.ensure_one()
        if self.product_id and self.product_id != product:
            return False
        # `parent_path` holds the ids of a category's ancestors and, at the end, its own.
        return not self.category_id or (product.categ_id.parent_path or "").startswith(
            self.category_id.parent_path
        )

    def _get_amount(self, base, currency, company, date):
        """The commission on ``base`` in ``currency``; negative on a line with a negative amount."""
        self.ensure_one()
        amount = currency.round(base * self.percentage / 100)
        if not self.cap:
            return amount
        cap = self.currency_id._convert(self.cap, currency, company, date)
        return max(-cap, min(cap, amount))
