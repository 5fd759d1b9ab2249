from odoo import fields, models


class DealerCrmPartnerActivation(models.Model):
    _name = "dealer.crm.partner.activation"
    _description = "Dealer Partner Activation"
    _inherit = ["dealer.crm.partner.group.mixin"]
    _order = "sequence, id"
    _partner_field = "dealer_activation_id"

    name = fields.Char("Activation")
    assignable = fields.Boolean(
        "Gets Leads", default=True, help="Whether resellers in this activation get leads."
    )
