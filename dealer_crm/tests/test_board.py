"""The board's figures equal Odoo's, for every user and grouping."""

from datetime import timedelta
from unittest.mock import patch

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.web.models.models import Base

from .common import DealerCase

BAR = {
    "field": "activity_state",
    "colors": {"planned": "success", "today": "warning", "overdue": "danger"},
}
SUMS = ["expected_price:sum", "company_currency:array_agg_distinct", "expected_price:sum_currency"]
ZONES = (False, "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Manila")


@tagged("post_install", "-at_install")
class TestBoard(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_2 = cls.env["res.company"].create(
            {"name": "Second Dealer", "currency_id": cls.make_currency().id}
        )
        cls.companies = cls.env.company | cls.company_2
        cls.manager.company_ids = [Command.link(cls.company_2.id)]
        cls.agent.company_ids = [Command.link(cls.company_2.id)]
        tags = cls.env["crm.tag"].create([{"name": f"Tag {number}"} for number in range(3)])
        today = fields.Date.today()
        todo = cls.env.ref("mail.mail_activity_data_todo")
        model_id = cls.env["ir.model"]._get_id("dealer.crm.lead")
        stages = cls.new | cls.qualified | cls.negotiation
        users = (cls.agent, cls.other_agent, cls.env["res.users"])
        cls.leads = cls.Lead.create(
            [
                {
                    "contact_name": f"Customer {number}",
                    "stage_id": stages[number % 3].id,
                    "user_id": users[number % 2 if company == cls.company_2 else number % 3].id
                    if company == cls.env.company
                    else False,
                    "company_id": company.id,
                    "expected_price": 0 if number % 5 == 0 else 1000.25 * number,
                    "priority": str(number % 4),
                    "tag_ids": [Command.set(tags[: number % 4].ids)],
                }
                for company in cls.companies
                for number in range(40)
            ]
        )
        cls.lose(cls.leads[:4])
        cls.leads[4:8].active = False
        activities = [
            {
                "res_model_id": model_id,
                "res_id": lead.id,
                "activity_type_id": todo.id,
                "user_id": cls.manager.id,
                "date_deadline": today + timedelta(days=(number + nth * 3) % 7 - 3),
            }
            for number, lead in enumerate(cls.leads)
            for nth in range(number % 4)
        ]
        activities = cls.env["mail.activity"].create(activities)
        cls.env.flush_all()
        for number, zone in enumerate(ZONES):
            activities[number :: len(ZONES)].user_tz = zone
        activities[::11].active = False
        # Activities of another model with the same record ids.
        cls.env["mail.activity"].create(
            {
                "res_model_id": cls.env["ir.model"]._get_id("res.partner"),
                "res_id": cls.env["res.partner"].search([], limit=1).id,
                "activity_type_id": todo.id,
                "date_deadline": today,
            }
        )

    @classmethod
    def make_currency(cls):
        currency = cls.env["res.currency"].create({"name": "DLR", "symbol": "D", "rounding": 0.01})
        cls.env["res.currency.rate"].create(
            [
                {"currency_id": currency.id, "rate": rate, "name": day}
                for rate, day in ((3.0, "2020-01-01"), (4.0, "2021-01-01"))
            ]
        )
        return currency

    def each_view(self):
        """The leads for different users, with their filters."""
        domains = (
            [],
            [("user_id", "=", self.agent.id)],
            [("active", "in", [True, False])],
            [("activity_state", "=", "overdue")],
            [("tag_ids.name", "ilike", "Tag"), ("won_status", "=", "pending")],
            [("id", "in", [])],
        )
        for user in (self.agent, self.manager, self.env.ref("base.user_root")):
            for companies in (self.env.company, self.company_2, self.companies):
                leads = self.Lead.with_user(user).with_context(allowed_company_ids=companies.ids)
                for domain in domains:
                    yield leads, domain
        for zone in (*ZONES, "Nowhere/Land"):
            yield leads.with_context(tz=zone), []

    def test_bars_are_the_generic_ones(self):
        groups = (
            "stage_id",
            "user_id",
            "tag_ids",
            "priority",
            "company_id",
            "create_date:month",
            "partner_id",
        )
        seen = 0
        for leads, domain in self.each_view():
            for group_by in groups:
                with self.subTest(user=leads.env.user.login, domain=domain, group_by=group_by):
                    expected = Base.read_progress_bar(leads, domain, group_by, BAR)
                    self.assertEqual(leads.read_progress_bar(domain, group_by, BAR), expected)
                    seen += sum(map(len, expected.values()))
        self.assertGreater(seen, 1000, "the data has nothing to compare")

    def test_bars_read_an_index_only_for_all(self):
        """With a domain PostgreSQL would look up the activities of each lead there, one by one."""
        execute_query, plans = api.Environment.execute_query, []

        def explain(env, query):
            plans.append(str(execute_query(env, SQL("EXPLAIN %s", query))))
            return execute_query(env, query)

        for kind in ("seqscan", "bitmapscan", "indexscan"):
            self.env.cr.execute(SQL("SET LOCAL %s = off", SQL.identifier(f"enable_{kind}")))
        for domain, is_read in (([], True), ([("user_id", "=", self.agent.id)], False)):
            with patch.object(api.Environment, "execute_query", explain):
                self.Lead.read_progress_bar(domain, "stage_id", BAR)
            self.assertEqual("mail_activity_dealer_lead_idx" in plans[-1], is_read, plans[-1])

    def test_each_state_is_counted(self):
        bars = self.Lead.with_user(self.manager).read_progress_bar([], "stage_id", BAR)
        for state in BAR["colors"]:
            self.assertTrue(sum(bar[state] for bar in bars.values()), state)

    def test_other_bars_are_left_alone(self):
        bar = {"field": "kanban_state", "colors": {"blocked": "danger", "done": "success"}}
        self.leads[10:13].kanban_state = "blocked"
        bars = self.Lead.read_progress_bar([], "stage_id", bar)
        self.assertEqual(sum(counts["blocked"] for counts in bars.values()), 3)

    def test_bars_of_strangers(self):
        for user in self.outsiders:
            with self.assertRaises(AccessError):
                self.Lead.with_user(user).read_progress_bar([], "stage_id", BAR)

    def assertSameGroups(self, leads, domain, groupby, aggregates, order=None):
        found = leads._read_group(domain, groupby, aggregates, order=order)
        expected = models.BaseModel._read_group(leads, domain, groupby, aggregates, order=order)
        self.assertEqual(len(found), len(expected))
        for row, expected_row in zip(found, expected, strict=True):
            for value, wanted in zip(row, expected_row, strict=True):
                if isinstance(wanted, float):
                    self.assertAlmostEqual(value, wanted, 6)
                else:
                    self.assertEqual(value, wanted)
        return len(expected)

    def test_sums_are_the_generic_ones(self):
        seen = 0
        for leads, domain in self.each_view():
            with self.subTest(user=leads.env.user.login, domain=domain):
                seen += self.assertSameGroups(leads, domain, ["stage_id"], SUMS, "stage_id")
                seen += self.assertSameGroups(leads, domain, ["stage_id"], ["__count", SUMS[2]])
        self.assertGreater(seen, 200, "the data has nothing to compare")

    def test_sums_of_other_groups(self):
        leads = self.Lead.with_user(self.manager)
        for groupby in (["tag_ids"], ["user_id", "stage_id"], ["company_id"], []):
            self.assertSameGroups(leads, [], groupby, SUMS, ", ".join(groupby))
            self.assertSameGroups(leads, [], groupby, SUMS)

    def test_sums_in_another_order(self):
        leads = self.Lead.with_user(self.manager)
        self.assertSameGroups(leads, [], ["stage_id"], SUMS, "expected_price:sum desc")
        self.assertSameGroups(leads, [], ["stage_id"], SUMS, "stage_id desc")
        self.negotiation.sequence, self.new.sequence = 5, 35
        self.assertSameGroups(leads, [], ["stage_id"], SUMS, "stage_id")

    def test_sums_of_two_currencies(self):
        leads = self.Lead.with_user(self.manager).with_context(
            allowed_company_ids=self.companies.ids
        )
        groups = leads._read_group([], ["stage_id"], SUMS, order="stage_id")
        for _stage, total, currencies, converted in groups:
            if len(currencies) > 1:
                self.assertLess(converted, total)
                break
        else:
            self.fail("no column has two currencies")
