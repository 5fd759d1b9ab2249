from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestLeadCustomer(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.country = cls.env.ref("base.us")
        cls.partner = cls.env["res.partner"].create(
            {
                "name": "Carla Customer",
                "phone": "+1 650-555-0123",
                "email": "Carla@Example.com",
                "street": "1 Main Street",
                "city": "Springfield",
                "country_id": cls.country.id,
            }
        )

    def test_customer_brings_the_contact(self):
        lead = self.make_lead(phone="+1 650-555-0199", street2="Back yard")
        lead.partner_id = self.partner
        self.assertRecordValues(
            lead,
            [
                {
                    "contact_name": "Carla Customer",
                    "phone": "+1 650-555-0123",
                    "email": "Carla@Example.com",
                    "street": "1 Main Street",
                    "street2": False,
                    "country_id": self.country.id,
                }
            ],
        )

    def test_what_was_typed_stays_where_the_customer_has_nothing(self):
        lead = self.make_lead(phone="+1 650-555-0199", city="Here")
        lead.partner_id = self.env["res.partner"].create({"name": "Bare"})
        self.assertEqual((lead.phone, lead.city), ("+1 650-555-0199", "Here"))

    def test_values_given_with_the_customer_win(self):
        lead = self.make_lead(partner_id=self.partner.id, phone="+1 650-555-0188")
        self.assertEqual(lead.phone, "+1 650-555-0188")
        self.assertEqual(lead.contact_name, "Ana")

    def test_similar_leads(self):
        lead = self.make_lead(phone="+1 650-555-0123", email="ana@example.com")
        same = self.make_lead(mobile="(650) 555-0123", country_id=self.country.id)
        same |= self.make_lead(email="Ana <ANA@example.com>", active=False)
        self.make_lead(phone="+1 650-555-0124")
        hers = self.make_lead(phone="+16505550123", user_id=self.other_agent.id)
        self.assertEqual(lead.with_user(self.agent).duplicate_lead_count, 3)
        domain = lead.action_open_duplicates()["domain"]
        found = self.Lead.with_context(active_test=False).search(domain)
        self.assertEqual(found, (same | hers).sorted("id", reverse=True))
        self.assertEqual(self.make_lead().duplicate_lead_count, 0)

    def test_similar_by_the_second_number(self):
        lead = self.make_lead(mobile="+16505550001", phone="+16505550002")
        self.make_lead(phone="+1 650 555 0002")
        self.make_lead(mobile="+1 650 555 0001")
        self.assertEqual(lead.duplicate_lead_count, 2)

    def test_convert_to_quotation(self):
        product = self.make_product()
        tag = self.env["crm.tag"].create({"name": "Fleet of the tests"})
        lead = self.make_lead(
            self.negotiation,
            contact_name="Nora New",
            phone="+16505550177",
            email="nora@example.com",
            product_id=product.id,
            quantity=3,
            expected_price=270,
            tag_ids=[Command.link(tag.id)],
        )
        action = lead.with_user(self.agent).action_convert_to_quotation()
        order = lead.sale_order_ids
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", order.id))
        self.assertEqual(order.state, "draft")
        self.assertEqual((order.user_id, order.tag_ids), (self.agent, tag))
        self.assertEqual(
            (order.partner_id.name, order.partner_id.phone), ("Nora New", "+16505550177")
        )
        self.assertRecordValues(
            order.order_line, [{"product_id": product.id, "product_uom_qty": 3, "price_unit": 90}]
        )
        self.assertEqual(lead.partner_id, order.partner_id)
        self.assertEqual(lead.with_user(self.agent).action_open_quotation()["res_id"], order.id)

    def test_convert_finds_the_customer(self):
        lead = self.make_lead(mobile="(650) 555-0123", country_id=self.country.id)
        lead.action_convert_to_quotation()
        self.assertEqual(lead.partner_id, self.partner)

    def test_convert_a_closed_lead(self):
        for stage in (self.won, self.lost):
            lead = self.make_lead(stage)
            with self.assertRefused(UserError, lead.name, stage.name):
                lead.action_convert_to_quotation()

    def test_convert_again_opens_what_there_is(self):
        lead = self.make_lead(product_id=self.make_product().id)
        self.assertFalse(lead.is_quoted)
        mine = lead.with_user(self.agent)
        first = mine.action_convert_to_quotation()["res_id"]
        self.assertTrue(lead.is_quoted)
        self.assertEqual(mine.action_convert_to_quotation()["res_id"], first)
        order = lead.sale_order_ids
        self.assertEqual(order.id, first)
        order._action_cancel()
        self.assertFalse(lead.is_quoted)
        self.assertEqual(lead.sale_order_count, 1)
        again = mine.action_convert_to_quotation()["res_id"]
        self.assertEqual(lead.sale_order_ids, order | order.browse(again))

    def test_lead_that_was_handed_over(self):
        """The new salesperson may not open the predecessor's order, but is told of it."""
        lead = self.make_lead(user_id=self.other_agent.id)
        lead.with_user(self.other_agent).action_convert_to_quotation()
        order = lead.sale_order_ids
        lead.with_user(self.manager).user_id = self.agent
        self.env.invalidate_all()
        mine = lead.with_user(self.agent)
        self.assertFalse(mine.sale_order_ids)
        self.assertEqual((mine.sale_order_count, mine.is_quoted), (1, True))
        for action in (mine.action_convert_to_quotation, mine.action_open_quotation):
            with self.assertRefused(UserError, lead.name, order.name, self.other_agent.name):
                action()
        order.with_user(self.manager).user_id = self.agent
        self.env.invalidate_all()
        self.assertEqual(mine.action_convert_to_quotation()["res_id"], order.id)
        self.assertEqual(mine.action_open_quotation()["res_id"], order.id)
        self.assertEqual(lead.sale_order_ids, order)

    def test_open_quotation_needs_rights(self):
        lead = self.make_lead()
        self.make_order(lead, confirm=False)
        for user in self.other_agent | self.outsiders | self.intake:
            with self.assertRefused(AccessError):
                lead.with_user(user).action_open_quotation()

    def test_expected_price_in_the_customers_currency(self):
        """As ``sale_crm`` converts: at today's rate, to the currency of the customer's price list."""
        currency = self.env["res.currency"].create(
            {
                "name": "DLR",
                "symbol": "D",
                "rate_ids": [Command.create({"name": "2020-01-01", "company_rate": 4})],
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": currency.id}
        )
        customer = self.env["res.partner"].create(
            {"name": "Abroad", "property_product_pricelist": pricelist.id}
        )
        product = self.make_product(list_price=60)
        for price, unit in ((300, 400), (0, 240)):
            lead = self.make_lead(
                self.negotiation,
                partner_id=customer.id,
                product_id=product.id,
                quantity=3,
                expected_price=price,
            )
            lead.with_user(self.agent).action_convert_to_quotation()
            order = lead.sale_order_ids
            self.assertEqual(order.currency_id, currency)
            self.assertRecordValues(order.order_line, [{"product_uom_qty": 3, "price_unit": unit}])

    def test_convert_needs_rights(self):
        lead = self.make_lead()
        for user in self.other_agent | self.outsiders | self.intake:
            with self.assertRefused(AccessError):
                lead.with_user(user).action_convert_to_quotation()
        self.assertFalse(lead.sale_order_ids)

    def test_several_quotations_open_as_a_list(self):
        lead = self.make_lead()
        orders = self.make_order(lead, confirm=False) | self.make_order(lead, confirm=False)
        self.assertEqual(lead.sale_order_count, 2)
        action = lead.action_open_quotation()
        self.assertEqual(
            self.env["sale.order"].search(action["domain"]), orders.sorted("id", reverse=True)
        )

    def test_team_follows_the_salesperson(self):
        team = self.env["crm.team"].create(
            {"name": "North", "member_ids": [Command.link(self.other_agent.id)]}
        )
        lead = self.make_lead()
        lead.user_id = self.other_agent
        self.assertEqual(lead.team_id, team)
        lead.user_id = False
        self.assertEqual(lead.team_id, team)

    def test_display_name(self):
        lead = self.make_lead()
        self.assertEqual(lead.display_name, f"{lead.name} – Ana")
        lead.contact_name = False
        self.assertEqual(lead.display_name, lead.name)
        lead.phone = "+16505550145"
        found = self.Lead.name_search("+16505550145")
        self.assertEqual(found, [(lead.id, lead.name)])
