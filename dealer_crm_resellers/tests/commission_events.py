"""Random histories of ``commission_histories`` with real orders, invoices and payments."""

from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

#: what Odoo may refuse: a win without an order, an invoice of nothing or of a negative sum
REFUSED = ("win", "invoice", "down payment", "credit", "pay", "unpost")


class RealEvents:
    """The events of ``commission_histories`` in Odoo, done as people do them."""

    def __init__(self, case, world):
        self.case, self.env, self.step = case, case.env, Decimal(world.step)
        self.currency = case.currencies[world.step]
        self.resellers = case.resellers
        self.plans = [case.plan_of(plan, world.step) for plan in world.plans]
        for reseller, (record, _plan) in zip(self.resellers, self.plans, strict=True):
            reseller.dealer_commission_plan_id = record
        self.lead = case.make_lead(case.negotiation)
        self.lead.assign_partner(self.resellers[0])
        self.orders = [
            self.make_order(order, case.pricelists[world.step]) for order in world.orders
        ]
        #: the plan of (reseller, order)
        self.deals = {}
        self.decided = {}
        self.done = []
        if world.won:
            self.happen("win", 0, 0)

    def make_order(self, order, pricelist):
        record = self.env["sale.order"].create(
            {
                "partner_id": self.case.buyer.id,
                "dealer_crm_lead_id": self.lead.id,
                "pricelist_id": pricelist.id,
                "order_line": [
                    Command.create(self.line(line.product, float(line.quantity), line.price))
                    for line in order.lines
                ],
            }
        )
        record.action_confirm()
        return record

    def line(self, product, quantity, price):
        return {
            "product_id": self.case.goods[product].id,
            "product_uom_qty": quantity,
            "price_unit": float(price % 10**6 * self.step),
            "tax_ids": [Command.set(self.case.tax.ids if product % 2 else [])],
        }

    def happen(self, event, which, much):
        """Do it, or let Odoo refuse it and change nothing."""
        self.done.append((event, which, much))
        try:
            with self.env.cr.savepoint():
                getattr(self, event.replace(" ", "_"))(which, much)
                self.env.cr.flush()
        except UserError:
            if event not in REFUSED:
                raise

    # What people decide

    def win(self, which, much):
        if self.lead.won_status != "won":
            self.lead.action_mark_won()
            for number, order in enumerate(self.orders):
                if order.state == "sale":
                    self.deals.setdefault((self.reseller, number), self.plans[self.reseller][1])

    @property
    def reseller(self):
        return self.resellers.ids.index(self.lead.partner_assigned_id.id)

    def reopen(self, which, much):
        if self.lead.won_status == "won":
            self.lead.with_user(self.case.manager).action_reopen("Not sold")

    def assign(self, which, much):
        self.reopen(which, much)
        self.lead.assign_partner(self.resellers[which % 3])

    def terms(self, which, much):
        one, two = which % 3, much % 3
        self.plans[one], self.plans[two] = self.plans[two], self.plans[one]
        for number in (one, two):
            self.resellers[number].dealer_commission_plan_id = self.plans[number][0]

    def cancel(self, which, much):
        order = self.order(which)
        if order.state == "sale":
            order._action_cancel()

    def confirm(self, which, much):
        order = self.order(which)
        if order.state == "cancel":
            order.action_draft()
            order.action_confirm()
            deal = (self.reseller, self.orders.index(order))
            if self.lead.won_status == "won" and deal not in self.deals:
                siblings = [plan for (who, _n), plan in self.deals.items() if who == deal[0]]
                self.deals[deal] = (siblings or [self.plans[self.reseller][1]])[0]

    # What is sold

    def order(self, which):
        return self.orders[which % len(self.orders)]

    def add(self, which, much):
        self.order(which).order_line = [Command.create(self.line(which % 3, 1, 7 * much + 1))]

    def discount(self, which, much):
        order = self.order(which)
        off = -order.amount_untaxed * (much % 30) / 100
        self.order(which).order_line = [
            Command.create({**self.line(3, 1, 1), "price_unit": min(off, 0) - 1})
        ]

    def pick(self, which):
        lines = self.order(which).order_line.filtered(lambda line: not line.is_downpayment)
        return lines[which // 2 % len(lines)]

    def quantity(self, which, much):
        self.pick(which).product_uom_qty = (much % 60 - 5) / 4

    def price(self, which, much):
        line = self.pick(which)
        line.price_unit = 37 * much * float(self.step) * (-1 if line.price_unit < 0 else 1)

    # Money

    def moves(self, which, kinds=("out_invoice", "out_refund")):
        return (
            self.order(which)
            .invoice_ids.filtered(lambda move: move.state == "posted" and move.move_type in kinds)
            .sorted("id")
        )

    def pick_move(self, which, *kinds):
        moves = self.moves(which, *kinds)
        return moves[which // 2 % len(moves)] if moves else moves

    def invoice(self, which, much):
        moves = self.order(which)._create_invoices(final=True)
        if much % 3:
            for line in moves.invoice_line_ids.filtered("product_id"):
                line.quantity *= (much % 100 + 1) / 100
        moves.invoice_date = fields.Date.today()
        moves.action_post()

    def down_payment(self, which, much):
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(self.order(which).ids)],
                "advance_payment_method": "percentage",
                "amount": much % 50 + 1,
            }
        )
        wizard._create_invoices(wizard.sale_order_ids).action_post()

    def credit(self, which, much):
        move = self.pick_move(which, ("out_invoice",))
        if not move:
            return
        back = move._reverse_moves([{"invoice_date": move.invoice_date}])
        for line in back.invoice_line_ids.filtered("product_id"):
            line.quantity *= (much % 100 + 1) / 100
        back.action_post()
        if much % 2:
            lines = (move | back).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable" and not line.reconciled
            )
            lines.reconcile()

    def unpost(self, which, much):
        if move := self.pick_move(which):
            move.button_draft()
            if much % 2:
                move.button_cancel()

    def pay(self, which, much):
        move = self.pick_move(which)
        if move and move.amount_residual:
            rest = move.amount_residual
            amount = rest if much % 3 == 0 else move.currency_id.round(rest * much / 1000)
            self.register(move, amount)

    def register(self, move, amount):
        if amount:
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=move.ids
            ).create({"amount": amount, "payment_difference_handling": "open"})._create_payments()

    def undo(self, which, much):
        if move := self.pick_move(which):
            lines = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            lines.remove_move_reconcile()

    # The ledger

    @property
    def commissions(self):
        return self.lead.commission_ids.sudo()

    def commission(self, which):
        found = self.commissions.sorted("id").with_user(self.case.manager)
        return found[which % len(found)] if found else found

    def entries(self, which, state):
        return self.commission(which).entry_ids.filtered(lambda entry: entry.state == state)

    def approve(self, which, much):
        if entries := self.entries(which, "draft"):
            entries.action_approve()

    def refuse(self, which, much):
        if much % 3:
            if entries := self.entries(which, "draft"):
                entries[:1].action_refuse()
        elif entries := self.entries(which, "approved") | self.entries(which, "refused"):
            entries.action_back_to_draft()
            for entry in entries.ids:
                self.decided.pop(entry, None)

    def by_hand(self, which, much):
        if commission := self.commission(which):
            commission.action_adjust(float((much - 500 or 1) * self.step), "By hand")

    def bill(self, which, much):
        if entries := self.entries(which, "approved"):
            entries.action_create_bills()

    def bills(self, which):
        found = self.commissions.entry_ids.bill_line_id.move_id.sorted("id")
        return found[which % len(found)] if found else found

    def settle_bill(self, which, much):
        if bill := self.bills(which):
            if bill.state == "draft":
                bill.action_post()
            if much % 3 and bill.amount_residual:
                self.register(bill, bill.amount_residual)

    def reverse_bill(self, which, much):
        if bill := self.bills(which):
            if bill.state == "draft":
                if much % 2:
                    bill.button_cancel()
                else:
                    bill.unlink()
            elif much % 2:
                bill._reverse_moves([{"invoice_date": bill.invoice_date}], cancel=True)
            else:
                bill.button_draft()
                bill.button_cancel()
