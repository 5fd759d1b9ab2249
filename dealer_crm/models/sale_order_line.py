from odoo import models
from odoo.exceptions import AccessError

from .dealer_crm_lead_sale import CLOSED_TRANSFER, CONFIRMED

# Computed for goods; Odoo would let anybody write them.
DELIVERED = frozenset({"qty_delivered", "qty_delivered_method"})


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        if not DELIVERED.isdisjoint(vals) and not self.env.su:
            self._check_delivered_by_hand()
        if "order_id" in vals and not self.env.su:
            self._check_stays_in_order(vals["order_id"])
        if "product_uom_qty" not in vals:
            return super().write(vals)
        confirmed = self.order_id.sudo().filtered(lambda order: order.state in CONFIRMED)
        with confirmed._watch_closed_leads():
            return super().write(vals)

    def _check_delivered_by_hand(self):
        """Refuse to enter the delivered quantity of a lead's goods: it comes from the transfers."""
        for line in self:
            if line.order_id.sudo().dealer_crm_lead_id and line._is_goods():
                raise AccessError(
                    self.env._(
                        "The delivered quantity of %(product)s in %(order)s comes from its"
                        " deliveries: validate them.",
                        product=line.product_id.display_name,
                        order=line.order_id.name,
                    )
                )

    def _check_stays_in_order(self, order_id):
        """Refuse to move a line out of a lead's confirmed order, where the gate would miss it."""
        for line in self:
            order = line.order_id.sudo()
            if order.dealer_crm_lead_id and order.state in CONFIRMED and order.id != order_id:
                raise AccessError(
                    self.env._(
                        "%(product)s stays in order %(order)s, which is confirmed: lower its"
                        " quantity instead.",
                        product=line.product_id.display_name,
                        order=order.name,
                    )
                )

    def _count_delivered(self):
        """Compute the delivered quantity of goods again; a person may have entered it."""
        goods = self.filtered(lambda line: line._is_goods())
        for name in DELIVERED:
            self.env.add_to_compute(self._fields[name], goods)

    def _is_goods(self):
        self.ensure_one()
        return self.product_id.type == "consu"

    def _is_sold(self):
        """Whether it sells goods or a service: no note, discount, down payment or shipping."""
        self.ensure_one()
        return bool(
            not self.display_type
            and not self.is_downpayment
            and self.product_id.type in ("consu", "service")
            and self.product_uom_id.compare(self.product_uom_qty, 0) > 0
            and self.price_unit >= 0
            and self._can_be_invoiced_alone()
            and not self._is_global_discount()
        )

    def _is_short(self):
        """Whether these goods are not fully delivered.

        ``qty_delivered`` subtracts returns, includes dropshipped goods and counts a kit by its
        parts.
        """
        self.ensure_one()
        return (
            self._is_goods()
            and self.product_uom_id.compare(self.product_uom_qty, 0) > 0
            and self.product_uom_id.compare(self.qty_delivered, self.product_uom_qty) < 0
        )

    def _has_open_transfer(self):
        """Whether an open transfer contains some of these goods; it is a blocker itself."""
        self.ensure_one()
        return any(move.picking_id and move.state not in CLOSED_TRANSFER for move in self.move_ids)

    def _format_quantity(self, quantity):
        """Format a quantity without trailing zeros: "3" or "2.5"."""
        places = self.env["decimal.precision"].precision_get("Product Unit")
        text = f"{quantity:.{places}f}"
        return text.rstrip("0").rstrip(".") if places else text
