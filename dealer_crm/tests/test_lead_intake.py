from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models.dealer_crm_lead_intake import TEXT_LIMITS
from .common import AGENT, DealerCase

URL = "https://bpo.example.com"
HUGE = 10**400


class IntakeCase(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.us = cls.env.ref("base.us")
        cls.california = cls.env.ref("base.state_us_5")
        cls.Partner = cls.env["res.partner"]

    def payload(self, **values):
        return {
            "bpo_source_lead_id": 4711,
            "bpo_source_lead_name": "B/4711",
            "bpo_source_url": URL,
            "contact_name": "Ida Intake",
            **values,
        }

    def receive(self, user=None, **values):
        """The lead that the service user's call returns, and the answer."""
        answer = self.Lead.with_user(user or self.intake).receive_endorsed_lead(
            self.payload(**values)
        )
        self.env.invalidate_all()
        return self.Lead.browse(answer["id"]), answer

    def count(self):
        """Everything a call may make."""
        self.env.flush_all()
        models = ("dealer.crm.lead", "res.partner", "sale.order", "mail.message", "crm.tag")
        return {
            name: self.env[name].with_context(active_test=False).search_count([]) for name in models
        }

    def assertRejected(self, field, error=ValidationError, **values):
        before = self.count()
        with self.assertRefused(error, field):
            self.receive(**values)
        self.assertEqual(self.count(), before)

    def notes(self, lead):
        return "\n".join(lead.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
class TestIntake(IntakeCase):
    def test_answer(self):
        lead, answer = self.receive()
        self.assertEqual(answer, {"id": lead.id, "name": lead.name, "created": True})
        again, answer = self.receive(contact_name="Other", phone="+16505550111")
        self.assertEqual(again, lead)
        self.assertEqual(answer, {"id": lead.id, "name": lead.name, "created": False})
        self.assertEqual((lead.contact_name, lead.phone), ("Ida Intake", False))

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
                    "bpo_source_url": URL,
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
            **{**empty, "bpo_source_url": URL, "quantity": None, "expected_price": 0, "tags": []}
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
        for url in (f"{URL}/", f" {URL}// "):
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

    def test_first_lead_went_to_another_company(self):
        lead, _answer = self.receive()
        lead.company_id = self.env["res.company"].create({"name": "Second Dealer"})
        self.assertEqual(self.receive()[1], {"id": lead.id, "name": lead.name, "created": False})

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
        """What the BPO names like one of our fields sets none of them."""
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


@tagged("post_install", "-at_install")
class TestIntakeRefusal(IntakeCase):
    def test_payload_itself(self):
        for payload in (None, [], "x", 5, [{"bpo_source_lead_id": 1}], True):
            with self.subTest(payload=payload), self.assertRefused(ValidationError, "payload"):
                self.Lead.with_user(self.intake).receive_endorsed_lead(payload)

    def test_id(self):
        for value in (None, False, True, 0, -1, 1.0, "1", "x", [1], {}, 2**31, HUGE, float("nan")):
            with self.subTest(value=value):
                self.assertRejected("bpo_source_lead_id", bpo_source_lead_id=value)
        self.assertTrue(self.receive(bpo_source_lead_id=2**31 - 1)[1]["created"])

    def test_name(self):
        for value in (None, False, "", "  \t", 0):
            with self.subTest(value=value):
                self.assertRejected("contact_name", contact_name=value)

    def test_wrong_types(self):
        for key in TEXT_LIMITS:
            for value in (5, 1.5, True, ["x"], {"x": 1}):
                with self.subTest(key=key, value=value):
                    self.assertRejected(key, **{key: value})
        for key in ("quantity", "expected_price"):
            for value in ("1", True, [1], {}, {"x": 1}, "x"):
                with self.subTest(key=key, value=value):
                    self.assertRejected(key, **{key: value})
        for value in ("x", {"x": 1}, [1], [None], [["x"]], [True], 5, ["x"] * 51):
            with self.subTest(key="tags", value=value):
                self.assertRejected("tags", tags=value)
        for value in ("yes", 1, 0.5, ["x"], {"x": 1}):
            with self.subTest(key="with_quotation", value=value):
                self.assertRejected("with_quotation", with_quotation=value)

    def test_length(self):
        for key, limit in TEXT_LIMITS.items():
            with self.subTest(key=key):
                self.assertRejected(key, **{key: "9" * (limit + 1)})
                self.assertRejected(key, **{key: "9" * 2_000_000})
        self.assertRejected("tags", tags=["x" * 256])
        self.assertRejected("campaign", campaign="x" * 20_001)
        self.assertTrue(self.receive(contact_name="x" * 255, description="x" * 20_000)[0])

    def test_characters_that_cannot_be_stored(self):
        for text in ("a\0b", "a\ud800b", "\udfff"):
            for key in TEXT_LIMITS:
                if len(text) <= TEXT_LIMITS[key]:
                    with self.subTest(key=key, text=text):
                        self.assertRejected(key, **{key: text})
            self.assertRejected("tags", tags=[text])
            self.assertRejected("campaign", campaign=text)
            self.assertRejected("", **{f"key{text}": "x"})
        lead, _answer = self.receive(contact_name="Zoë 🚗", campaign={"deep": ["a\0b", "\ud800"]})
        self.assertEqual(lead.contact_name, "Zoë 🚗")
        self.assertIn("deep", self.notes(lead))

    def test_numbers(self):
        bad = (0, 0.0, -1, -0.5, float("inf"), float("-inf"), float("nan"), 1e12, HUGE, -HUGE)
        for value in (*bad, 1e-9, 0.004):
            with self.subTest(quantity=value):
                self.assertRejected("quantity", quantity=value)
        for value in bad[2:]:
            with self.subTest(expected_price=value):
                self.assertRejected("expected_price", expected_price=value)
        lead, _answer = self.receive(quantity=0.5, expected_price=999_999_999_999)
        self.assertEqual((lead.quantity, lead.expected_price), (0.5, 999_999_999_999))

    def test_choices_and_dates(self):
        for value in ("4", "x", "-"):
            self.assertRejected("priority", priority=value)
        for value in ("31/12/2026", "2026-13-01", "2026-02-30", "soon", "20261231", "0000-00-00"):
            with self.subTest(value=value):
                self.assertRejected("date_deadline", date_deadline=value)

    def test_country_code_is_two_letters(self):
        self.assertRejected("country_code", country_code="USA")


@tagged("post_install", "-at_install")
class TestIntakeRights(IntakeCase):
    def test_who_may(self):
        for number, user in enumerate((self.intake, self.agent, self.manager, self.admin)):
            self.assertTrue(self.receive(user, bpo_source_lead_id=300 + number)[1]["created"])
        public = self.env.ref("base.public_user")
        for user in self.outsiders | public:
            with self.subTest(user=user.login), self.assertRefused(AccessError, "Dealer Intake"):
                self.receive(user, bpo_source_lead_id=999)

    def test_refused_before_anything_is_said_of_the_payload(self):
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.clerk).receive_endorsed_lead("x")

    def test_service_user_may_nothing_else(self):
        lead, _answer = self.receive()
        for model in ("dealer.crm.lead", "dealer.crm.stage", "dealer.crm.callback", "sale.order"):
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(
                    self.env[model].with_user(self.intake).has_access(operation), (model, operation)
                )
        for method in ("action_mark_won", "action_mark_lost", "action_reopen"):
            with self.subTest(method=method), self.assertRefused(AccessError):
                getattr(lead.with_user(self.intake), method)()
        with self.assertRefused(AccessError):
            lead.with_user(self.intake).read(["name"])
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.intake).create({"contact_name": "x"})

    def test_context_sets_nothing(self):
        """The call runs with more rights than its caller has: his context must not steer it."""
        company = self.env["res.company"].create({"name": "Second Dealer"})
        users = self.env["res.users"].search_count([])
        context = {
            "default_company_id": company.id,
            "default_active": False,
            "default_won_status": "won",
            "default_stage_id": self.won.id,
            "default_lost_notes": "sneaked in",
            "default_user_ids": [
                Command.create(
                    {
                        "name": "Sneak",
                        "login": "sneak",
                        "group_ids": [Command.link(self.env.ref("base.group_system").id)],
                    }
                )
            ],
            "default_message_follower_ids": [
                Command.create({"partner_id": self.intake.partner_id.id})
            ],
            "default_vat": "sneaked in",
        }
        leads = self.Lead.with_user(self.intake).with_context(**context)
        answer = leads.receive_endorsed_lead(self.payload(with_quotation=True))
        lead = self.Lead.browse(answer["id"])
        self.assertRecordValues(
            lead,
            [
                {
                    "company_id": self.env.company.id,
                    "active": True,
                    "won_status": "pending",
                    "stage_id": self.negotiation.id,
                    "lost_notes": False,
                }
            ],
        )
        self.assertEqual(self.env["res.users"].search_count([]), users)
        self.assertFalse(lead.message_partner_ids)
        self.assertFalse(lead.partner_id.vat)
        self.assertFalse(lead.sale_order_ids.message_partner_ids & self.intake.partner_id)

    def test_company_of_the_service_user(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        service = new_test_user(self.env, "bpo-of-second", AGENT, company_id=company.id)
        lead, _answer = self.receive(service)
        self.assertEqual(lead.company_id, company)
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.intake).with_context(
                allowed_company_ids=company.ids
            ).receive_endorsed_lead(self.payload(bpo_source_lead_id=2))

    def test_lead_stays_unassigned_for_every_agent(self):
        lead, _answer = self.receive(self.agent)
        self.assertFalse(lead.user_id)
        self.assertEqual(lead.with_user(self.other_agent).contact_name, "Ida Intake")
