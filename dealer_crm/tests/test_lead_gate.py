from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DealerCase


class GateCase(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.service = cls.make_product(name="Registration", type="service", is_storable=False)

    def assertBlocked(self, lead, *words, lines=None):
        """Won is refused at each entry point with these words, as in ``won_blockers``."""
        blockers = lead.with_user(self.agent).won_blockers
        for word in words:
            self.assertIn(word, blockers)
        if lines:
            self.assertEqual(len(blockers.splitlines()), lines)
        for move in (
            lambda lead: lead.action_mark_won(),
            lambda lead: lead.write({"stage_id": self.won.id}),
            lambda lead: lead.write({"stage_id": self.won.id, "date_won": "2026-01-01 00:00:00"}),
        ):
            for user in (self.agent, self.admin, self.env.user):
                with self.assertRefused(UserError, lead.name, *words):
                    move(lead.with_user(user))
        self.assertRecordValues(
            lead, [{"stage_id": self.negotiation.id, "won_status": "pending", "date_won": False}]
        )

    def assertReady(self, lead):
        self.assertEqual(lead.with_user(self.agent).won_blockers, "")
        lead.with_user(self.agent).action_mark_won()
        self.assertEqual((lead.stage_id, lead.won_status), (self.won, "won"))

    def make(self, **vals):
        return self.make_lead(self.negotiation, **vals)


@tagged("post_install", "-at_install")
class TestGate(GateCase):
    def test_no_order(self):
        self.assertBlocked(self.make(), "no confirmed order", lines=1)

    def test_draft_and_sent_order(self):
        lead = self.make()
        order = self.make_order(lead, confirm=False)
        self.assertBlocked(lead, order.name, "not confirmed", lines=1)
        order.state = "sent"
        self.assertBlocked(lead, order.name, "not confirmed", lines=1)

    def test_cancelled_order(self):
        lead = self.make()
        order = self.make_delivered(lead)
        order._action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertBlocked(lead, "no confirmed order", lines=1)

    def test_undelivered(self):
        lead = self.make()
        order = self.make_order(lead, self.product)
        self.assertBlocked(lead, order.name, order.picking_ids.name, "not done", lines=1)
        self.deliver(order.picking_ids)
        self.assertReady(lead)

    def test_partly_delivered(self):
        lead = self.make()
        order = self.make_order(lead, self.product, quantity=3)
        first = order.picking_ids
        self.deliver(first, quantity=2)
        backorder = order.picking_ids - first
        self.assertEqual((first.state, len(backorder)), ("done", 1))
        self.assertBlocked(lead, order.name, backorder.name, lines=1)
        self.assertNotIn(f"{first.name} ", lead.won_blockers)
        self.assertEqual(lead.blocking_picking_ids, backorder)
        self.deliver(backorder)
        self.assertReady(lead)

    def test_backorder_that_is_cancelled(self):
        lead = self.make()
        order = self.make_order(lead, self.product, quantity=3)
        first = order.picking_ids
        self.deliver(first, quantity=2)
        (order.picking_ids - first).action_cancel()
        self.assertEqual(sorted(order.picking_ids.mapped("state")), ["cancel", "done"])
        self.assertBlocked(
            lead,
            f"Pickup in order {order.name}: 2 of 3 delivered: deliver the rest or lower the order",
            lines=1,
        )
        self.assertFalse(lead.blocking_picking_ids)
        order.order_line.product_uom_qty = 2
        self.assertReady(lead)

    def test_all_transfers_cancelled(self):
        lead = self.make()
        order = self.make_order(lead, self.product)
        order.picking_ids.action_cancel()
        self.assertEqual(order.state, "sale")
        self.assertBlocked(lead, order.name, order.picking_ids.name, "cancelled", lines=1)
        self.assertFalse(lead.blocking_picking_ids)

    def test_two_transfers_all_cancelled(self):
        lead = self.make()
        order = self.make_order(lead, self.product)
        order.picking_ids.action_cancel()
        order.picking_ids.copy().action_cancel()
        self.assertEqual(order.picking_ids.mapped("state"), ["cancel", "cancel"])
        self.assertBlocked(lead, *order.picking_ids.mapped("name"), lines=1)

    def test_return_on_its_way(self):
        """A linked transfer that is not done is a blocker, incoming or outgoing."""
        lead = self.make()
        order = self.make_delivered(lead)
        back = self.give_back(order, quantity=1, done=False)
        self.assertBlocked(lead, back.name, lines=1)

    def test_service(self):
        lead = self.make()
        order = self.make_order(lead, self.service)
        self.assertFalse(order.picking_ids)
        self.assertReady(lead)

    def test_done_order_of_an_older_series(self):
        lead = self.make()
        order = self.make_order(lead, self.service)
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET state = 'done' WHERE id = %s", [order.id])
        self.env.invalidate_all()
        self.assertReady(lead)

    def test_locked_order(self):
        lead = self.make()
        self.make_delivered(lead).action_lock()
        self.assertReady(lead)

    def test_delivered_and_a_draft_beside(self):
        lead = self.make()
        self.make_delivered(lead)
        self.make_order(lead, confirm=False)
        self.assertReady(lead)

    def test_delivered_and_an_undelivered_beside(self):
        lead = self.make()
        done = self.make_delivered(lead)
        order = self.make_order(lead, self.product)
        self.assertBlocked(lead, order.name, order.picking_ids.name, lines=1)
        self.assertNotIn(done.name, lead.won_blockers)
        order._action_cancel()
        self.assertReady(lead)

    def test_service_and_an_undelivered_beside(self):
        lead = self.make()
        self.make_order(lead, self.service)
        order = self.make_order(lead, self.product)
        self.assertBlocked(lead, order.picking_ids.name, lines=1)

    def test_every_blocker_in_one_refusal(self):
        lead = self.make()
        first, second = self.make_order(lead, self.product), self.make_order(lead, self.product)
        second.picking_ids.action_cancel()
        third = self.make_order(lead, self.product)
        self.assertBlocked(
            lead,
            *(first | second | third).mapped("name"),
            *(first | second | third).picking_ids.mapped("name"),
            lines=3,
        )

    def test_two_drafts(self):
        lead = self.make()
        orders = self.make_order(lead, confirm=False) | self.make_order(lead, confirm=False)
        self.assertBlocked(lead, *orders.mapped("name"), lines=2)

    def test_batch_names_every_lead(self):
        ready, bare, waiting = self.make(), self.make(), self.make()
        self.make_delivered(ready)
        order = self.make_order(waiting, self.product)
        with self.assertRefused(UserError, bare.name, waiting.name, order.name) as caught:
            (ready | bare | waiting).action_mark_won()
        self.assertEqual(len(str(caught.exception).splitlines()), 2)
        self.assertNotIn(ready.name, str(caught.exception))
        self.assertEqual(set((ready | bare | waiting).mapped("won_status")), {"pending"})

    def test_another_leads_order(self):
        lead, other = self.make(), self.make()
        self.make_delivered(other)
        self.assertBlocked(lead, "no confirmed order")

    def test_order_without_lines(self):
        """Convert to Quotation makes such an order of a lead without a product."""
        lead = self.make()
        lead.with_user(self.agent).action_convert_to_quotation()
        order = lead.sale_order_ids
        order.action_confirm()
        self.assertBlocked(lead, order.name, "No product is ordered", lines=1)

    def test_lines_that_sell_nothing(self):
        company = self.env.company
        company.sale_discount_product_id = self.make_product(type="service", is_storable=False)
        price_cut = {"product_id": self.service.id, "price_unit": -50}
        for lines in (
            [{"display_type": "line_section", "name": "Cars"}],
            [{"display_type": "line_note", "name": "Call first"}],
            [{"product_id": self.product.id, "product_uom_qty": 0}],
            [{"product_id": self.service.id, "product_uom_qty": 0}],
            [{"product_id": company.sale_discount_product_id.id, "price_unit": 10}],
            [{"name": "Down payment", "is_downpayment": True, "price_unit": 500}],
            [price_cut],
            [{"display_type": "line_note", "name": "Call first"}, price_cut],
        ):
            with self.subTest(lines=lines):
                lead = self.make()
                order = self.make_order(
                    lead, confirm=False, order_line=[Command.create(line) for line in lines]
                )
                order.action_confirm()
                self.assertBlocked(lead, order.name, "No product is ordered", lines=1)
                order.order_line = [Command.create({"product_id": self.service.id})]
                self.assertReady(lead)

    def test_global_discount_alone(self):
        lead = self.make()
        order = self.make_order(lead, self.service)
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "amount", "discount_amount": 10}
        ).action_apply_discount()
        self.assertEqual(len(order.order_line), 2)
        order.order_line[0].product_uom_qty = 0
        self.assertBlocked(lead, order.name, "No product is ordered", lines=1)

    def test_two_empty_orders(self):
        lead = self.make()
        orders = self.make_order(lead, self.service, quantity=0)
        orders |= self.make_order(lead, self.service, quantity=0)
        self.assertBlocked(lead, *orders.mapped("name"), lines=2)
        self.make_order(lead, self.service)
        self.assertReady(lead)

    def test_pick_and_ship_with_the_shipment_cancelled(self):
        self.env["stock.warehouse"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        ).delivery_steps = "pick_ship"
        lead = self.make()
        order = self.make_order(lead, self.product, quantity=3)
        pick = order.picking_ids
        self.deliver(pick)
        ship = order.picking_ids - pick
        self.assertEqual((pick.state, len(ship)), ("done", 1))
        self.assertBlocked(lead, ship.name, "not done", lines=1)
        ship.action_cancel()
        self.assertBlocked(lead, order.name, "0 of 3 delivered", "lower the order", lines=1)
        self.assertFalse(lead.blocking_picking_ids)

    def test_all_returned(self):
        lead = self.make()
        order = self.make_delivered(lead, product=self.product, quantity=3)
        self.give_back(order, quantity=1)
        self.assertBlocked(lead, order.name, "2 of 3 delivered", lines=1)
        self.give_back(order, quantity=2)
        self.assertBlocked(lead, order.name, "0 of 3 delivered", lines=1)

    def test_goods_that_no_transfer_carries(self):
        """As with a drop shipment whose purchase is a draft: no transfer, nothing delivered."""
        lead = self.make()
        order = self.make_order(lead, self.product, quantity=3, confirm=False)
        order.with_context(skip_procurement=True).action_confirm()
        self.assertFalse(order.picking_ids)
        self.assertBlocked(lead, order.name, "0 of 3 delivered", lines=1)

    def test_an_open_transfer_and_a_cancelled_one(self):
        """All blockers are listed: the open transfer, and goods without any transfer."""
        lead = self.make()
        order = self.make_order(lead, self.product, quantity=3)
        first = order.picking_ids
        other = self.make_product(name="Trailer")
        order.order_line = [Command.create({"product_id": other.id, "product_uom_qty": 2})]
        first.move_ids.filtered(lambda move: move.product_id == other)._action_cancel()
        self.assertBlocked(
            lead, first.name, f"Trailer in order {order.name}: 0 of 2 delivered", lines=2
        )

    def test_transfer_of_two_orders(self):
        """Odoo lists the transfer under one order only, but it blocks both."""
        lead = self.make()
        order = self.make_order(lead, self.product)
        other = self.make_order(self.make(), self.product)
        order.picking_ids.action_cancel()
        order.order_line.move_ids = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "product_uom_qty": 1,
                    "location_id": other.picking_ids.location_id.id,
                    "location_dest_id": other.picking_ids.location_dest_id.id,
                    "picking_id": other.picking_ids.id,
                }
            )
        ]
        self.assertNotIn(other.picking_ids, order.picking_ids)
        self.assertBlocked(lead, other.picking_ids.name, "not done", lines=1)
        self.assertEqual(lead.blocking_picking_ids, other.picking_ids)
