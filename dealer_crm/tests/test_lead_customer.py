from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

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
        for user, leads in ((self.agent, same), (self.manager, same | hers)):
            mine = lead.with_user(user)
            self.assertEqual(mine.duplicate_lead_count, len(leads))
            action = mine.action_open_duplicates()
            found = mine.with_context(**action["context"]).search(action["domain"])
            self.assertEqual(found, leads.sorted("id", reverse=True))
            lead.invalidate_recordset()
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
        """Number and e-mail match, so the customer is certain; it only fills the lead's gaps."""
        lead = self.make_lead(
            contact_name="C. Customer",
            mobile="(650) 555-0123",
            country_id=self.country.id,
            email="carla@example.com",
        )
        lead.with_user(self.agent).action_convert_to_quotation()
        self.assertRecordValues(
            lead,
            [
                {
                    "partner_id": self.partner.id,
                    "contact_name": "C. Customer",
                    "email": "carla@example.com",
                    "mobile": "(650) 555-0123",
                    "phone": False,
                    "street": False,
                }
            ],
        )
        self.assertEqual(len(lead.sale_order_ids), 1)

    def ask(self, lead, user=None):
        """The wizard that Convert to Quotation opens."""
        action = lead.with_user(user or self.agent).action_convert_to_quotation()
        self.assertEqual(action["res_model"], "dealer.crm.lead.customer")
        self.assertFalse(lead.partner_id or lead.sale_order_ids)
        wizards = self.env[action["res_model"]].with_user(user or self.agent)
        return Form(wizards.with_context(**action["context"]))

    def test_convert_asks_whose_it_is(self):
        lead = self.make_lead(
            contact_name="Walter", mobile="+1 650 555 0123", email="w@example.com"
        )
        form = self.ask(lead)
        self.assertEqual(form.found_partner_ids.ids, self.partner.ids)
        with self.assertRaises(AssertionError):
            form.save()
        form.partner_id = self.partner
        action = form.save().action_confirm()
        order = lead.sale_order_ids
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", order.id))
        self.assertRecordValues(
            lead,
            [
                {
                    "partner_id": self.partner.id,
                    "contact_name": "Walter",
                    "email": "w@example.com",
                    "phone": False,
                    "street": "1 Main Street",
                }
            ],
        )
        self.env.flush_all()
        notes = "".join(lead.message_ids.mapped("body"))
        self.assertIn("Taken from the customer Carla Customer", notes)
        self.assertIn("1 Main Street", notes)

    def test_convert_makes_a_new_customer_of_a_walk_in(self):
        lead = self.make_lead(
            contact_name="Walter", mobile="+1 650 555 0123", email="w@example.com"
        )
        form = self.ask(lead)
        form.choice = "new"
        form.save().action_confirm()
        self.assertNotEqual(lead.partner_id, self.partner)
        self.assertRecordValues(
            lead.partner_id,
            [{"name": "Walter", "phone": "+1 650 555 0123", "email": "w@example.com"}],
        )
        self.assertEqual((lead.contact_name, lead.phone), ("Walter", False))
        self.assertEqual(
            (self.partner.name, self.partner.phone), ("Carla Customer", "+1 650-555-0123")
        )

    def test_convert_asks_about_each_half(self):
        twin = self.partner.copy({"name": "Carl Customer"})
        for number, values in enumerate(
            (
                {"phone": "+16505550123"},
                {"email": "carla@example.com"},
                {"phone": "+16505550123", "email": "carla@example.com"},
            )
        ):
            lead = self.make_lead(contact_name=f"C{number}", **values)
            with self.subTest(values=values):
                self.assertEqual(
                    set(self.ask(lead).found_partner_ids.ids), set((self.partner | twin).ids)
                )

    def test_the_wizard_needs_rights_and_a_choice(self):
        lead = self.make_lead(mobile="+1 650 555 0123")
        wizards = self.env["dealer.crm.lead.customer"]
        with self.assertRefused(AccessError):
            wizards.with_user(self.other_agent).create({"lead_id": lead.id}).action_confirm()
        wizard = wizards.with_user(self.agent).create({"lead_id": lead.id})
        with self.assertRefused(UserError, lead.name):
            wizard.action_confirm()
        wizard.choice = "new"
        wizard.action_confirm()
        partner, order = lead.partner_id, lead.sale_order_ids
        wizard.partner_id = self.partner
        wizard.choice = "found"
        wizard.action_confirm()
        self.assertEqual(lead.partner_id, partner)
        self.assertIn(order, lead.sale_order_ids)

    def test_nothing_is_told_of_what_is_not_the_users(self):
        lead = self.make_lead(phone="+1 650 555 0123")
        wizards = self.env["dealer.crm.lead.customer"].with_user(self.other_agent)
        names = ["contact_name", "mobile", "phone", "email"]
        spec = {name: {} for name in names}
        with self.assertRefused(AccessError):
            wizards.create({"lead_id": lead.id}).read(names)
        with self.assertRefused(AccessError):
            wizards.onchange({"lead_id": lead.id}, ["lead_id"], spec)
        self.partner.company_id = self.env["res.company"].create({"name": "Elsewhere"})
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.agent).onchange(
                {"partner_id": self.partner.id}, ["partner_id"], spec
            )

    def test_the_dealer_is_nobodys_customer(self):
        company = self.env.company.partner_id
        company.write({"phone": "+1 650 555 0900", "email": "house@example.com"})
        desk = self.env["res.partner"].create(
            {"name": "Desk", "parent_id": company.id, "phone": "+1 650 555 0901"}
        )
        self.agent.partner_id.write({"phone": "+1 650 555 0902", "email": "ann@house.example.com"})
        customer = self.env["res.partner"].create(
            {"name": "Bo", "phone": "+1 650 555 0900", "email": "bo@example.com"}
        )
        for values in (
            {"phone": "+16505550900"},
            {"mobile": "+16505550901"},
            {"phone": "+16505550902"},
            {"email": "house@example.com"},
            {"email": "Ann <ANN@house.example.com>", "phone": "+16505550900"},
        ):
            lead = self.make_lead(contact_name="Ada", **values)
            with self.subTest(values=values):
                self.assertFalse(lead._find_customer())
                lead.with_user(self.agent).action_convert_to_quotation()
                self.assertEqual(lead.partner_id.name, "Ada")
                # Its number and e-mail do not match the next lead either.
                lead.partner_id.write({"phone": False, "email": False})
        self.assertTrue(desk)
        lead = self.make_lead(phone="+16505550900", email="bo@example.com")
        self.assertEqual(lead._find_customer(), customer)

    def test_another_customer(self):
        """Values of the first customer are replaced; entered values stay."""
        bare = self.env["res.partner"].create({"name": "Bare"})
        other = self.env["res.partner"].create({"name": "Otto", "phone": "+1 650 555 0777"})

        def check(lead, **expected):
            self.assertRecordValues(
                lead,
                [
                    {
                        "contact_name": "Bare",
                        "phone": False,
                        "email": False,
                        "street": False,
                        "city": False,
                        "country_id": False,
                        **expected,
                    }
                ],
            )

        lead = self.make_lead(contact_name=False, partner_id=self.partner.id)
        self.assertEqual(lead.phone, "+1 650-555-0123")
        lead.partner_id = bare
        check(lead)
        self.assertFalse(lead.phone_sanitized or lead.email_normalized)

        typed = self.make_lead(
            partner_id=self.partner.id,
            phone="+16505550199",
            mobile="(650) 555-0123",
            street2="Yard",
        )
        typed.write({"partner_id": bare.id, "priority": "2"})
        check(typed, phone="+16505550199", mobile=False, street2="Yard", contact_name="Bare")

        given = self.make_lead(partner_id=self.partner.id)
        given.write({"partner_id": bare.id, "phone": "+16505550111"})
        check(given, phone="+16505550111")

        with Form(self.make_lead(partner_id=self.partner.id)) as form:
            form.partner_id = other
            self.assertEqual((form.phone, form.email), ("+1 650 555 0777", False))
            form.partner_id = bare
            self.assertEqual((form.phone, form.city), (False, False))
        check(form.record)

        with Form(self.Lead.with_user(self.agent)) as form:
            form.street2 = "Yard"
            form.partner_id = other
            form.email = "typed@example.com"
            form.partner_id = bare
        check(form.record, email="typed@example.com", street2="Yard")

        cleared = self.make_lead(partner_id=self.partner.id)
        cleared.partner_id = False
        self.assertEqual((cleared.phone, cleared.city), ("+1 650-555-0123", "Springfield"))

        pair = self.make_lead(contact_name="A", partner_id=self.partner.id, city="Far")
        pair |= self.make_lead(contact_name="B", email="b@example.com")
        pair.write({"partner_id": bare.id})
        check(pair[0], city="Far")
        check(pair[1], email="b@example.com")

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
        """The new salesperson may not open the former one's order; the refusal names it."""
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
        """Converted at today's rate to the currency of the price list, as in ``sale_crm``."""
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
        """The person, then the vehicle; what else is known of a lead without a name."""
        person = self.env["res.partner"].create({"name": "Mei Lin"})
        product = self.env["product.product"].create({"name": "Volta Electric"})
        lead = self.make_lead(
            partner_id=person.id,
            contact_name=False,
            product_id=product.id,
            vehicle_model_text="an electric one",
        )
        for values, name in (
            ({}, "Mei Lin · Volta Electric"),
            ({"contact_name": "Bo Lin"}, "Bo Lin · Volta Electric"),
            ({"product_id": False}, "Bo Lin · an electric one"),
            ({"vehicle_model_text": False}, "Bo Lin"),
            ({"contact_name": False, "partner_id": False, "email": "x@example.com"},
             "x@example.com"),
            ({"email": False, "phone": "+16505550145"}, "+16505550145"),
        ):  # fmt: skip
            lead.write(values)
            self.assertEqual(lead.display_name, name)
            self.assertEqual(lead._get_label(), f"{name} ({lead.name})")
        found = self.Lead.name_search("+16505550145")
        self.assertEqual(found, [(lead.id, "+16505550145")])
        lead.phone = False
        self.assertEqual((lead.display_name, lead._get_label()), (lead.name, lead.name))
        self.assertEqual(self.Lead._get_label(), "New lead")
        self.assertFalse(self.Lead.new({}).display_name, "the form says New in the user's language")

    def test_name_in_a_list_to_choose_from(self):
        lead = self.make_lead().with_context(formatted_display_name=True)
        self.assertEqual(lead.display_name, f"Ana \t --{lead.name}--")

    def test_name_of_a_lead_that_the_user_may_not_read(self):
        """A sentence names its customer to nobody else, also in sudo."""
        lead = self.make_lead(user_id=self.other_agent.id)
        for user, label in (
            (self.agent, lead.name),
            (self.other_agent, f"Ana ({lead.name})"),
            (self.manager, f"Ana ({lead.name})"),
            (self.portal, lead.name),
        ):
            self.assertEqual(lead.with_user(user).sudo()._get_label(), label)
