"""The sale of a lead: amounts, quotation, and the gate that checks deliveries before Won."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from ..text import text_to_html
from .dealer_crm_lead_deal import AMOUNTS, LAST_YEAR, MAX_MILEAGE

#: quantities and amounts must be smaller than this
MAX_NUMBER = 1e12
#: fields with numbers that people enter, and what they must be smaller than; constraints of the
#: database check more
NUMBERS = {
    **dict.fromkeys(("quantity", "expected_price", *AMOUNTS), MAX_NUMBER),
    "trade_in_year": LAST_YEAR + 1,
    "trade_in_mileage": MAX_MILEAGE,
}
CONFIRMED = ("sale", "done")
CLOSED_TRANSFER = ("done", "cancel")


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    sale_order_ids = fields.One2many("sale.order", "dealer_crm_lead_id", "Orders")
    sale_order_count = fields.Integer(
        "Order Count", compute="_compute_sale_order_count", compute_sudo=True
    )
    is_quoted = fields.Boolean(
        compute="_compute_sale_order_count",
        compute_sudo=True,
        help="The lead has a quotation or an order that is not cancelled, of any salesperson.",
    )
    is_ordered = fields.Boolean(
        compute="_compute_sale_order_count",
        compute_sudo=True,
        help="One of the lead's orders is confirmed.",
    )
    won_blockers = fields.Text(
        compute="_compute_won_blockers",
        help="What still keeps the lead from Won, one line each; empty when it is ready.",
    )
    blocking_picking_ids = fields.Many2many(
        "stock.picking", string="Open Deliveries", compute="_compute_blocking_picking_ids"
    )

    @api.depends("sale_order_ids.state")
    def _compute_sale_order_count(self):
        counts, quoted, ordered = defaultdict(int), set(), set()
        for lead, state, count in self.env["sale.order"]._read_group(
            [("dealer_crm_lead_id", "in", self._origin.ids)],
            ["dealer_crm_lead_id", "state"],
            ["__count"],
        ):
            counts[lead.id] += count
            if state != "cancel":
                quoted.add(lead.id)
            if state in CONFIRMED:
                ordered.add(lead.id)
        for lead in self:
            lead.sale_order_count = counts[lead._origin.id]
            lead.is_quoted = lead._origin.id in quoted
            lead.is_ordered = lead._origin.id in ordered

    @api.depends(
        "sale_order_ids.state",
        "sale_order_ids.order_line.product_id",
        "sale_order_ids.order_line.product_uom_qty",
        "sale_order_ids.order_line.price_unit",
        "sale_order_ids.order_line.qty_delivered",
        "sale_order_ids.order_line.move_ids.state",
        "sale_order_ids.picking_ids.state",
    )
    def _compute_won_blockers(self):
        blockers = self._get_won_blockers()
        for lead in self:
            lead.won_blockers = "\n".join(blockers[lead])

    @api.depends(
        "sale_order_ids.order_line.move_ids.picking_id.state", "sale_order_ids.picking_ids.state"
    )
    def _compute_blocking_picking_ids(self):
        gate = self._get_gate_orders()
        # The record rules read the company of each delivery.
        self._get_gate_pickings(gate).fetch(["state", "company_id"])
        for lead, orders in gate.items():
            lead.blocking_picking_ids = orders._get_open_transfers().sudo(False)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_won(self):
        """Otherwise its orders could win another lead."""
        for lead in self.sudo().filtered(lambda lead: lead.won_status == "won"):
            if orders := lead.sale_order_ids:
                raise UserError(
                    self.env._(
                        "%(lead)s was won with %(orders)s: archive it, or let a Dealer Manager use"
                        " Reopen before it is deleted.",
                        lead=lead._get_label(),
                        orders=", ".join(orders.mapped("name")),
                    )
                )

    def _check_new_numbers(self, vals_list):
        """Check the numbers of new leads, including defaults of the context and of the user."""
        context = self.env.context
        self._check_numbers({name: context.get(f"default_{name}") for name in NUMBERS})
        self._check_numbers(self.default_get(list(NUMBERS)))
        for vals in vals_list:
            self._check_numbers(vals)

    def _check_numbers(self, vals):
        """Refuse invalid numbers with a sentence, before the ORM fails to round them."""
        for name, limit in NUMBERS.items():
            convert = int if self._fields[name].type == "integer" else float
            if name in vals and not self._is_countable(vals[name], limit, convert):
                raise ValidationError(
                    self.env._(
                        'The field "%(field)s" of a lead must be a number below %(limit)s.',
                        field=self._fields[name]._description_string(self.env),
                        limit=f"{limit:,.0f}",
                    )
                )

    def _is_countable(self, value, limit=MAX_NUMBER, convert=float):
        try:
            return abs(convert(value or 0)) < limit
        except (TypeError, ValueError, OverflowError):
            return False

    def _get_gate_orders(self):
        """Dict of lead to its orders, with sudo: an agent may not have access to all of them."""
        orders = defaultdict(self.env["sale.order"].sudo().browse)
        found = orders.default_factory().search_fetch(
            Domain("dealer_crm_lead_id", "in", self._origin.ids),
            ["dealer_crm_lead_id", "name", "state"],
        )
        for order in found:
            orders[order.dealer_crm_lead_id.id] |= order
        return {lead: orders[lead._origin.id] for lead in self}

    def _get_gate_pickings(self, gate):
        return self.env["sale.order"].sudo().union(*gate.values())._get_transfers()

    def _claim(self):
        """Serialize transactions that change these leads' sales; call it before reading a sale.

        A second transaction waits here, fails with a serialization error, and is run again by Odoo,
        which then sees the changes of the first one. A lock alone would let it go on with the state
        it has read. Called before a lead is won, lost or quoted, and before an order is linked,
        confirmed, cancelled or returned.
        """
        if self.ids:
            self.env.cr.execute(
                """
                UPDATE dealer_crm_lead SET write_date = write_date
                 WHERE id IN (SELECT id FROM dealer_crm_lead WHERE id = ANY(%s)
                               ORDER BY id FOR NO KEY UPDATE)
                """,
                [self.ids],
            )

    def _lock_gate(self):
        """Lock everything that the gate checks until the leads are closed.

        Delivered quantities are counted again, because a new line may have come with one.
        """
        self._claim()
        orders = self.env["sale.order"].sudo().union(*self._get_gate_orders().values())
        for records in (orders, orders.order_line, orders._get_transfers()):
            if records:
                self.env.cr.execute(
                    SQL(
                        "SELECT FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                        SQL.identifier(records._table),
                        records.ids,
                    )
                )
        orders.order_line._count_delivered()

    def _get_won_blockers(self):
        """Dict of lead to the list of sentences about what keeps it from Won; empty when ready.

        A lead is ready when its confirmed orders sell something, all their goods are delivered as
        ordered, and none of their transfers is open.
        """
        return self._get_blockers_of(self._get_gate_orders())

    def _get_blockers_of(self, gate):
        """As ``_get_won_blockers``, for leads and orders as in ``_get_gate_orders``."""
        if not gate:
            return {}
        self._get_gate_pickings(gate).fetch(["name", "state"])
        # Fetch the lines and products of all orders at once.
        lines = self.env["sale.order"].sudo().union(*gate.values()).order_line
        lines.fetch()
        lines.product_id.mapped("type")
        return {lead: self._get_order_blockers(orders) for lead, orders in gate.items()}

    def _get_order_blockers(self, orders):
        """List of sentences about what keeps a lead with these orders from Won."""
        confirmed = orders.filtered(lambda order: order.state in CONFIRMED)
        drafts = orders.filtered(lambda order: order.state in ("draft", "sent"))
        if not confirmed and not drafts:
            return [self.env._("There is no confirmed order: use Convert to Quotation.")]
        if not confirmed:
            return [
                self.env._("Quotation %(order)s is not confirmed: confirm it.", order=order.name)
                for order in drafts
            ]
        blockers = []
        for order in confirmed:
            blockers += order._get_delivery_blockers()
        if not any(order._get_sold_lines() for order in confirmed):
            blockers += [
                self.env._(
                    "No product is ordered in %(order)s: add a product with a quantity above 0.",
                    order=order.name,
                )
                for order in confirmed
            ]
        return blockers

    def action_convert_to_quotation(self):
        """Create the draft quotation of this lead and open it; open an existing one instead."""
        self.ensure_one()
        self.check_access("write")
        self._claim()
        if self.won_status != "pending":
            raise UserError(
                self.env._(
                    "%(lead)s is closed in %(stage)s: reopen it before quoting.",
                    lead=self._get_label(),
                    stage=self.stage_id.name,
                )
            )
        orders = self._get_gate_orders()[self].filtered(lambda order: order.state != "cancel")
        if orders:
            return self._open_orders(self._get_own_orders(orders))
        if question := self._ask_for_customer():
            return question
        return self._open_orders(self._create_quotation())

    def action_open_quotation(self):
        """Open the lead's only order, or the list of its orders."""
        self.ensure_one()
        self.check_access("read")
        return self._open_orders(self._get_own_orders(self._get_gate_orders()[self]))

    def _get_own_orders(self, orders):
        """Those of the lead's ``orders`` that the user may open.

        :raise UserError: naming the orders, if the user may open none of them
        """
        own = orders.sudo(False)._filtered_access("read")
        if orders and not own:
            raise UserError(
                self.env._(
                    "%(lead)s is quoted already, but you may not open %(orders)s. Ask a Dealer"
                    " Manager to make you the salesperson of the order.",
                    lead=self._get_label(),
                    orders=", ".join(
                        f"{order.name} ({order.user_id.name})" if order.user_id else order.name
                        for order in orders
                    ),
                )
            )
        return own

    def _create_quotation(self):
        self.ensure_one()
        if not self.partner_id:
            self._set_customer(self._find_certain_customer())
        line = {"product_id": self.product_id.id, "product_uom_qty": self.quantity}
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "user_id": self.user_id.id,
                "team_id": self.team_id.id,
                "origin": self.name,
                "client_order_ref": self.bpo_source_lead_name,
                "tag_ids": [Command.set(self.tag_ids.ids)],
                "order_line": [Command.create(line)] if self.product_id else [],
            }
        )
        order._set_dealer_lead(self)
        if self.product_id and self.expected_price:
            # The customer's price list may have another currency than the company.
            price = self.company_currency._convert(
                self.expected_price, order.currency_id, self.company_id, order.date_order
            )
            line = order.order_line.filtered(lambda each: each.product_id == self.product_id)
            line.price_unit = price / self.quantity
        return order

    def _open_orders(self, orders):
        context = {
            "default_partner_id": self.partner_id.id,
            "default_company_id": self.company_id.id,
        }
        if self.won_status == "pending":
            context["default_dealer_crm_lead_id"] = self.id
        action = self._get_action("sale.action_quotations_with_onboarding", **context)
        if len(orders) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=orders.id)
        else:
            action["domain"] = [("dealer_crm_lead_id", "=", self.id)]
        return action

    def _get_confirmed_orders(self):
        """Dict of lead to its confirmed orders; leads without any are left out."""
        return {
            lead: confirmed
            for lead, orders in self._get_gate_orders().items()
            if (confirmed := orders.filtered(lambda order: order.state in CONFIRMED))
        }

    def _report_sale(self, sentence):
        """Log on a closed lead how its sale has changed, and schedule an activity for its manager.

        The outcome stays as reported unless the manager reopens the lead. There is at most one such
        activity on a lead.
        """
        lead = self.sudo()
        lead._message_log(body=sentence)
        manager = lead._get_manager()
        summary = lead.with_context(lang=manager.lang).env._("The sale of a closed lead changed")
        kind = "mail.mail_activity_data_warning"
        if manager and not lead.activity_search(
            [kind], user_id=manager.id, additional_domain=[("summary", "=", summary)]
        ):
            lead.activity_schedule(
                kind, summary=summary, note=text_to_html(sentence), user_id=manager.id
            )

    def _get_manager(self):
        """A Dealer Manager of this lead's company, preferably the team leader; may be empty."""
        self.ensure_one()
        managers = (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", self.env.ref("dealer_crm.group_dealer_manager").ids),
                    ("company_ids", "in", self.company_id.ids),
                    ("share", "=", False),
                    ("active", "=", True),
                ],
                order="id",
            )
        )
        if self.team_id.user_id in managers:
            return self.team_id.user_id
        admins = managers.filtered(lambda user: user.has_group("dealer_crm.group_dealer_admin"))
        return (managers - admins or managers)[:1]
