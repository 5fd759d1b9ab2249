from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestGate(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.service = cls.make_product(name="Registration", type="service", is_storable=False)

    def assertBlocked(self, lead, *words, lines=None):
        """Won is refused through each way in, with these words, which ``won_blockers`` has too."""
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
        """A linked transfer that is not done counts, whichever way it goes."""
        lead = self.make()
        order = self.make_delivered(lead)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_id=order.picking_ids.id,
                active_ids=order.picking_ids.ids,
                active_model="stock.picking",
            )
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        wizard.action_create_returns()
        back = order.picking_ids.filtered(lambda picking: picking.state != "done")
        self.assertEqual(len(back), 1)
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

    def test_unlinked_order_counts_no_more(self):
        lead = self.make()
        order = self.make_delivered(lead)
        order.dealer_crm_lead_id = False
        self.assertBlocked(lead, "no confirmed order")

    def test_order_of_another_company_cannot_be_linked(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        lead = self.make()
        with self.assertRefused(UserError, lead.name):
            self.make_order(lead, self.service, company_id=company.id)

    def test_order_in_another_company_than_the_agents_current_one(self):
        """The gate sees the delivery even where the agent's company switcher hides it."""
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
        """Not even those that Sales gives."""
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
        """Sales lets an agent see own orders only; the gate sees the colleague's."""
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

    def test_won_stays_won_when_the_order_is_cancelled(self):
        lead = self.make()
        order = self.make_delivered(lead)
        lead.action_mark_won()
        order._action_cancel()
        self.assertEqual(lead.won_status, "won")

    def test_new_lead_in_a_form(self):
        """The gate's card in a form that is not saved yet."""
        draft = self.Lead.new({"contact_name": "Ana"})
        self.assertIn("no confirmed order", draft.won_blockers)
        self.assertFalse(draft.blocking_picking_ids)
