from odoo import fields, models


class DealerCrmCommissionLine(models.Model):
    _name = "dealer.crm.commission.line"
    _description = "Dealer Commission Line"
    _inherit = ["dealer.crm.guarded.mixin"]
    _program_only = True
    _order = "id"

    commission_id = fields.Many2one(
        "dealer.crm.commission", required=True, index=True, ondelete="cascade"
    )
    order_line_id = fields.Many2one("sale.order.line", ondelete="cascade")
    product_id = fields.Many2one(related="order_line_id.product_id")
    rule_id = fields.Many2one("dealer.crm.commission.plan.rule", ondelete="set null")
    base = fields.Monetary()
    percentage = fields.Float(digits=(5, 2), aggregator=None)
    amount = fields.Monetary("Commission Amount")
    currency_id = fields.Many2one(related="commission_id.currency_id")
