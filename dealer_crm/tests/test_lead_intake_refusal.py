from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models.dealer_crm_lead_intake import NUMBERS, TEXT_LIMITS, WHOLE_NUMBERS, YES_NO
from .common import AGENT, IntakeCase

HUGE = 10**400


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
        for key in (*NUMBERS, *WHOLE_NUMBERS):
            for value in ("1", True, [1], {}, {"x": 1}, "x"):
                with self.subTest(key=key, value=value):
                    self.assertRejected(key, **{key: value})
        for value in ("x", {"x": 1}, [1], [None], [["x"]], [True], 5, ["x"] * 51):
            with self.subTest(key="tags", value=value):
                self.assertRejected("tags", tags=value)
        for key in YES_NO:
            for value in ("yes", 1, 0.5, ["x"], {"x": 1}):
                with self.subTest(key=key, value=value):
                    self.assertRejected(key, **{key: value})

    def test_length(self):
        for key, limit in TEXT_LIMITS.items():
            with self.subTest(key=key):
                self.assertRejected(key, **{key: "9" * (limit + 1)})
                self.assertRejected("payload", **{key: "9" * 2_000_000})
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
        for key in NUMBERS[1:]:
            for value in bad[2:]:
                with self.subTest(key=key, value=value):
                    self.assertRejected(key, **{key: value})
        lead, _answer = self.receive(quantity=0.5, expected_price=999_999_999_999)
        self.assertEqual((lead.quantity, lead.expected_price), (0.5, 999_999_999_999))

        for key in ("quantity", "expected_price"):
            self.assertRejected("below 1,000,000,000,000", **{key: 1e300})

    def test_whole_numbers(self):
        for key, bad in (
            ("trade_in_year", (0, 1899, 2101, -5, 2015.0, 10**12)),
            ("trade_in_mileage", (-1, 10_000_000, 5.5, 10**12)),
        ):
            for value in bad:
                with self.subTest(key=key, value=value):
                    self.assertRejected(f"{key}: it must be a whole number", **{key: value})

    def test_budget_ends_below_its_start(self):
        self.assertRejected("budget_max: it must not be below", budget_min=2, budget_max=1)
        lead, _answer = self.receive(budget_min=2)
        self.assertEqual((lead.budget_min, lead.budget_max), (2, 0))

    def test_the_whole_payload(self):
        """Unknown keys, however many, give a message that is small enough to be opened."""
        self.assertRejected("100 are allowed", **{f"key{n}": n for n in range(60_000)})
        self.assertRejected("65536 are allowed", **{f"key{n}": "x" * 9_000 for n in range(8)})
        self.assertRejected("65536 are allowed", **{"k" * 70_000: 1})
        self.assertRejected("65536 are allowed", nested=[{"deep": "é" * 40_000}])
        self.assertRejected("65536 are allowed", description="é" * 20_000, note="é" * 15_000)
        nested = {}
        for _each in range(100_000):
            nested = {"n": nested}
        self.assertRejected("plain JSON", nested=nested)
        lead, _answer = self.receive(**{f"key{n}": "x" * 700 for n in range(80)})
        self.assertIn("key79", self.notes(lead))

    def test_emails(self):
        self.assertRejected("email", email="a@example.com\nBcc: b@example.com")
        self.assertRejected("email", email=f"{'a' * 4000}@example.com")

    def test_choices_and_dates(self):
        for value in ("4", "x", "-"):
            self.assertRejected("priority", priority=value)
        for value in ("loan", "Cash", "-"):
            self.assertRejected("cash, bank, in_house", financing_type=value)
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
                if (model, operation) == ("sale.order", "read"):
                    continue  # a portal user may read own orders, and has none
                self.assertFalse(
                    self.env[model].with_user(self.intake).has_access(operation), (model, operation)
                )
        self.make_order(lead, confirm=False)
        self.assertFalse(self.env["sale.order"].with_user(self.intake).search([]))
        self.assertFalse(self.env["res.partner"].with_user(self.intake).has_access("create"))
        for method in ("action_mark_won", "action_mark_lost", "action_reopen"):
            with self.subTest(method=method), self.assertRefused(AccessError):
                getattr(lead.with_user(self.intake), method)()
        with self.assertRefused(AccessError):
            lead.with_user(self.intake).read(["name"])
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.intake).create({"contact_name": "x"})

    def test_context_sets_nothing(self):
        """The call runs with sudo, so defaults in the user's context must have no effect."""
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
