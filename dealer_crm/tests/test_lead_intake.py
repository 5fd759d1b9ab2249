from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..models.dealer_crm_lead_intake import TEXT_LIMITS
from .common import BPO_URL, IntakeCase

HUGE = 10**400


@tagged("post_install", "-at_install")
class TestIntake(IntakeCase):
    def test_answer(self):
        lead, answer = self.receive()
        self.assertEqual(answer, {"id": lead.id, "name": lead.name, "created": True})
        again, answer = self.receive(contact_name="Other", phone="+16505550111")
        self.assertEqual(again, lead)
        self.assertEqual(answer, {"id": lead.id, "name": lead.name, "created": False})
        self.assertEqual((lead.contact_name, lead.phone), ("Ida Intake", False))

    def test_when_the_key_ends(self):
        """The BPO asks when its key ends, to replace it in time."""
        ends = fields.Datetime.now() + timedelta(days=1)
        keys = self.env["res.users.apikeys"].with_user(self.intake)
        key, lasting = keys._generate("rpc", "short", ends), keys.sudo()._generate("rpc", "x", None)
        lead = self.Lead.with_user(self.intake)
        self.assertEqual(lead.intake_key_expiry(key[:8]), f"{ends.isoformat()}Z")
        self.assertIsNone(lead.intake_key_expiry(lasting[:8]))
        others = self.Lead.with_user(self.agent)
        self.assertIsNone(others.intake_key_expiry(key[:8]), "another's key")
        for wrong in (None, 7, ["a"], "a\0", key):
            with self.assertRefused(ValidationError, "first 8 characters"):
                lead.intake_key_expiry(wrong)
        with self.assertRefused(AccessError, "may not endorse leads"):
            self.Lead.with_user(self.clerk).intake_key_expiry(key[:8])

    def test_everything(self):
        product = self.make_product(default_code="PICK-1", name="Pickup 4x4 of the tests")
        tag = self.env["crm.tag"].create({"name": "Fleet of the tests"})
        lead, _answer = self.receive(
            phone="+1 650-555-0111",
            mobile="+1 650-555-0112",
            email="ida@example.com",
            street="1 Main Street",
            street2="Floor 2",
            city="Springfield",
            zip="94000",
            country_code="us",
            state_code="ca",
            product_code="pick-1",
            vehicle_model_text="Red one",
            quantity=2,
            expected_price=199.5,
            tags=["Fleet of the tests"],
            priority="2",
            description="<b>Call</b>\nafter 5",
            date_deadline="2026-12-31",
        )
        self.assertRecordValues(
            lead,
            [
                {
                    "bpo_source_lead_id": 4711,
                    "bpo_source_lead_name": "B/4711",
                    "bpo_source_url": BPO_URL,
                    "contact_name": "Ida Intake",
                    "phone": "+1 650-555-0111",
                    "mobile": "+1 650-555-0112",
                    "email": "ida@example.com",
                    "street": "1 Main Street",
                    "street2": "Floor 2",
                    "city": "Springfield",
                    "zip": "94000",
                    "country_id": self.us.id,
                    "state_id": self.california.id,
                    "product_id": product.id,
                    "vehicle_model_text": "Red one",
                    "quantity": 2,
                    "expected_price": 199.5,
                    "tag_ids": tag.ids,
                    "priority": "2",
                    "date_deadline": fields.Date.to_date("2026-12-31"),
                    "stage_id": self.negotiation.id,
                    "open_stage_id": self.negotiation.id,
                    "won_status": "pending",
                    "user_id": False,
                    "company_id": self.env.company.id,
                    "sale_order_ids": [],
                    "active": True,
                }
            ],
        )
        self.assertIn("&lt;b&gt;Call&lt;/b&gt;", lead.description)
        self.assertRegex(lead.name, r"^DLEAD/")

    def test_least(self):
        answer = self.Lead.with_user(self.intake).receive_endorsed_lead(
            {"bpo_source_lead_id": 1, "contact_name": "X"}
        )
        self.assertTrue(answer["created"])
        lead = self.Lead.browse(answer["id"])
        self.assertEqual((lead.quantity, lead.bpo_source_url), (1, False))
        again = self.Lead.with_user(self.intake).receive_endorsed_lead(
            {"bpo_source_lead_id": 1, "contact_name": "X", "bpo_source_url": " / "}
        )
        self.assertEqual(again["id"], lead.id)

    def test_empty_values_are_absent_values(self):
        empty = {key: value for key in TEXT_LIMITS for value in (False,) if key != "contact_name"}
        lead, answer = self.receive(
            **{
                **empty,
                "bpo_source_url": BPO_URL,
                "quantity": None,
                "expected_price": 0,
                "tags": [],
            }
        )
        self.assertTrue(answer["created"])
        self.assertEqual((lead.quantity, lead.expected_price, lead.priority), (1, 0, "0"))

    def test_same_id_of_another_bpo(self):
        lead, _answer = self.receive()
        other, answer = self.receive(bpo_source_url="https://other.example.com")
        self.assertTrue(answer["created"])
        self.assertNotEqual(other, lead)
        nowhere, answer = self.receive(bpo_source_url=False)
        self.assertTrue(answer["created"])
        self.assertEqual(len(lead | other | nowhere), 3)

    def test_address_with_a_slash_is_the_same(self):
        lead, _answer = self.receive()
        for url in (f"{BPO_URL}/", f" {BPO_URL}// "):
            self.assertEqual(self.receive(bpo_source_url=url)[0], lead)

    def test_first_lead_is_archived_closed_or_hers(self):
        lead, _answer = self.receive()
        lead.active = False
        self.assertEqual(self.receive()[0], lead)
        self.assertFalse(lead.active)
        self.lose(lead)
        self.assertEqual(self.receive()[0], lead)
        lead.user_id = self.other_agent
        self.assertEqual(self.receive(self.agent)[0], lead)

    def test_negotiation_deleted_or_closing(self):
        self.negotiation.unlink()
        self.assertEqual(self.receive()[0].stage_id, self.qualified)
        self.qualified.sequence = 5
        self.assertEqual(self.receive(bpo_source_lead_id=2)[0].stage_id, self.new)

    def test_negotiation_closes_leads(self):
        self.won.is_won = False
        self.negotiation.is_won = True
        self.assertEqual(self.receive()[0].stage_id, self.won)

    def test_no_open_stage(self):
        (self.new | self.qualified | self.negotiation).unlink()
        self.assertRejected("open stage", error=UserError)

    def test_a_renamed_negotiation_still_receives(self):
        self.negotiation.write({"name": "Talks", "sequence": 1})
        self.assertEqual(self.receive()[0].stage_id, self.negotiation)


