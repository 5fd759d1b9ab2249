from odoo import fields, models

from odoo.addons.dealer_crm.models.dealer_crm_lead_sale import CONFIRMED


class SaleOrder(models.Model):
    _inherit = "sale.order"

    dealer_commission_ids = fields.One2many(
        "dealer.crm.commission",
        "order_id",
        "Dealer Commissions",
        groups="dealer_crm.group_dealer_user",
    )

    def write(self, vals):
        """Orders that are confirmed after their lead was won earn a commission, too."""
        result = super().write(vals)
        if vals.get("state") in CONFIRMED:
            won = self.sudo().filtered(
                lambda order: (
                    order.dealer_crm_lead_id.won_status == "won"
                    and order.dealer_crm_lead_id.partner_assigned_id
                )
            )
            self.env["dealer.crm.commission"]._create_for_orders(won)
        return result

    def unlink(self):
        """Delete these orders with their commissions that have no decided entries."""
        self.check_access("unlink")
        orders = self.sudo().filtered(lambda order: order.dealer_crm_lead_id.won_status != "won")
        orders.dealer_commission_ids.unlink()
        return super().unlink()
