from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    dealer_crm_user_id = fields.Many2one(
        "res.users",
        "Answers Salespeople",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        ondelete="set null",
        check_company=True,
        help="Gets the activity when a salesperson asks the warehouse about a lead's delivery. Nobody:"
        " the first inventory manager.",
    )
