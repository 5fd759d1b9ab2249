"""Changes to the orders of closed leads, and what is reported of sales."""

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_lead_orders import OrderCase


@tagged("post_install", "-at_install")
class TestAftermath(OrderCase):
    """Changes to an order after its lead was closed are reported to the lead's manager once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.leader = new_test_user(
            cls.env, "dealer-leader", "base.group_user,dealer_crm.group_dealer_manager"
        )
        cls.team = cls.env["crm.team"].create({"name": "Team", "user_id": cls.leader.id})

    def make(self, **vals):
        return super().make(team_id=self.team.id, **vals)

    def told(self, lead, since):
        """The notes of changes that the lead's manager is told of."""
        messages = lead.message_ids.filtered(lambda message: message.id > since)
        return [body for body in messages.mapped("body") if "after" in body]

    def assertTold(self, lead, since, *words, user=None):
        """There is one new note with these words, and one activity for the manager."""
        notes = self.told(lead, since)
        self.assertEqual(len(notes), 1, notes)
        for word in (lead.display_name, *words):
            self.assertIn(word, notes[0])
        self.assertRecordValues(
            lead.activity_ids.filtered(lambda each: each.summary.startswith("The sale")),
            [{"user_id": (user or self.leader).id, "res_id": lead.id}],
        )

    def last(self, lead):
        return lead.message_ids[:1].id or 0

    def win(self, lead):
        lead.with_user(self.agent).action_mark_won()
        self.env.flush_all()
        self.env.cr.flush()
        return self.last(lead)

    def test_cancelled(self):
        lead = self.make()
        order = self.make_order(lead, self.service, user_id=self.agent.id)
        since = self.win(lead)
        order.with_user(self.agent)._action_cancel()
        self.assertTold(lead, since, order.name, "cancelled", "Won", "Reopen")
        self.assertEqual(lead.won_status, "won")

    def test_cancelled_by_who_knows_no_leads(self):
        lead = self.make()
        order = self.make_order(lead, self.service, user_id=self.salesman.id)
        since = self.win(lead)
        order.with_user(self.salesman)._action_cancel()
        self.assertTold(lead, since, order.name, "cancelled")

    def test_locked_and_reset(self):
        """Only what undoes the sale is reported; cancelling again adds no second activity."""
        lead = self.make()
        order = self.make_order(lead, self.service)
        since = self.win(lead)
        order.action_lock()
        order.action_unlock()
        order.write({"state": "sale", "note": "x"})
        self.assertFalse(self.told(lead, since))
        order._action_cancel()
        order.action_draft()
        self.assertTold(lead, since, order.name)
        order.action_confirm()
        since = self.last(lead)
        order._action_cancel()
        self.assertTold(lead, since, order.name)

    def test_wholly_returned(self):
        lead = self.make()
        order = self.make_delivered(lead, product=self.product, quantity=3)
        since = self.win(lead)
        self.give_back(order, 1)
        self.give_back(order, 1)
        self.assertFalse(self.told(lead, since))
        clerk = new_test_user(self.env, "dealer-storeman", "stock.group_stock_user")
        self.deliver(self.give_back(order, 1, done=False).with_user(clerk))
        self.assertTold(lead, since, order.name, "came back")

    def test_delivery_that_is_corrected_to_nothing(self):
        lead = self.make()
        order = self.make_delivered(lead, product=self.product, quantity=2)
        since = self.win(lead)
        order.picking_ids.move_ids.move_line_ids.quantity = 0
        self.assertTold(lead, since, order.name, "came back")

    def test_lowered_to_nothing(self):
        lead = self.make()
        order = self.make_order(lead, self.service, quantity=2)
        since = self.win(lead)
        order.order_line.product_uom_qty = 1
        self.assertFalse(self.told(lead, since))
        order.order_line = [Command.update(order.order_line.id, {"product_uom_qty": 0})]
        self.assertTold(lead, since, order.name, "was emptied")

    def test_lost_and_confirmed(self):
        lead = self.make()
        order = self.make_order(lead, self.product, confirm=False, user_id=self.agent.id)
        self.lose(lead)
        self.env.cr.flush()
        since = self.last(lead)
        order.action_quotation_sent()
        self.assertFalse(self.told(lead, since))
        order.with_user(self.agent).action_confirm()
        self.assertTold(lead, since, order.name, "confirmed", "Lost", "Reopen")
        self.assertEqual(lead.won_status, "lost")
        since = self.last(lead)
        order._action_cancel()
        self.assertFalse(self.told(lead, since))

    def test_an_order_that_won_nothing(self):
        """Changes to an order that was not confirmed when the lead was won are not reported."""
        lead = self.make()
        self.make_order(lead, self.service)
        spare = self.make_order(lead, self.product, confirm=False)
        since = self.win(lead)
        spare._action_cancel()
        spare.action_draft()
        spare.action_confirm()
        self.assertFalse(self.told(lead, since))

    def test_open_lead(self):
        lead = self.make()
        order = self.make_delivered(lead, product=self.product)
        self.env.cr.flush()
        since = self.last(lead)
        self.give_back(order, 1)
        order._action_cancel()
        self.assertFalse(self.told(lead, since))
        self.assertFalse(lead.activity_ids)

    def test_whose_activity(self):
        """The team leader, if a Dealer Manager, else a Dealer Manager of the lead's company."""
        abroad = self.env["res.company"].create({"name": "Abroad"})
        self.env.ref("dealer_crm.group_dealer_manager").all_user_ids.filtered(
            lambda user: user not in (self.manager | self.leader | self.admin)
        ).active = False
        for user, prepare in (
            (self.leader, lambda: None),
            (self.manager, lambda: self.team.write({"user_id": self.agent.id})),
            (self.leader, lambda: self.manager.write({"active": False})),
            (
                self.admin,
                lambda: self.leader.write(
                    {"company_id": abroad.id, "company_ids": [Command.set(abroad.ids)]}
                ),
            ),
        ):
            prepare()
            lead = self.make()
            order = self.make_order(lead, self.service)
            since = self.win(lead)
            order._action_cancel()
            self.assertTold(lead, since, order.name, user=user)
        self.admin.active = False
        lead = self.make()
        order = self.make_order(lead, self.service)
        lead.action_mark_won()
        order._action_cancel()
        self.assertFalse(lead.activity_ids)
        self.assertIn("cancelled", lead.message_ids[0].body)

    def test_archived_lead_that_closes(self):
        """The lead is unarchived, so that the board shows it."""
        won, lost = self.make(), self.make()
        self.make_order(won, self.service)
        (won | lost).action_archive()
        won.with_user(self.agent).action_mark_won()
        lost.write({"stage_id": self.lost.id, "lost_reason": self.reason.id, "active": False})
        self.assertEqual((won | lost).mapped("active"), [True, True])
        lost.action_archive()
        self.assertFalse(lost.active)