@tagged("post_install", "-at_install")
class TestIntakePlaces(IntakeCase):
    def test_unknown_keys_are_kept(self):
        lead, _answer = self.receive(
            campaign="Spring <script>", score=7, nested={"a": [1, None]}, empty=None
        )
        notes = self.notes(lead)
        for text in ("campaign: Spring &lt;script&gt;", "score: 7", "nested: "):
            self.assertIn(text, notes)
        self.assertNotIn("empty", notes)

    def test_fields_of_a_lead_are_unknown_keys_too(self):
        """Unknown keys with the name of a lead's field do not set the field."""
        company = self.env["res.company"].create({"name": "Second Dealer"})
        order = self.env["sale.order"].create({"partner_id": self.agent.partner_id.id})
        values = {
            "name": "MINE/1",
            "company_id": company.id,
            "active": False,
            "user_id": self.agent.id,
            "stage_id": self.won.id,
            "open_stage_id": self.won.id,
            "won_status": "won",
            "date_won": "2020-01-01 00:00:00",
            "date_lost": "2020-01-01 00:00:00",
            "lost_reason": self.reason.id,
            "lost_notes": "their notes",
            "kanban_state": "blocked",
            "partner_id": self.agent.partner_id.id,
            "team_id": 1,
            "country_id": 1,
            "tag_ids": [1],
            "callback_sequence": 9,
            "sale_order_ids": [[4, order.id, 0]],
            "message_follower_ids": [[0, 0, {"partner_id": self.agent.partner_id.id}]],
            "activity_ids": [],
            "create_uid": 1,
            "id": 1,
            "display_name": "Shown",
        }
        lead, _answer = self.receive(**values)
        self.assertRecordValues(
            lead,
            [
                {
                    "company_id": self.env.company.id,
                    "active": True,
                    "user_id": False,
                    "stage_id": self.negotiation.id,
                    "open_stage_id": self.negotiation.id,
                    "won_status": "pending",
                    "date_won": False,
                    "date_lost": False,
                    "lost_reason": False,
                    "lost_notes": False,
                    "kanban_state": "normal",
                    "tag_ids": [],
                    "country_id": False,
                    "sale_order_ids": [],
                    "create_uid": self.intake.id,
                }
            ],
        )
        self.assertNotEqual(lead.name, "MINE/1")
        self.assertNotEqual(lead.partner_id, self.agent.partner_id)
        self.assertFalse(lead.message_partner_ids & self.agent.partner_id)
        for key in ("won_status: won", "company_id: ", "lost_notes: their notes"):
            self.assertIn(key, self.notes(lead))

    def test_unknown_codes(self):
        lead, _answer = self.receive(country_code="XX", state_code="ZZ", tags=["Nobody's tag"])
        self.assertFalse(lead.country_id or lead.state_id or lead.tag_ids)
        for text in ("country_code: XX", "state_code: ZZ", "tag: Nobody's tag"):
            self.assertIn(text, self.notes(lead))

    def test_state_of_another_country(self):
        lead, _answer = self.receive(country_code="BE", state_code="CA")
        self.assertEqual(lead.country_id, self.env.ref("base.be"))
        self.assertFalse(lead.state_id)
        self.assertIn("state_code: CA", self.notes(lead))

    def test_state_without_a_country(self):
        lead, _answer = self.receive(state_code="CA")
        self.assertFalse(lead.state_id)
        self.assertIn("state_code: CA", self.notes(lead))

    def test_codes_are_no_patterns(self):
        lead, _answer = self.receive(
            country_code="US", state_code="C_", product_code="%", product_name="%"
        )
        self.assertFalse(lead.state_id or lead.product_id)

    def test_product_by_code_then_name(self):
        coded = self.make_product(default_code="CODE-1", name="Coded of the tests")
        named = self.make_product(name="Named of the tests")
        self.make_product(default_code="CODE-1", active=False)
        self.make_product(default_code="CODE-1", sale_ok=False)
        for number, (values, product) in enumerate(
            (
                ({"product_code": "code-1"}, coded),
                ({"product_code": "CODE-1", "product_name": named.name}, coded),
                ({"product_code": "NONE", "product_name": "NAMED of the tests"}, named),
                ({"product_name": named.name}, named),
            )
        ):
            with self.subTest(values=values):
                lead, _answer = self.receive(bpo_source_lead_id=100 + number, **values)
                self.assertEqual(lead.product_id, product)

    def test_ambiguous_product(self):
        for _each in range(2):
            self.make_product(name="Twin of the tests")
        lead, _answer = self.receive(product_name="Twin of the tests")
        self.assertFalse(lead.product_id)
        self.assertEqual(lead.vehicle_model_text, "Twin of the tests")
        lead, _answer = self.receive(
            bpo_source_lead_id=2,
            product_code="T-1",
            product_name="Twin of the tests",
            vehicle_model_text="Blue",
        )
        self.assertEqual(lead.vehicle_model_text, "Blue")
        self.assertIn("product: T-1 Twin of the tests", self.notes(lead))

    def test_product_of_another_company(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.make_product(default_code="FAR-1", company_id=company.id)
        lead, _answer = self.receive(product_code="FAR-1")
        self.assertFalse(lead.product_id)
        self.assertEqual(lead.vehicle_model_text, "FAR-1")

    def test_long_product_name(self):
        lead, _answer = self.receive(product_code="c" * 64, product_name="n" * 255)
        kept = f"{lead.vehicle_model_text}\n{self.notes(lead)}"
        self.assertIn("c" * 64, kept)
        self.assertIn("n" * 255, kept)

    def test_deal(self):
        brand = self.env["product.category"].create({"name": "Brand of the tests"})
        source = self.env["utm.source"].create({"name": "Radio of the tests"})
        values = {
            "preferred_color": "Red",
            "budget_min": 20_000.5,
            "budget_max": 30_000,
            "time_frame": "within a month",
            "has_trade_in": True,
            "trade_in_make": "Old",
            "trade_in_model": "Hatch",
            "trade_in_year": 2015,
            "trade_in_mileage": 85_000,
            "trade_in_plate": "AB-123",
            "trade_in_value": 4_000,
            "financing_needed": True,
            "financing_type": "in_house",
            "down_payment": 2_500,
        }
        lead, _answer = self.receive(
            brand="brand of the TESTS", source="Radio of the tests", **values
        )
        self.assertRecordValues(lead, [{**values, "brand_id": brand.id, "source_id": source.id}])
        self.assertNotIn("The BPO also sent", self.notes(lead))

    def test_unknown_brand_and_source(self):
        """A source is not created: a misspelt one would stand in everybody's reports."""
        for parent in (False, self.env["product.category"].create({"name": "Used"}).id):
            self.env["product.category"].create({"name": "Twin brand", "parent_id": parent})
        sources = self.env["utm.source"].search_count([])
        lead, _answer = self.receive(brand="Twin brand", source="Misspelt %")
        self.assertFalse(lead.brand_id or lead.source_id)
        self.assertEqual(self.env["utm.source"].search_count([]), sources)
        for text in ("brand: Twin brand", "source: Misspelt %"):
            self.assertIn(text, self.notes(lead))

    def test_details_mean_a_trade_in(self):
        self.assertTrue(self.receive(trade_in_model="Hatch")[0].has_trade_in)
        lead, _answer = self.receive(bpo_source_lead_id=2, trade_in_mileage=0)
        self.assertFalse(lead.has_trade_in)

    def test_notes_keep_their_origin(self):
        lead, _answer = self.receive(
            description="First", customer_notes="<i>Call</i>\nlate", internal_notes="Haggles"
        )
        self.assertEqual(
            lead.description,
            "<p>First</p><p>Notes of the customer:<br>&lt;i&gt;Call&lt;/i&gt;<br>late</p>"
            "<p>Internal notes of the BPO:<br>Haggles</p>",
        )
        self.assertFalse(self.receive(bpo_source_lead_id=2)[0].description)

    def test_nothing_to_add_means_no_note(self):
        lead, _answer = self.receive()
        self.assertNotIn("The BPO also sent", self.notes(lead))

    def test_quotation(self):
        product = self.make_product(default_code="Q-1")
        lead, answer = self.receive(
            product_code="Q-1", quantity=2, expected_price=300, with_quotation=True
        )
        self.assertTrue(answer["created"])
        order = lead.sale_order_ids
        self.assertEqual((order.state, order.partner_id), ("draft", lead.partner_id))
        self.assertRecordValues(
            order.order_line, [{"product_id": product.id, "product_uom_qty": 2, "price_unit": 150}]
        )
        self.receive(with_quotation=True)
        self.assertEqual(lead.sale_order_ids, order)
        self.assertFalse(self.receive(bpo_source_lead_id=2, with_quotation=False)[0].sale_order_ids)

    def test_quotation_without_a_product(self):
        lead, _answer = self.receive(with_quotation=True, expected_price=5)
        self.assertEqual(len(lead.sale_order_ids), 1)
        self.assertFalse(lead.sale_order_ids.order_line)


@tagged("post_install", "-at_install")
class TestIntakeCustomer(IntakeCase):
    def partner(self, **values):
        return self.Partner.create({"name": "Known", "country_id": self.us.id, **values})

    def test_by_number_in_any_format(self):
        partner = self.partner(phone="+1 (650) 555-0134")
        for number, values in enumerate(
            (
                {"phone": "+16505550134"},
                {"mobile": "+1 650 555 0134"},
                {"phone": "650-555-0134", "country_code": "US"},
                {"mobile": "+16505550134", "phone": "+16505559999"},
                {"mobile": "+16505559999", "phone": "+16505550134"},
            )
        ):
            with self.subTest(values=values):
                lead, _answer = self.receive(bpo_source_lead_id=200 + number, **values)
                self.assertEqual(lead.partner_id, partner)

    def test_by_email(self):
        partner = self.partner(email="Known@Example.com")
        lead, _answer = self.receive(email='"K." <KNOWN@example.com>')
        self.assertEqual(lead.partner_id, partner)

    def test_number_before_email(self):
        self.partner(email="known@example.com")
        by_number = self.partner(phone="+16505550134")
        lead, _answer = self.receive(email="known@example.com", phone="+16505550134")
        self.assertEqual(lead.partner_id, by_number)

    def test_what_the_bpo_says_stays_on_the_lead(self):
        self.partner(phone="+16505550134", street="Old street", city="Old city")
        lead, _answer = self.receive(phone="+16505550134", street="New street")
        self.assertEqual((lead.contact_name, lead.street), ("Ida Intake", "New street"))

    def test_new_customer(self):
        lead, _answer = self.receive(
            mobile="+16505550134", email="new@example.com", country_code="US", city="Here"
        )
        self.assertRecordValues(
            lead.partner_id,
            [
                {
                    "name": "Ida Intake",
                    "phone": "+16505550134",
                    "email": "new@example.com",
                    "country_id": self.us.id,
                    "city": "Here",
                    "company_id": False,
                }
            ],
        )
        again, _answer = self.receive(bpo_source_lead_id=2, phone="+1 650 555 0134")
        self.assertEqual(again.partner_id, lead.partner_id)

    def test_other_companys_customer(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        theirs = self.partner(phone="+16505550134", email="k@example.com", company_id=company.id)
        lead, _answer = self.receive(phone="+16505550134", email="k@example.com")
        self.assertNotEqual(lead.partner_id, theirs)
        theirs.company_id = False
        lead, _answer = self.receive(bpo_source_lead_id=2, phone="+16505550134")
        self.assertEqual(lead.partner_id, theirs)

    def test_unreadable_number_and_address(self):
        bare = self.partner()
        lead, _answer = self.receive(phone="call me", mobile="12", email="nobody")
        self.assertNotEqual(lead.partner_id, bare)
        self.assertEqual((lead.phone, lead.email), ("call me", "nobody"))
        again, _answer = self.receive(bpo_source_lead_id=2, phone="call me")
        self.assertNotEqual(again.partner_id, lead.partner_id)
