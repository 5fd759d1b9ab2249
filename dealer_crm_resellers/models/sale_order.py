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
        """Cancel commissions with their order; create them when it is confirmed."""
        result = super().write(vals)
        if vals.get("state") == "cancel":
            for commission in self.sudo().dealer_commission_ids:
                commission._cancel(
                    self.env._("Order %(order)s was cancelled.", order=commission.order_id.name)
                )
        elif vals.get("state") in CONFIRMED:
            won = self.sudo().dealer_crm_lead_id.filtered(lambda lead: lead.won_status == "won")
            if won:
                self.env["dealer.crm.commission"]._create_for_won_leads(won)
        return result