@tagged("post_install", "-at_install")
class TestReport(OrderCase):
    """The orders in the payload of a won lead."""

    def won_payload(self, lead):
        self.endorse(lead)
        lead.action_mark_won()
        return lead.callback_ids.payload

    def test_one_order(self):
        lead = self.make()
        order = self.make_order(lead, self.service)
        self.make_order(lead, confirm=False)
        payload = self.won_payload(lead)
        told = {"name": order.name, "amount_total": order.amount_total, "currency": "USD"}
        self.assertEqual(payload["sale_order"], told)
        self.assertEqual(payload["sale_orders"], [told])
        self.assertGreater(order.amount_total, 0)

    def test_two_currencies(self):
        """Each order has its own amount and currency; amounts are not added up."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        abroad = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        lead = self.make()
        orders = [
            self.make_order(
                lead,
                confirm=False,
                pricelist_id=pricelist.id if pricelist else False,
                order_line=[
                    Command.create(
                        {"product_id": self.service.id, "price_unit": price, "tax_ids": []}
                    )
                ],
            )
            for price, pricelist in ((100, None), (2500.5, abroad), (40, abroad))
        ]
        for order in orders:
            order.action_confirm()
        payload = self.won_payload(lead)
        told = [
            {"name": order.name, "amount_total": amount, "currency": currency}
            for order, amount, currency in zip(
                orders, (100, 2500.5, 40), ("USD", "EUR", "EUR"), strict=True
            )
        ]
        self.assertEqual(payload["sale_orders"], told)
        self.assertEqual(payload["sale_order"], told[0])
        self.assertEqual(payload["schema_version"], 1)
