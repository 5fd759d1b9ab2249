from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

from .dealer_crm_lead_sale import CLOSED_TRANSFER, CONFIRMED


class SaleOrder(models.Model):
    _inherit = "sale.order"

    dealer_crm_lead_id = fields.Many2one(
        "dealer.crm.lead",
        "Dealer Lead",
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        # Users without access to leads do not need the field, whose name contains the customer's.
        groups="dealer_crm.group_dealer_user",
    )

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        # Check after create, in the database: a default of the context is not in vals_list, and a
        # number given as a text is stored but not in the cache.
        orders.invalidate_recordset(["dealer_crm_lead_id"], flush=False)
        linked = orders.filtered(lambda order: order.sudo().dealer_crm_lead_id)
        if linked:
            linked._check_lead_link(linked.sudo().dealer_crm_lead_id)
            linked.sudo().dealer_crm_lead_id._announce_change()
            linked.sudo().dealer_crm_lead_id._mark_ordered()
            linked._log_quoted()
        return orders

    def write(self, vals):
        linked = self.browse()
        if "dealer_crm_lead_id" in vals:
            field = self._fields["dealer_crm_lead_id"]
            lead_id = field.convert_to_cache(vals["dealer_crm_lead_id"], self)
            moving = self.filtered(lambda order: order.sudo().dealer_crm_lead_id.id != lead_id)
            if moving:
                leads = self.env["dealer.crm.lead"].sudo()
                moving._check_lead_link(leads.browse(lead_id or ()).exists())
                (leads.browse(lead_id or ()) | moving.sudo().dealer_crm_lead_id)._announce_change()
                leads.browse(lead_id or ())._mark_ordered()
            linked = moving if lead_id else linked
        if "state" not in vals:
            result = super().write(vals)
            linked._log_quoted()
            return result
        self.sudo().dealer_crm_lead_id._announce_change()
        open_orders = self.filtered(lambda order: order.state not in CONFIRMED)
        with self._watch_closed_leads():
            result = super().write(vals)
        linked._log_quoted()
        if vals["state"] in CONFIRMED:
            open_orders._log_confirmed()
        return result

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """A quotation that a person sends by e-mail is a contact with the lead's customer."""
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        for order in self.sudo():
            lead, customer = order.dealer_crm_lead_id, order.partner_id
            if lead and lead._is_personal_mail(
                message, recipients, customer, lead.email_normalized
            ):
                lead._register_first_contact()
        return recipients

    def unlink(self):
        """Delete the orders; who shows their leads is told."""
        self.sudo().dealer_crm_lead_id._announce_change()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_won(self):
        for order in self.sudo():
            lead = order.dealer_crm_lead_id
            if lead.won_status == "won":
                raise UserError(
                    self.env._(
                        "%(order)s belongs to %(lead)s, which is closed in %(stage)s, so it cannot"
                        " be deleted: a Dealer Manager can reopen the lead first.",
                        order=order.name,
                        lead=lead._get_label(),
                        stage=lead.stage_id.name,
                    )
                )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """An order from an e-mail gets no lead, because the sender of an e-mail may be forged."""
        if isinstance(custom_values, dict):
            custom_values = {
                name: value for name, value in custom_values.items() if name != "dealer_crm_lead_id"
            }
        orders = self.with_context(default_dealer_crm_lead_id=False)
        return super(SaleOrder, orders).message_new(msg_dict, custom_values)

    def _check_lead_link(self, new_lead):
        """Check that these orders may be linked to ``new_lead`` (with sudo) instead of their leads.

        The user needs write access to the old and the new leads, also in sudo; only the superuser
        does not. An e-mail has access to none. Orders of a closed lead stay linked to it, and a won
        lead gets no more orders.
        """
        old_leads = self.sudo().dealer_crm_lead_id - new_lead
        leads = old_leads | new_lead
        leads._claim()
        own = leads.browse() if leads._is_mail() else leads.sudo(False)._filtered_access("write")
        if foreign := leads - own:
            raise AccessError(
                self.env._(
                    "%(order)s cannot be linked to or unlinked from a lead that you may not change:"
                    " ask the lead's salesperson or a Dealer Manager.",
                    order=self._get_order_of(foreign).name,
                )
            )
        closed = old_leads.filtered(lambda lead: lead.won_status != "pending")
        closed |= new_lead.filtered(lambda lead: lead.won_status == "won")
        if closed:
            raise UserError(
                self.env._(
                    "%(lead)s is closed in %(stage)s, so its orders cannot change (%(order)s): a"
                    " Dealer Manager can reopen it first.",
                    lead=closed[0]._get_label(),
                    stage=closed[0].stage_id.name,
                    order=self._get_order_of(closed).name,
                )
            )
        if not self.env.su:
            self.order_line._count_delivered()

    def _get_order_of(self, leads):
        return self.filtered(lambda order: order.sudo().dealer_crm_lead_id in leads)[:1] or self[:1]

    def _set_dealer_lead(self, lead):
        """Link a new quotation to ``lead`` unchecked: the caller has checked the user's rights."""
        lead._announce_change()
        lead.sudo()._mark_ordered()
        result = super().write({"dealer_crm_lead_id": lead.id})
        self._log_quoted()
        return result

    def _move_to_lead(self, lead):
        """Link these orders to ``lead``, into which theirs are merged; its history has them."""
        self._check_lead_link(lead.sudo())
        (lead | self.sudo().dealer_crm_lead_id)._announce_change()
        lead.sudo()._mark_ordered()
        return super().write({"dealer_crm_lead_id": lead.id})

    def _log_quoted(self):
        for order in self.sudo():
            order._log_on_lead(self.env._("Quotation made: %(order)s.", order=order.name))

    def _log_confirmed(self):
        for order in self.sudo().filtered("dealer_crm_lead_id"):
            order._log_on_lead(
                self.env._(
                    "Order confirmed: %(order)s, %(amount)s.",
                    order=order.name,
                    amount=format_amount(self.env, order.amount_total, order.currency_id),
                )
            )

    def _log_on_lead(self, sentence):
        """Log ``sentence`` in the history of this order's lead."""
        lead = self.sudo().dealer_crm_lead_id
        lead._message_log_batch({lead.id: sentence})

    def _get_transfers(self):
        """All transfers of these orders' goods.

        ``picking_ids`` lists a transfer of several orders under the first order only, so the moves
        of the lines are read, too.
        """
        return self.picking_ids | self.order_line.move_ids.picking_id

    def _get_open_transfers(self):
        return self._get_transfers().filtered(lambda each: each.state not in CLOSED_TRANSFER)

    def _get_sold_lines(self):
        return self.order_line.filtered(lambda line: line._is_sold())

    def _get_delivery_blockers(self):
        """List of sentences about what this confirmed order has not delivered yet."""
        self.ensure_one()
        blockers = [
            self.env._(
                "Delivery %(picking)s of order %(order)s is not done: validate it.",
                picking=picking.name,
                order=self.name,
            )
            for picking in self._get_open_transfers()
        ]
        short = self.order_line.filtered(
            lambda line: line._is_short() and not line._has_open_transfer()
        )
        transfers = self._get_transfers()
        if short and transfers and all(each.state == "cancel" for each in transfers):
            return [
                self.env._(
                    "All deliveries of order %(order)s are cancelled (%(pickings)s): deliver the"
                    " goods again or cancel the order.",
                    order=self.name,
                    pickings=", ".join(transfers.mapped("name")),
                )
            ]
        return blockers + [
            self.env._(
                "%(product)s in order %(order)s: %(delivered)s of %(ordered)s delivered: deliver"
                " the rest or lower the order.",
                product=line.product_id.display_name,
                order=self.name,
                delivered=line._format_quantity(line.qty_delivered),
                ordered=line._format_quantity(line.product_uom_qty),
            )
            for line in short
        ]

    def _get_delivery_state(self):
        """What the goods of these confirmed orders wait for; None if nothing is left to deliver.

        :return: 'stock', 'handover' (they are there) or 'rest' (no transfer is open for them)
        """
        waiting = self._get_open_transfers()
        if waiting:
            is_there = all(transfer.state == "assigned" for transfer in waiting)
            return "handover" if is_there else "stock"
        return "rest" if any(line._is_short() for line in self.order_line) else None

    @contextmanager
    def _watch_closed_leads(self):
        """Context manager that reports changes to the sale of closed leads, made within it."""
        orders = self.sudo().filtered("dealer_crm_lead_id")
        orders.dealer_crm_lead_id._claim()
        orders = orders.filtered(lambda order: order.dealer_crm_lead_id.won_status != "pending")
        before = {order: order._get_sale_state() for order in orders}
        yield
        for order, state in before.items():
            now = order._get_sale_state()
            if state != now:
                order._report_sale_state(state, now)

    def _get_sale_state(self):
        """State of the sale: 'sold', 'unsold' (not confirmed), 'returned' (wholly) or 'empty'."""
        self.ensure_one()
        if self.state not in CONFIRMED:
            return "unsold"
        sold = self._get_sold_lines()
        if not sold:
            return "empty"
        goods = sold.filtered(lambda line: line._is_goods())
        moved = goods.move_ids.filtered(lambda move: move.state == "done")
        if moved and all(line.product_uom_id.compare(line.qty_delivered, 0) <= 0 for line in goods):
            return "returned"
        return "sold"

    def _report_sale_state(self, before, now):
        self.ensure_one()
        lead = self.dealer_crm_lead_id
        is_lost = lead.won_status == "lost"
        if before != ("unsold" if is_lost else "sold"):
            return
        names = {"lead": lead.display_name, "order": self.name, "stage": lead.stage_id.name}
        if is_lost:
            sentence = self.env._(
                "Order %(order)s was confirmed after %(lead)s was closed in %(stage)s. Reopen the"
                " lead if the deal is on again, or cancel the order.",
                **names,
            )
        elif now == "unsold":
            sentence = self.env._(
                "Order %(order)s was cancelled after %(lead)s was closed in %(stage)s. Reopen the"
                " lead if the deal is off.",
                **names,
            )
        elif now == "returned":
            sentence = self.env._(
                "All goods of order %(order)s came back after %(lead)s was closed in %(stage)s."
                " Reopen the lead if the deal is off.",
                **names,
            )
        else:
            sentence = self.env._(
                "Order %(order)s was emptied after %(lead)s was closed in %(stage)s. Reopen the"
                " lead if the deal is off.",
                **names,
            )
        lead._report_sale(sentence)
