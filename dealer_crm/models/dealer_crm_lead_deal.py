"""What the deal is about: the vehicle the customer wants, the trade-in, the financing, the source."""

from odoo import fields, models

#: model years that a trade-in may have
FIRST_YEAR, LAST_YEAR = 1900, 2100
#: the mileage of a trade-in must be smaller than this
MAX_MILEAGE = 10_000_000
TRADE_IN_DETAILS = (
    "trade_in_make",
    "trade_in_model",
    "trade_in_year",
    "trade_in_mileage",
    "trade_in_plate",
    "trade_in_value",
)
AMOUNTS = ("budget_min", "budget_max", "trade_in_value", "down_payment")


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    brand_id = fields.Many2one(
        "product.category", "Brand", help="The product category that is named after the brand."
    )
    preferred_color = fields.Char("Preferred Colour")
    budget_min = fields.Monetary("Budget From", currency_field="company_currency")
    budget_max = fields.Monetary("Budget To", currency_field="company_currency")
    time_frame = fields.Char(
        "Buying Time Frame", help="When the customer wants to buy, in the customer's words."
    )
    has_trade_in = fields.Boolean("Trade-In")
    trade_in_make = fields.Char()
    trade_in_model = fields.Char()
    trade_in_year = fields.Integer(aggregator=None)
    trade_in_mileage = fields.Integer(aggregator="avg")
    trade_in_plate = fields.Char()
    trade_in_value = fields.Monetary(
        currency_field="company_currency", help="What the customer expects for the trade-in."
    )
    financing_needed = fields.Boolean()
    financing_type = fields.Selection(
        [
            ("cash", "Cash"),
            ("bank", "Bank Loan"),
            ("in_house", "In-House Financing"),
            ("lease", "Lease"),
            ("other", "Other"),
        ],
        "Payment",
    )
    down_payment = fields.Monetary(currency_field="company_currency")
    source_id = fields.Many2one("utm.source", "Source", help="How the customer found the dealer.")

    _budget_order = models.Constraint(
        "CHECK (budget_min <= budget_max OR budget_max = 0)",
        "The budget of a lead cannot end below the amount it starts from.",
    )
    _deal_amounts_range = models.Constraint(
        "CHECK (LEAST(budget_min, budget_max, trade_in_value, down_payment) >= 0"
        " AND GREATEST(budget_min, budget_max, trade_in_value, down_payment) < 1e12)",
        "The budget, the value of the trade-in and the down payment of a lead cannot be negative,"
        " and must be below 1,000,000,000,000.",
    )
    _trade_in_year_range = models.Constraint(
        f"CHECK (trade_in_year = 0 OR trade_in_year BETWEEN {FIRST_YEAR} AND {LAST_YEAR})",
        "The year of a trade-in must be between 1900 and 2100.",
    )
    _trade_in_mileage_range = models.Constraint(
        f"CHECK (trade_in_mileage >= 0 AND trade_in_mileage < {MAX_MILEAGE})",
        "The mileage of a trade-in cannot be negative, and must be below 10,000,000.",
    )

    def _tick_trade_in(self, vals):
        """``vals``, with ``has_trade_in`` if they describe a trade-in and do not say so."""
        if "has_trade_in" in vals or not any(vals.get(name) for name in TRADE_IN_DETAILS):
            return vals
        return {**vals, "has_trade_in": True}
