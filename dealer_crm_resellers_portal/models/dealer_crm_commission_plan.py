from odoo import fields, models


class DealerCrmCommissionPlan(models.Model):
    _inherit = "dealer.crm.commission.plan"

    is_shown_on_lead = fields.Boolean(
        "Shown on the Lead's Page",
        default=True,
        help="Whether the reseller sees the commission on the page of its lead. The page of"
        " commissions and the statements always show it.",
    )
