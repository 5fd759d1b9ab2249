from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

CONFIRMED = ("sale", "done")


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    sale_order_ids = fields.One2many("sale.order", "dealer_crm_lead_id", "Orders")
    sale_order_count = fields.Integer("Order Count", compute="_compute_sale_order_count")
    won_blockers = fields.Text(
        compute="_compute_won_blockers",
        help="What still keeps the lead from Won, one line each; empty when it is ready.",
    )
    blocking_picking_ids = fields.Many2many(
        "stock.picking", string="Open Deliveries", compute="_compute_blocking_picking_ids"
    )

    @api.depends("sale_order_ids")
    def _compute_sale_order_count(self):
        counts = dict(
            self.env["sale.order"]._read_group(
                [("dealer_crm_lead_id", "in", self.ids)], ["dealer_crm_lead_id"], ["__count"]
            )
        )
        for lead in self:
            lead.sale_order_count = counts.get(lead._origin, 0)

    @api.depends("sale_order_ids.state", "sale_order_ids.picking_ids.state")
    def _compute_won_blockers(self):
        blockers = self._get_won_blockers()
        for lead in self:
            lead.won_blockers = "\n".join(blockers[lead])

    @api.depends("sale_order_ids.picking_ids.state")
    def _compute_blocking_picking_ids(self):
        gate = self._get_gate_orders()
        # The rules of the deliveries ask each for its company.
        self._get_gate_pickings(gate).fetch(["state", "company_id"])
        for lead, orders in gate.items():
            waiting = orders.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
            lead.blocking_picking_ids = waiting.sudo(False)

    def _get_gate_orders(self):
        """Dict of each lead's orders, with the rights the gate needs."""
        orders = defaultdict(self.env["sale.order"].sudo().browse)
        found = orders.default_factory().search(
            Domain("dealer_crm_lead_id", "in", self._origin.ids)
        )
        for order in found:
            orders[order.dealer_crm_lead_id.id] |= order
        return {lead: orders[lead._origin.id] for lead in self}

    @api.model
    def _get_gate_pickings(self, gate):
        return self.env["sale.order"].sudo().union(*gate.values()).picking_ids

    def _get_won_blockers(self):
        """Dict of the sentences (list, empty when ready) that keep each lead from Won."""
        gate = self._get_gate_orders()
        self._get_gate_pickings(gate).fetch(["name", "state"])
        blockers = {}
        for lead, orders in gate.items():
            confirmed = orders.filtered(lambda order: order.state in CONFIRMED)
            lines = blockers[lead] = []
            for order in confirmed:
                pickings = order.picking_ids
                waiting = pickings.filtered(lambda p: p.state not in ("done", "cancel"))
                lines += [
                    self.env._(
                        "delivery %(picking)s of order %(order)s is not done: validate it.",
                        picking=picking.name,
                        order=order.name,
                    )
                    for picking in waiting
                ]
                if pickings and all(picking.state == "cancel" for picking in pickings):
                    lines.append(
                        self.env._(
                            "all deliveries of order %(order)s are cancelled (%(pickings)s):"
                            " deliver it anew or cancel the order.",
                            order=order.name,
                            pickings=", ".join(pickings.mapped("name")),
                        )
                    )
            drafts = orders.filtered(lambda order: order.state in ("draft", "sent"))
            if not confirmed and drafts:
                lines += [
                    self.env._(
                        "quotation %(order)s is not confirmed: confirm it.", order=order.name
                    )
                    for order in drafts
                ]
            elif not confirmed:
                lines.append(self.env._("it has no confirmed order: use Convert to Quotation."))
        return blockers

    def action_convert_to_quotation(self):
        """Make the draft quotation of this lead and open it."""
        self.ensure_one()
        self.check_access("write")
        if self.won_status != "pending":
            raise UserError(
                self.env._(
                    "%(lead)s is closed in %(stage)s: reopen it before quoting.",
                    lead=self.name,
                    stage=self.stage_id.name,
                )
            )
        return self._open_orders(self._create_quotation())

    def action_open_quotation(self):
        """Open the lead's only order, or the list of its orders."""
        self.ensure_one()
        return self._open_orders(self.sale_order_ids)

    def _create_quotation(self):
        self.ensure_one()
        self._ensure_customer()
        lines = []
        if self.product_id:
            line = {"product_id": self.product_id.id, "product_uom_qty": self.quantity}
            if self.expected_price:
                line["price_unit"] = self.expected_price / self.quantity
            lines.append(Command.create(line))
        return self.env["sale.order"].create(
            {
                "dealer_crm_lead_id": self.id,
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "user_id": self.user_id.id,
                "team_id": self.team_id.id,
                "origin": self.name,
                "client_order_ref": self.bpo_source_lead_name,
                "tag_ids": [Command.set(self.tag_ids.ids)],
                "order_line": lines,
            }
        )

    def _open_orders(self, orders):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale.action_quotations_with_onboarding"
        )
        action["context"] = {
            "default_dealer_crm_lead_id": self.id,
            "default_partner_id": self.partner_id.id,
            "default_company_id": self.company_id.id,
        }
        if len(orders) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=orders.id)
        else:
            action["domain"] = [("dealer_crm_lead_id", "=", self.id)]
        return action
