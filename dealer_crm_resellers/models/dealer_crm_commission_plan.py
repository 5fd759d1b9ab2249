from odoo import api, fields, models


class DealerCrmCommissionPlan(models.Model):
    _name = "dealer.crm.commission.plan"
    _description = "Dealer Commission Plan"
    _inherit = ["dealer.crm.unique.name.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char("Plan")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Currency of the amounts and caps in the rules.",
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for orders of all companies."
    )
    basis = fields.Selection(
        [
            ("won", "When the lead is won: on what was ordered"),
            ("invoiced", "When invoiced: less what was credited"),
            ("paid", "When paid: in proportion to what the customer paid"),
        ],
        "Earned",
        required=True,
        default="won",
    )
    commission_product_id = fields.Many2one(
        "product.product",
        "Product on Bills",
        check_company=True,
        domain=[("type", "=", "service")],
        default=lambda self: self._default_commission_product_id(),
        ondelete="restrict",
        help="Its account and purchase taxes are those of the vendor bills.",
    )
    protection_days = fields.Integer(
        help="For so many days a deal that a reseller has registered stays that reseller's. 0: no"
        " protection."
    )
    rule_ids = fields.One2many("dealer.crm.commission.plan.rule", "plan_id", "Rules", copy=True)

    _protection_days_positive = models.Constraint(
        "CHECK (protection_days >= 0)",
        "The days of protection of a commission plan cannot be negative: use 0 for no protection.",
    )

    @api.model
    def _default_commission_product_id(self):
        return self.env.ref("dealer_crm_resellers.product_commission", raise_if_not_found=False)

    @api.model
    def _get_of_partner(self, partner, company):
        """The partner's own plan, else its level's, for orders of ``company``.

        Empty when there is none, or it is archived or another company's.
        """
        plan = partner.dealer_commission_plan_id or partner.dealer_level_id.commission_plan_id
        return plan.filtered(lambda each: each.active and each.company_id.id in (False, company.id))

    def _get_terms(self):
        """The basis and the rules as JSON, kept by each deal; {} without a plan.

        Numbers are texts, so that they stay exact.
        """
        if not self:
            return {}
        return {
            "basis": self.basis,
            "currency": self.currency_id.id,
            "rules": [
                {
                    "id": rule.id,
                    "product": rule.product_id.id,
                    "category": rule.category_id.id,
                    "percentage": str(rule.percentage),
                    "amount_unit": str(rule.amount_unit),
                    "cap": str(rule.cap),
                    "cap_deal": str(rule.cap_deal),
                }
                for rule in self.rule_ids
            ],
        }
