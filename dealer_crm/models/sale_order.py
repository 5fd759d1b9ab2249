from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    dealer_crm_lead_id = fields.Many2one(
        "dealer.crm.lead",
        "Dealer Lead",
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
