"""Orders and their leads: who may link them."""

import uuid
from email.message import EmailMessage

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import DealerCase


class OrderCase(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.make_product(name="Registration", type="service", is_storable=False)
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer"})
        cls.salesman = new_test_user(cls.env, "sales-only", "sales_team.group_sale_salesman")
        cls.sales_manager = new_test_user(cls.env, "sales-manager", "sales_team.group_sale_manager")

    def make(self, **vals):
        return self.make_lead(self.negotiation, **vals)

    def make_order_of(self, user, lead=None, **vals):
        return self.env["sale.order"].create(
            {
                "partner_id": self.buyer.id,
                "user_id": user.id,
                "company_id": self.env.company.id,
                "dealer_crm_lead_id": lead.id if lead else False,
                "order_line": [Command.create({"product_id": self.service.id})],
                **vals,
            }
        )


@tagged("post_install", "-at_install")
class TestLink(OrderCase):
    def entry_points(self, user, order, lead):
        """Dict of name to call: each way for ``user`` to link ``order`` to ``lead``."""
        Order = self.env["sale.order"].with_user(user)
        order = order.with_user(user)
        values = {"partner_id": self.buyer.id, "user_id": user.id}
        default = {"default_dealer_crm_lead_id": lead.id}
        return {
            "write": lambda: order.write({"dealer_crm_lead_id": lead.id}),
            "web_save": lambda: order.web_save({"dealer_crm_lead_id": lead.id}, {"name": {}}),
            "sudo": lambda: order.sudo().write({"dealer_crm_lead_id": lead.id}),
            "create": lambda: Order.create({**values, "dealer_crm_lead_id": lead.id}),
            "create in sudo": lambda: Order.sudo().create(
                {**values, "dealer_crm_lead_id": lead.id}
            ),
            "default": lambda: Order.with_context(**default).create(values),
            "default in sudo": lambda: Order.sudo().with_context(**default).create(values),
            "copy": lambda: order.copy({"dealer_crm_lead_id": lead.id}),
            "import": lambda: self.load(Order, order, lead),
            "from the lead": lambda: lead.with_user(user).write(
                {"sale_order_ids": [Command.link(order.id)]}
            ),
        }

    def load(self, Order, order, lead):
        result = Order.load([".id", "dealer_crm_lead_id/.id"], [[order.id, lead.id]])
        if not result["ids"]:
            raise AccessError(str(result["messages"]))

    def test_nobody_links_to_a_lead_that_is_not_his(self):
        lead = self.make(user_id=self.other_agent.id)
        for user in (self.agent, self.salesman, self.sales_manager):
            for entry_point, attempt in self.entry_points(
                user, self.make_order_of(user), lead
            ).items():
                with self.subTest(user=user.login, entry_point=entry_point):
                    with self.assertRaises(AccessError) as caught, self.env.cr.savepoint():
                        attempt()
                    self.assertNotIn(lead.name, str(caught.exception))
                    self.assertNotIn(lead.contact_name, str(caught.exception))
        self.env.invalidate_all()
        self.assertFalse(lead.sale_order_ids)

    def test_a_number_in_a_text_is_a_number(self):
        lead = self.make(user_id=self.other_agent.id)
        orders = self.env["sale.order"].with_user(self.agent)
        vals = {"partner_id": self.buyer.id, "user_id": self.agent.id}
        for number in (str(lead.id), float(lead.id)):
            with self.subTest(number), self.assertRefused(AccessError, "salesperson"):
                orders.create({**vals, "dealer_crm_lead_id": number})
        with self.assertRefused(UserError, "lost reason"):
            self.make(lost_reason=str(self.reason.id))

    def test_each_entry_point_opens_for_who_may(self):
        for user in (self.agent, self.manager):
            for entry_point in self.entry_points(user, self.env["sale.order"], self.Lead):
                with self.subTest(user=user.login, entry_point=entry_point):
                    lead = self.make()
                    self.entry_points(user, self.make_order_of(user), lead)[entry_point]()
                    self.env.invalidate_all()
                    self.assertEqual(lead.sale_order_ids.user_id, user)

    def test_nobody_takes_an_order_from_a_lead_that_is_not_his(self):
        lead, own = self.make(user_id=self.other_agent.id), self.make()
        order = self.make_order_of(self.agent, lead)
        for value in (False, own.id, None, 0):
            for mine in (order.with_user(self.agent), order.with_user(self.agent).sudo()):
                with self.assertRefused(AccessError, order.name):
                    mine.dealer_crm_lead_id = value
        order.with_user(self.agent).write({"dealer_crm_lead_id": lead.id, "note": "As it was"})
        self.assertEqual(order.dealer_crm_lead_id, lead)
        order.with_user(self.manager).dealer_crm_lead_id = own
        self.assertEqual(own.sale_order_ids, order)

    def mail(self, user, custom_values=None, sender=None, model="sale.order", **context):
        message = EmailMessage()
        message["From"] = (sender or user).email
        message["To"] = "sales@example.com"
        message["Subject"] = "An order"
        message["Message-Id"] = f"<{uuid.uuid4()}@example.com>"
        message.set_content("Please")
        thread = self.env["mail.thread"].with_user(user).with_context(**context)
        return self.env[model].browse(
            thread.message_process(model, message.as_string(), custom_values)
        )

    def test_the_mail_gateway_links_nothing(self):
        """Also if the From address is that of a user who may link orders."""
        lead = self.make(user_id=self.other_agent.id)
        values = {"partner_id": self.buyer.id}
        for user in (self.clerk, self.salesman, self.agent):
            for sender in (user, self.other_agent, self.manager):
                with self.subTest(user=user.login, sender=sender.login):
                    order = self.mail(user, {**values, "dealer_crm_lead_id": lead.id}, sender)
                    self.assertTrue(order.exists())
                    self.mail(user, values, sender, default_dealer_crm_lead_id=lead.id)
                    linked = [Command.create({"dealer_crm_lead_id": lead.id})]
                    with self.assertRaises(AccessError):
                        self.mail(user, {"sale_order_ids": linked}, sender, model="res.partner")
                    taken = [Command.link(self.make_order_of(user).id)]
                    mine = self.mail(
                        user, {"sale_order_ids": taken}, sender, model="dealer.crm.lead"
                    )
                    self.assertFalse(mine.sale_order_ids)
        self.assertFalse(lead.sale_order_ids)

    def test_the_leads_name_is_for_dealer_users(self):
        """Users without access to leads can read all fields of the order except its lead."""
        lead = self.make()
        order = self.make_order_of(self.salesman, lead)
        for user in (self.salesman, self.sales_manager):
            with self.subTest(user=user.login):
                mine = order.with_user(user)
                self.assertNotIn("dealer_crm_lead_id", mine.fields_get())
                for attempt in (
                    lambda mine=mine: mine.read(["dealer_crm_lead_id"]),
                    lambda mine=mine: mine.web_read({"dealer_crm_lead_id": {"fields": {}}}),
                    lambda mine=mine: mine.search([("dealer_crm_lead_id.name", "=like", "DLEAD%")]),
                    lambda mine=mine: mine.formatted_read_group([], ["dealer_crm_lead_id"]),
                ):
                    with self.assertRaises(AccessError):
                        attempt()
        self.assertEqual(
            order.with_user(self.manager).read(["dealer_crm_lead_id"])[0]["dealer_crm_lead_id"][0],
            lead.id,
        )

    def test_who_works_no_leads_works_orders_as_before(self):
        lead = self.make()
        order = self.make_order_of(self.salesman, lead)
        with Form(order.with_user(self.salesman)) as form:
            form.client_order_ref = "Theirs"
        order.with_user(self.salesman).action_confirm()
        self.assertEqual((order.state, order.dealer_crm_lead_id), ("sale", lead))
        self.assertFalse(order.with_user(self.salesman).copy().sudo().dealer_crm_lead_id)

    def test_an_order_of_a_closed_lead_stays(self):
        won, lost, other = self.make(), self.make(), self.make()
        orders = self.make_order_of(self.agent, won) | self.make_order_of(self.agent, lost)
        orders[0].action_confirm()
        won.action_mark_won()
        self.lose(lost)
        for lead, order in zip(won | lost, orders, strict=True):
            for user in (self.agent, self.manager, self.admin, self.env.user):
                mine = order.with_user(user)
                for attempt in (
                    lambda mine=mine: mine.write({"dealer_crm_lead_id": other.id}),
                    lambda mine=mine: mine.write({"dealer_crm_lead_id": False}),
                    lambda mine=mine: mine.sudo().write({"dealer_crm_lead_id": False}),
                    lambda lead=lead, user=user: lead.with_user(user).write(
                        {"sale_order_ids": [Command.clear()]}
                    ),
                    lambda user=user, order=order: other.with_user(user).write(
                        {"sale_order_ids": [Command.link(order.id)]}
                    ),
                ):
                    with self.assertRefused(UserError, lead.name, order.name):
                        attempt()
            self.assertEqual(order.dealer_crm_lead_id, lead)
        self.assertFalse(other.sale_order_ids)

    def test_one_order_wins_one_lead(self):
        first, second = self.make(), self.make()
        order = self.make_order(first, self.service, user_id=self.agent.id)
        first.with_user(self.agent).action_mark_won()
        with self.assertRefused(UserError, first.name, order.name, "reopen"):
            order.with_user(self.agent).dealer_crm_lead_id = second
        with self.assertRefused(UserError, "no confirmed order"):
            second.with_user(self.agent).action_mark_won()
        first.with_user(self.manager).action_reopen("It was the other one")
        order.with_user(self.agent).dealer_crm_lead_id = second
        second.with_user(self.agent).action_mark_won()
        with self.assertRefused(UserError, "no confirmed order"):
            first.with_user(self.agent).action_mark_won()

    def test_a_won_lead_gets_no_more_orders(self):
        lead = self.make()
        self.make_order(lead, self.service, user_id=self.agent.id)
        lead.action_mark_won()
        for user in (self.agent, self.admin):
            for attempt in (
                lambda user=user: self.make_order_of(user)
                .with_user(user)
                .write({"dealer_crm_lead_id": lead.id}),
                lambda user=user: self.env["sale.order"]
                .with_user(user)
                .with_context(default_dealer_crm_lead_id=lead.id)
                .create({"partner_id": self.buyer.id}),
            ):
                with self.assertRefused(UserError, lead.name, "reopen"):
                    attempt()
        action = lead.with_user(self.agent).action_open_quotation()
        self.assertNotIn("default_dealer_crm_lead_id", action["context"])

    def test_a_won_lead_is_not_deleted(self):
        """Otherwise its order could win another lead."""
        lead = self.make()
        order = self.make_delivered(lead)
        lead.action_mark_won()
        for user in (self.manager, self.env.user):
            with self.assertRefused(UserError, lead.name, order.name, "Reopen"):
                lead.with_user(user).unlink()
        self.assertEqual(order.dealer_crm_lead_id, lead)
        lead.with_user(self.manager).action_reopen("Entered twice")
        lead.with_user(self.manager).unlink()
        self.assertFalse(lead.exists())

    def test_the_order_of_a_won_lead_is_not_deleted(self):
        lead = self.make()
        order = self.make_order(lead, self.service)
        spare = self.make_order(lead, confirm=False)
        lead.action_mark_won()
        order._action_cancel()
        for each in order | spare:
            with self.assertRefused(UserError, each.name, lead.name):
                each.unlink()
        lead.with_user(self.manager).action_reopen("Called off")
        (order | spare).unlink()
