from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestLeadReference(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.year = fields.Date.today().year
        cls.sequence = cls.env.ref("dealer_crm.ir_sequence_lead")

    def number(self, lead):
        prefix, _slash, number = lead.name.rpartition("/")
        self.assertEqual(prefix, f"DLEAD/{self.year}")
        return int(number)

    def take(self, first, count):
        """Insert leads with the numbers from ``first`` on, like an import."""
        return self.Lead.create(
            [{"name": f"DLEAD/{self.year}/{number:05d}"} for number in range(first, first + count)]
        )

    def test_next(self):
        leads = self.Lead.create([{"contact_name": "A"}, {"name": "New"}, {"name": " "}, {}])
        first = self.number(leads[0])
        self.assertEqual([self.number(lead) for lead in leads], list(range(first, first + 4)))

    def test_a_free_one_is_kept(self):
        lead = self.Lead.with_user(self.agent).create({"name": " OLD-7 "})
        self.assertEqual(lead.name, "OLD-7")

    def test_a_taken_one_is_said(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.make_lead(name="OLD-7", active=False)
        self.make_lead(name="OLD-8", company_id=company.id, user_id=False)
        for name in ("OLD-7", "OLD-8"):
            with (
                self.subTest(name=name),
                self.assertRefused(ValidationError, name, "another lead already"),
            ):
                self.Lead.with_user(self.agent).create({"name": name})
        with self.assertRefused(ValidationError, "OLD-9"):
            self.Lead.create([{"name": "OLD-9"}, {}, {"name": "OLD-9 "}])
        result = self.Lead.with_user(self.agent).load(["name", "contact_name"], [["OLD-7", "A"]])
        self.assertIn("OLD-7", result["messages"][0]["message"])

    def test_taken_numbers_are_stepped_over_at_once(self):
        first = self.number(self.make_lead()) + 1
        self.take(first, 3000)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        name = self.Lead._next_references(1)[0]
        self.assertLessEqual(self.env.cr.sql_log_count - before, 6)
        self.assertEqual(int(name[-5:]), first + 3000)
        lead = self.make_lead()
        self.assertEqual(self.number(lead), first + 3001)

    def test_gaps_between_taken_numbers_are_used(self):
        first = self.number(self.make_lead()) + 1
        self.take(first + 1, 2)
        self.take(first + 4, 1000)
        leads = self.Lead.create([{} for _each in range(5)])
        self.assertEqual([self.number(lead) - first for lead in leads], [0, 3, 1004, 1005, 1006])

    def test_given_and_next_in_one_batch(self):
        first = self.number(self.make_lead()) + 1
        given = f"DLEAD/{self.year}/{first:05d}"
        leads = self.Lead.create([{}, {"name": given}, {}])
        self.assertEqual([self.number(lead) - first for lead in leads], [1, 0, 2])

    def test_other_kinds_of_sequences(self):
        for values in (
            {"prefix": "A-", "implementation": "no_gap"},
            {"prefix": "B-%(range_year)s-", "use_date_range": True},
            {"prefix": "C-", "implementation": "standard"},
            {"prefix": "D-", "use_date_range": False, "number_increment": 10, "padding": 3},
            {"prefix": False, "suffix": "/X", "padding": 0},
            {"suffix": False, "number_increment": 1},
        ):
            self.sequence.write(values)
            with self.subTest(values=values):
                names = self.Lead._next_references(3)
                prefix, suffix = self.sequence._get_prefix_suffix()
                step, padding = self.sequence.number_increment, self.sequence.padding
                start = int(names[0].removeprefix(prefix).removesuffix(suffix))

                def name(position, form=(prefix, start, step, padding, suffix)):
                    prefix, start, step, padding, suffix = form
                    return f"{prefix}{start + position * step:0{padding}d}{suffix}"

                self.assertEqual(names, [name(0), name(1), name(2)])
                self.Lead.create([{"name": name(position)} for position in range(3, 53)])
                self.assertEqual(self.Lead._next_references(2), [name(53), name(54)])

    def test_no_sequence(self):
        self.sequence.unlink()
        with self.assertRefused(UserError, "dealer.crm.lead"):
            self.make_lead()
        self.assertEqual(self.make_lead(name="OLD-7").name, "OLD-7")

    def test_one_sequence_a_company(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        own = self.sequence.copy({"company_id": company.id})
        ours = self.number(self.make_lead()) + 1
        own.number_next_actual = ours
        self.take(ours + 1, 1)
        theirs = {"company_id": company.id, "user_id": False}
        leads = self.Lead.create([theirs, {}, theirs, {}])
        self.assertEqual(len(set(leads.mapped("name"))), 4)
        own.prefix = "SECOND/"
        for make in (
            lambda: self.Lead.create(theirs),
            lambda: self.Lead.with_context(default_company_id=company.id).create(
                {"user_id": False}
            ),
            lambda: self.Lead.with_company(company).create({"user_id": False}),
        ):
            self.assertTrue(make().name.startswith("SECOND/"))
        self.assertTrue(self.make_lead().name.startswith("DLEAD/"))
