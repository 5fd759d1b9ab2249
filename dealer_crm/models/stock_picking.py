from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        result = super()._action_done()
        for picking in self.sudo():
            if picking.state != "done" or picking.location_dest_id.usage != "customer":
                continue
            for order in picking._get_sold_orders().filtered("dealer_crm_lead_id"):
                order._log_on_lead(
                    self.env._(
                        "Delivered: %(delivery)s of order %(order)s.",
                        delivery=picking.name,
                        order=order.name,
                    )
                )
        return result

    def _get_sold_orders(self):
        """The orders whose goods these transfers move; one transfer may serve several."""
        return self.sale_id | self.move_ids.sale_line_id.order_id

    def _get_dealer_responsible(self):
        """Who answers for this transfer: its own responsible, its warehouse's, or a stock manager.

        :return: a user who may see the transfer; empty if nobody can
        """
        self.ensure_one()
        warehouse = self.picking_type_id.warehouse_id
        managers = self.env.ref("stock.group_stock_manager").all_user_ids.sorted("id")
        for user in self.user_id | warehouse.dealer_crm_user_id | managers:
            if (
                user.active
                and not user.share
                and self.company_id in user.company_ids
                and user.has_group("stock.group_stock_user")
            ):
                return user
        return self.env["res.users"]
