from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import AGENT, DealerCase, TransitionCase

KEEPER = f"{AGENT},stock.group_stock_user,sales_team.group_sale_salesman_all_leads"


@tagged("post_install", "-at_install")
class TestChecklist(TransitionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = new_test_user(cls.env, "dealer-keeper", KEEPER)
        cls.lead = cls.make_lead(cls.negotiation)

    def steps(self, user=None):
        self.env.invalidate_all()
        return {step["key"]: step for step in self.lead.with_user(user or self.agent).checklist}

    def assertSteps(self, done, user=None):
        """These steps are done; all of them when nothing keeps the lead from Won."""
        steps = self.steps(user)
        self.assertEqual([key for key, step in steps.items() if step["done"]], done)
        self.assertEqual(len(done) == 3, not self.lead.won_blockers)
        return steps

    def test_a_sale_from_start_to_end(self):
        steps = self.assertSteps([])
        self.assertEqual(steps["quotation"]["method"], "action_convert_to_quotation")
        self.assertIsNone(steps["confirmed"]["method"])
        order = self.make_order(self.lead, confirm=False, quantity=2)
        steps = self.assertSteps(["quotation"])
        self.assertEqual(steps["quotation"]["text"], order.name)
        self.assertEqual(steps["quotation"]["method"], "action_open_quotation")
        order.action_confirm()
        steps = self.assertSteps(["quotation", "confirmed"])
        self.assertEqual(steps["confirmed"]["text"], order.name)
        self.assertEqual(steps["delivered"]["text"], "waits for stock")
        product = order.order_line.product_id
        self.env["stock.quant"]._update_available_quantity(
            product, order.warehouse_id.lot_stock_id, 2
        )
        order.picking_ids.action_assign()
        self.assertEqual(self.steps()["delivered"]["text"], "ready to hand over")
        self.deliver(order.picking_ids)
        self.assertSteps(["quotation", "confirmed", "delivered"])

    def test_a_cancelled_delivery(self):
        order = self.make_order(self.lead)
        order.picking_ids.action_cancel()
        steps = self.assertSteps(["quotation", "confirmed"])
        self.assertEqual(steps["delivered"]["text"], "not all is delivered")
        self.assertFalse(steps["delivered"]["ask"])

    def test_a_service_and_an_empty_order(self):
        service = self.make_product(type="service", is_storable=False)
        order = self.make_order(self.lead, product=service)
        steps = self.assertSteps(["quotation", "confirmed", "delivered"])
        self.assertEqual(steps["delivered"]["text"], "nothing to deliver")
        order.order_line.product_uom_qty = 0
        steps = self.assertSteps(["quotation"])
        self.assertEqual(steps["confirmed"]["text"], f"{order.name}: no products ordered")

    def test_a_cancelled_order_is_none(self):
        self.make_order(self.lead)._action_cancel()
        self.assertSteps([])

    def test_who_sees_which_link(self):
        order = self.make_order(self.lead)
        step = self.steps()["delivered"]
        self.assertEqual((step["method"], step["ask"]), (None, True))
        for user in self.outsiders | self.other_agent:
            with self.assertRaises(AccessError):
                self.lead.with_user(user).action_open_deliveries()
        self.lead.user_id = self.keeper
        step = self.steps(self.keeper)["delivered"]
        self.assertEqual((step["method"], step["ask"]), ("action_open_deliveries", False))
        lead = self.lead.with_user(self.keeper)
        self.assertEqual(lead.action_open_deliveries()["res_id"], order.picking_ids.id)
        other = self.make_order(self.lead)
        listed = self.env["stock.picking"].search(lead.action_open_deliveries()["domain"])
        self.assertEqual(listed, (order | other).picking_ids.sorted())

    def test_no_delivery_yet(self):
        with self.assertRefused(UserError, self.lead.contact_name):
            self.lead.with_user(self.agent).action_open_deliveries()

    def test_open_order_when_it_is_one(self):
        self.assertFalse(self.lead.is_ordered)
        order = self.make_order(self.lead, confirm=False)
        self.assertFalse(self.lead.is_ordered)
        order.action_confirm()
        self.assertTrue(self.lead.is_ordered)
        order._action_cancel()
        self.assertFalse(self.lead.is_ordered)


@tagged("post_install", "-at_install")
class TestAskWarehouse(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stock = "base.group_user,stock.group_stock_user"
        cls.keeper = new_test_user(cls.env, "dealer-keeper", stock)
        cls.lead = cls.make_lead(cls.negotiation, contact_name="Wanda Waits")
        cls.order = cls.make_order(cls.lead)
        cls.order.warehouse_id.dealer_crm_user_id = cls.keeper

    def ask(self, user=None):
        return self.lead.with_user(user or self.agent).action_ask_warehouse()

    def activities(self):
        return self.order.picking_ids.activity_ids

    def test_once(self):
        answer = self.ask()
        activity = self.activities()
        self.assertEqual(activity.user_id, self.keeper)
        self.assertIn("Wanda Waits", activity.summary)
        self.assertIn(self.agent.name, activity.note)
        self.assertIn(self.order.picking_ids.name, activity.note)
        self.assertIn(self.keeper.name, answer["params"]["message"])
        step = self.lead.with_user(self.agent).checklist[-1]
        self.assertFalse(step["ask"])
        self.assertIn(self.keeper.name, step["text"])
        self.assertIn("already", self.ask(self.manager)["params"]["message"])
        self.assertEqual(self.activities(), activity)
        self.assertIn(self.keeper.name, self.lead.message_ids[0].body)

    def test_again_when_it_is_done(self):
        self.ask()
        self.activities().with_user(self.keeper).action_feedback("Tomorrow")
        self.assertTrue(self.lead.with_user(self.agent).checklist[-1]["ask"])
        self.ask()
        self.assertEqual(len(self.activities()), 1)

    def test_whom(self):
        boss = new_test_user(
            self.env, "dealer-stock-boss", "base.group_user,stock.group_stock_manager"
        )
        picking = self.order.picking_ids
        self.assertEqual(picking._get_dealer_responsible(), self.keeper)
        picking.user_id = boss
        self.assertEqual(picking._get_dealer_responsible(), boss)
        # Somebody without stock rights could not open the activity.
        picking.user_id = self.clerk
        self.assertEqual(picking._get_dealer_responsible(), self.keeper)
        self.keeper.active = False
        picking.user_id = False
        self.assertTrue(picking._get_dealer_responsible().has_group("stock.group_stock_manager"))

    def test_nobody_answers(self):
        self.order.warehouse_id.dealer_crm_user_id = False
        self.env.ref("stock.group_stock_manager").all_user_ids.active = False
        with self.assertRefused(AccessError, self.order.picking_ids.name):
            self.ask()

    def test_nothing_to_ask(self):
        self.deliver(self.order.picking_ids)
        with self.assertRefused(UserError, "Wanda Waits"):
            self.ask()

    def test_who_may_ask(self):
        for user in self.outsiders | self.intake | self.other_agent:
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.ask(user)


@tagged("post_install", "-at_install")
class TestSaleHistory(DealerCase):
    """The lead's history tells of its sale, in one line each."""

    def lines(self, lead):
        bodies = lead.message_ids.sorted("id").mapped("body")
        words = ("Quotation made", "Order confirmed", "Delivered", "Invoiced", "Credited")
        return [body for body in bodies if any(word in body for word in words)]

    def test_a_sale(self):
        product = self.make_product(invoice_policy="order")
        lead = self.make_lead(self.negotiation, product_id=product.id, expected_price=100)
        agent = lead.with_user(self.agent)
        agent.action_convert_to_quotation()
        order = lead.sale_order_ids
        order.with_user(self.agent).action_confirm()
        self.deliver(order.picking_ids)
        invoice = order._create_invoices()
        invoice.action_post()
        credit = invoice._reverse_moves()
        credit.action_post()
        lines = self.lines(lead)
        self.assertEqual(len(lines), 5, lines)
        for line, words in zip(
            lines,
            (
                ("Quotation made", order.name),
                ("Order confirmed", order.name),
                ("Delivered", order.picking_ids.name, order.name),
                ("Invoiced", invoice.name, order.name),
                ("Credited", credit.name, order.name),
            ),
            strict=True,
        ):
            for word in words:
                self.assertIn(word, line)
        self.assertEqual(lead.message_ids.sorted("id").author_id[-1:], self.env.user.partner_id)

    def test_a_return_is_no_delivery(self):
        lead = self.make_lead(self.negotiation)
        order = self.make_delivered(lead)
        before = self.lines(lead)
        self.give_back(order, 1)
        self.assertEqual(self.lines(lead), before)

    def test_one_delivery_of_two_leads(self):
        first, second = self.make_lead(self.negotiation), self.make_lead(self.negotiation)
        orders = self.make_order(first) | self.make_order(second)
        pickings = orders.picking_ids
        pickings[1].move_ids.picking_id = pickings[0]
        self.deliver(pickings[0])
        for lead in first | second:
            self.assertEqual(len([x for x in self.lines(lead) if "Delivered" in x]), 1)

    def test_linked_later_and_unlinked(self):
        lead = self.make_lead(self.negotiation)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Buyer"}).id,
                "order_line": [Command.create({"product_id": self.make_product().id})],
            }
        )
        order.dealer_crm_lead_id = lead
        self.assertEqual(len(self.lines(lead)), 1)
        order.dealer_crm_lead_id = False
        self.assertEqual(len(self.lines(lead)), 1)
