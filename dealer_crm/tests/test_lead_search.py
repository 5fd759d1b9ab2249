from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestLeadSearch(DealerCase):
    """The search box, with a lead that has all that can be found and one that has nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env["res.partner"].create({"name": "Zappa Electric", "is_company": True})
        cls.pickup = cls.make_product(name="Zebra Pickup", default_code="ZEB-77")
        cls.found = cls.make_lead(
            contact_name="Mei Zhou",
            partner_id=company.id,
            phone="(0470) 12.34.56",
            mobile="+1 (212) 555-0131",
            email="mei.zhou@example.com",
            vehicle_model_text="Zeppelin 100% (XL)",
            product_id=cls.pickup.id,
        )
        cls.found._write_unchecked({"bpo_source_lead_id": 987654, "bpo_source_lead_name": "Zulu"})
        cls.national = cls.make_lead(phone="(646) 555-0144")
        cls.order = cls.make_order(cls.found, cls.pickup)
        cls.other = cls.make_lead(contact_name="Bo", user_id=cls.agent.id)
        cls.both = cls.found | cls.other

    def find(self, text, user=None):
        leads = self.Lead.with_user(user or self.agent)
        return leads.search([("anything", "ilike", text), ("id", "in", self.both.ids)])

    def test_what_is_found(self):
        for text in (
            "mei",
            "MEI ZHOU",
            "zhou mei",
            "zappa mei",
            self.found.name,
            self.found.name.lower(),
            "ei.zhou@exam",
            "Zeppelin",
            "zebra",
            "zeb-77",
            "zebra zappa",
            self.order.name,
            self.order.picking_ids.name,
            "987654",
            "zulu",
            "me",
            "100%",
        ):
            with self.subTest(text=text):
                self.assertEqual(self.find(text), self.found)

    def test_what_was_copied(self):
        for text in (
            self.found.display_name,
            f"{self.found.display_name} ({self.found.name})",
            "Zhou, Mei",
            "Mei Zhou <mei.zhou@example.com>;",
            self.pickup.display_name,
            '"Mei Zhou"',
            "Zhou · (XL)",
        ):
            with self.subTest(text=text):
                self.assertEqual(self.find(text), self.found)

    def test_phone_in_any_form(self):
        for text in (
            "+1 212 555 0131",
            "0012125550131",
            "+12125550131",
            "212-555-0131",
            "5550131",
            "mei +1 (212) 555 0131 zappa",
            "0470 12 34 56",
            "0470/123456",
            "470123456",
            "+32 470 12 34 56"[3:],
        ):
            with self.subTest(text=text):
                self.assertEqual(self.find(text), self.found)

    def test_number_that_was_entered_without_the_country(self):
        self.assertEqual(self.national.phone_sanitized, "+16465550144")
        found = self.Lead.search([("anything", "ilike", "+1 646 555 0144")])
        self.assertIn(self.national, found)

    def test_number_as_others_write_it(self):
        """With an extension, the 0 of the area, other digits, or marks that nobody sees."""
        manila, berlin = (
            self.make_lead(phone=number) for number in ("+63 (2) 8555-0100 ext 3", "+49 30 5550100")
        )
        for text, lead in (
            ("+63 (2) 8555-0100 ext 3", manila),
            ("(+63) 2 8555 0100", manila),
            ("0063285550100 Extension 17", manila),
            ("8555 0100 #4", manila),
            ("+49 (0) 30 555 0100", berlin),
            ("+49\xa030\u2011555\u20110100", berlin),
            ("\u202a+49 30 5550100\u202c", berlin),
            ("+\u0664\u0669 \u0663\u0660 5550100", berlin),
        ):
            with self.subTest(text=text):
                found = self.Lead.search(
                    [("anything", "ilike", text), ("id", "in", (manila | berlin).ids)]
                )
                self.assertEqual(found, lead)

    def test_email_that_begins_with_a_number(self):
        self.found.email = "0479998877@example.com"
        self.assertEqual(self.find("0479998877@example.com"), self.found)

    def test_number_of_the_bpo_that_is_as_long_as_a_telephone_number(self):
        """Only what is written as people write telephone numbers is looked for in those alone."""
        self.found._write_unchecked({"bpo_source_lead_id": 1234567890})
        self.assertEqual(self.find("1234567890"), self.found)
        self.assertFalse(self.find("+1234567890"))

    def test_what_is_not_found(self):
        for text in ("mei bo", "zho_", "%", "100_", "2125550132", "ho", "zebra 5550139"):
            with self.subTest(text=text):
                self.assertFalse(self.find(text))

    def test_nothing_typed(self):
        for text in (" ", "\0"):
            self.assertEqual(self.find(text), self.both)

    def test_by_programs(self):
        self.assertEqual(
            self.Lead.name_search("zappa"), [(self.found.id, "Mei Zhou · Zebra Pickup")]
        )
        self.assertEqual(self.Lead.search([("anything", "in", ["zulu"])]), self.found)
        kept = self.Lead.search([("anything", "not ilike", "zulu"), ("id", "in", self.both.ids)])
        self.assertEqual(kept, self.other)

    def test_rights(self):
        self.found.user_id = self.other_agent
        self.assertFalse(self.find("zulu"))
        self.assertEqual(self.find("zulu", self.other_agent), self.found)
        self.assertEqual(self.find("zulu", self.manager), self.found)

    def test_cost(self):
        leads = self.Lead.with_user(self.agent)
        domain = Domain("anything", "ilike", "mei +1 212 555 0131")
        for call in (
            lambda: leads.search(domain, limit=80),
            lambda: leads.search_count(domain),
        ):
            call()
            self.env.invalidate_all()
            with self.assertQueryCount(1):
                call()

    def test_index_is_used(self):
        """PostgreSQL takes the index where it may not read the whole table."""
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        query = self.Lead._search(Domain("anything", "ilike", "zhou"))
        [*plan] = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        plan = "\n".join(line for [line] in plan)
        self.assertIn("dealer_crm_lead_text_idx", plan)

    def test_nothing_found(self):
        """How many leads are elsewhere, and what a new one starts with."""
        explain = self.Lead.with_user(self.agent).explain_empty_search
        for text, context in (
            ("+1 646 555 0199", {"default_mobile": "+16465550199"}),
            ("Xavier@Example.com", {"default_email": "xavier@example.com"}),
            ("Xavier Xu", {"default_contact_name": "Xavier Xu"}),
            (
                "Xavier +1 646 555 0199 Xu <x@example.com>",
                {
                    "default_contact_name": "Xavier Xu",
                    "default_mobile": "+16465550199",
                    "default_email": "x@example.com",
                },
            ),
            ("+1 646 555 0199 ext 3", {"default_phone": "+1 646 555 0199 ext 3"}),
        ):
            self.assertEqual(explain(text), {"elsewhere": 0, "others": 0, "context": context})
        self.assertEqual(explain("zulu")["elsewhere"], 1)
        self.found.active = False
        self.assertEqual(explain("zulu")["elsewhere"], 1)

    def test_leads_of_colleagues_are_counted(self):
        self.found.user_id = self.other_agent
        explained = self.Lead.with_user(self.agent).explain_empty_search("zulu")
        self.assertEqual((explained["elsewhere"], explained["others"]), (0, 1))
        explained = self.Lead.with_user(self.manager).explain_empty_search("zulu")
        self.assertEqual((explained["elsewhere"], explained["others"]), (1, 0))
        # Too short to say anything of leads that the user may not read.
        explained = self.Lead.with_user(self.agent).explain_empty_search("zu")
        self.assertEqual(explained["others"], 0)
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.make_lead(contact_name="Zulu", company_id=company.id, user_id=False)
        explained = self.Lead.with_user(self.agent).explain_empty_search("zulu")
        self.assertEqual(explained["others"], 1)
        with self.assertRaises(AccessError):
            self.Lead.with_user(self.clerk).explain_empty_search("zulu")
