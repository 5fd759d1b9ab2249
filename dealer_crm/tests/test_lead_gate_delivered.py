"""The gate: what counts as delivered, and whose orders count."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_lead_gate import GateCase


@tagged("post_install", "-at_install")
class TestGateDelivered(GateCase):
    def test_traded_in(self):
        """A trade-in by the customer is not a sale that needs a delivery."""
        for end in (self.deliver, lambda picking: picking.action_cancel()):
            lead = self.make()
            order = self.make_order(lead, self.service)
            order.order_line = [
                Command.create({"product_id": self.product.id, "product_uom_qty": -1})
            ]
            self.assertBlocked(lead, order.picking_ids.name, "not done", lines=1)
            end(order.picking_ids)
            self.assertReady(lead)

    def test_more_delivered_than_ordered(self):
        lead = self.make()
        order = self.make_order(lead, self.product, quantity=2)
        self.deliver(order.picking_ids, quantity=3)
        self.assertEqual(order.order_line.qty_delivered, 3)
        self.assertReady(lead)

    def test_delivered_as_typed(self):
        """Entering the delivered quantity does not count, before or after linking the order."""
        lead, product = self.make(), self.product
        order = self.make_order(lead, product, user_id=self.agent.id)
        line = order.order_line.with_user(self.agent)
        with self.assertRefused(AccessError, order.name, "deliveries"):
            line.qty_delivered = 1
        loose = self.make_order(
            self.Lead,
            product,
            company_id=self.env.company.id,
            user_id=self.agent.id,
            confirm=False,
        )
        loose = loose.with_user(self.agent)
        loose.with_context(skip_procurement=True).action_confirm()
        loose.order_line.qty_delivered = 1
        other = self.make()
        loose.dealer_crm_lead_id = other
        self.assertBlocked(other, loose.name, "0 of 1 delivered", lines=1)
        service = self.make_order(lead, self.service, user_id=self.agent.id).order_line
        service.with_user(self.agent).qty_delivered = 1

    def make_undelivered(self):
        """A lead, and its order confirmed by the agent without a transfer."""
        lead = self.make()
        order = self.env["sale.order"].with_user(self.agent)
        order = order.create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Buyer"}).id,
                "dealer_crm_lead_id": lead.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_uom_qty": 3})
                ],
            }
        )
        order.with_context(skip_procurement=True).action_confirm()
        return lead, order.with_context(skip_procurement=True)

    def test_a_line_that_comes_delivered(self):
        lead, order = self.make_undelivered()
        order.order_line.product_uom_qty = 0
        line = {"product_id": self.product.id, "product_uom_qty": 5, "qty_delivered": 5}
        line["qty_delivered_method"] = "manual"
        order.write({"order_line": [Command.create(line)]})
        with self.assertRefused(UserError, order.name, "0 of 5 delivered"):
            lead.with_user(self.agent).action_mark_won()

    def test_moves_of_another_order(self):
        lead, order = self.make_undelivered()
        other = self.make()
        self.make_delivered(other)
        moves = other.sale_order_ids.order_line.move_ids.with_user(self.agent)
        self.assertEqual(moves.mapped("state"), ["done"])
        with self.assertRefused(AccessError, order.name):
            order.order_line.write({"move_ids": [Command.set(moves.ids)]})
        with self.assertRefused(AccessError, order.name):
            moves.write({"sale_line_id": order.order_line.id})
        moves.write({"sale_line_id": False})
        with self.assertRefused(AccessError, order.name):
            moves.write({"sale_line_id": order.order_line.id})
        self.assertBlocked(lead, order.name, "0 of 3 delivered", lines=1)

    def test_an_extra_product_in_the_delivery(self):
        """Odoo makes a line for what was added to the transfer, in the name of who validates it."""
        order = self.make_order(self.make())
        picking = order.picking_ids
        extra = self.make_product()
        move = picking.move_ids.copy({"product_id": extra.id, "sale_line_id": False})
        (picking.move_ids | move).write({"quantity": 1, "picked": True})
        picker = new_test_user(
            self.env, "picker", "stock.group_stock_user,sales_team.group_sale_salesman_all_leads"
        )
        picking.with_user(picker).with_context(skip_backorder=True).button_validate()
        self.assertIn(extra, order.order_line.product_id)
        self.assertEqual(move.sale_line_id.order_id, order)

    def test_a_line_stays_in_its_order(self):
        lead, order = self.make_undelivered()
        other = order.copy({"dealer_crm_lead_id": False})
        with self.assertRefused(AccessError, order.name, "confirmed"):
            order.order_line.write({"order_id": other.id})
        self.assertBlocked(lead, order.name, "0 of 3 delivered", lines=1)

    def test_goods_are_goods_whatever_the_line_says(self):
        orders = self.env["sale.order"].with_user(self.agent)
        line = {"product_id": self.product.id, "product_uom_qty": 3}

        def make(lead=None, **vals):
            order = orders.create(
                {
                    "partner_id": self.env["res.partner"].create({"name": "Buyer"}).id,
                    "dealer_crm_lead_id": lead and lead.id,
                    "order_line": [Command.create({**line, **vals})],
                }
            )
            order.with_context(skip_procurement=True).action_confirm()
            return order

        lead = self.make()
        order = make(lead)
        with self.assertRefused(AccessError, order.name, "deliveries"):
            order.order_line.write({"qty_delivered_method": "manual"})
        self.assertBlocked(lead, order.name, "0 of 3 delivered", lines=1)
        lead = self.make()
        loose = make()
        loose.order_line.write({"qty_delivered_method": "manual", "qty_delivered": 3})
        loose.dealer_crm_lead_id = lead
        self.assertBlocked(lead, loose.name, "0 of 3 delivered", lines=1)
        for vals in (
            {"is_expense": True},
            {"is_expense": True, "qty_delivered": 3},
            {"qty_delivered_method": "manual", "qty_delivered": 3},
        ):
            with self.subTest(vals):
                lead = self.make()
                order = make(lead, **vals)
                self.assertBlocked(lead, order.name, "0 of 3 delivered", lines=1)

    def test_blockers_follow_what_happens(self):
        """Cached blockers are updated with quantities, deliveries and returns."""
        lead = self.make()
        order = self.make_order(lead, self.product, quantity=3)
        said = [lead.won_blockers, lead.blocking_picking_ids]
        self.deliver(order.picking_ids, quantity=2)
        backorder = order.picking_ids.filtered(lambda each: each.state != "done")
        said += [lead.won_blockers, lead.blocking_picking_ids]
        backorder.action_cancel()
        said += [lead.won_blockers, lead.blocking_picking_ids]
        order.order_line.product_uom_qty = 2
        said += [lead.won_blockers]
        self.give_back(order, quantity=2)
        said += [lead.won_blockers]
        order.order_line = [Command.create({"product_id": self.service.id})]
        order.order_line[0].product_uom_qty = 0
        said += [lead.won_blockers]
        first = order.picking_ids.sorted("id")[0]
        self.assertEqual(
            said,
            [
                f"Delivery {first.name} of order {order.name} is not done: validate it.",
                first,
                f"Delivery {backorder.name} of order {order.name} is not done: validate it.",
                backorder,
                f"Pickup in order {order.name}: 2 of 3 delivered: deliver the rest or lower the order.",
                backorder.browse(),
                "",
                f"Pickup in order {order.name}: 0 of 2 delivered: deliver the rest or lower the order.",
                "",
            ],
        )

    def test_quantities_in_words(self):
        line = self.make_order(self.make(), self.product).order_line
        said = [line._format_quantity(number) for number in (0, 1, 2.5, 10, 1_000_000, -3)]
        self.assertEqual(said, ["0", "1", "2.5", "10", "1000000", "-3"])

    def test_unlinked_order_counts_no_more(self):
        lead = self.make()
        order = self.make_delivered(lead)
        order.dealer_crm_lead_id = False
        self.assertBlocked(lead, "no confirmed order")

    def test_order_of_another_company_cannot_be_linked(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        lead = self.make()
        with self.assertRefused(UserError, lead.display_name, "Second Dealer"):
            self.make_order(lead, self.service, company_id=company.id)

    def test_order_in_another_company_than_the_agents_current_one(self):
        """The gate reads the delivery even if the agent has not selected its company."""
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.agent.company_ids = [Command.link(company.id)]
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        lead = self.make(company_id=company.id, user_id=self.agent.id)
        order = self.make_order(lead, self.product, warehouse_id=warehouse.id)
        both = {"allowed_company_ids": [self.env.company.id, company.id]}
        seen = lead.with_user(self.agent).with_context(**both)
        self.assertIn(order.picking_ids.name, seen.won_blockers)
        with self.assertRefused(UserError, order.picking_ids.name):
            seen.action_mark_won()
        self.deliver(order.picking_ids)
        seen.action_mark_won()
        self.assertEqual(lead.won_status, "won")

    def test_agent_without_stock_rights(self):
        """Also without the stock rights that Sales grants."""
        self.assertFalse(self.agent.has_group("stock.group_stock_user"))
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "in", ["stock.picking", "stock.move"]),
                ("group_id", "in", self.agent.all_group_ids.ids),
            ]
        ).unlink()
        self.assertFalse(self.env["stock.picking"].with_user(self.agent).has_access("read"))
        lead = self.make()
        order = self.make_order(lead, self.product)
        self.assertBlocked(lead, order.name, order.picking_ids.name)
        self.deliver(order.picking_ids)
        self.assertReady(lead)

    def test_order_of_a_colleague(self):
        """The agent may only see own orders; the gate reads the colleague's, too."""
        lead = self.make()
        order = self.make_order(lead, self.product, user_id=self.other_agent.id)
        self.assertFalse(
            self.env["sale.order"].with_user(self.agent).search([("id", "=", order.id)])
        )
        self.assertBlocked(lead, order.name, order.picking_ids.name)
        self.deliver(order.picking_ids)
        self.assertReady(lead)

    def test_reset_to_quotation(self):
        lead = self.make()
        order = self.make_delivered(lead)
        order._action_cancel()
        order.action_draft()
        self.assertBlocked(lead, order.name, "not confirmed")

    def test_new_lead_in_a_form(self):
        """The blockers in a form that is not saved yet."""
        draft = self.Lead.new({"contact_name": "Ana"})
        self.assertIn("no confirmed order", draft.won_blockers)
        self.assertFalse(draft.blocking_picking_ids)
