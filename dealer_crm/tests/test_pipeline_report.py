from collections import defaultdict
from datetime import timedelta
from random import Random
from statistics import mean, median

from odoo import fields
from odoo.tests import tagged

from .common import DealerCase

MEASURES = [
    "lead_count:sum",
    "won_count:sum",
    "lost_count:sum",
    "expected_revenue:sum",
    "win_rate:avg",
    "days_to_close:avg",
    "velocity:sum",
    "response_minutes:median",
]


@tagged("post_install", "-at_install")
class TestPipelineReport(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env["dealer.crm.pipeline.report"]
        draw = Random(3)
        now = fields.Datetime.now()
        cls.leads = []
        for number in range(24):
            status = ("pending", "won", "lost")[number % 3]
            user = draw.choice([cls.agent, cls.other_agent])
            price = draw.randint(1, 900)
            lead = cls.make_lead(user_id=user.id, expected_price=price)
            if draw.random() < 0.4:
                cls.endorse(lead, 900_000 + number)
            arrived, days = (
                now - timedelta(days=draw.randint(100, 900) / 8),
                draw.randint(1, 80) / 8,
            )
            minutes = draw.choice([None, 4.5, 30, 200])
            stage = {"won": cls.won, "lost": cls.lost}.get(status, lead.stage_id)
            cls.env.flush_all()
            # The report reads the stored values; the flow is not what is tested here.
            lead._write(
                {
                    "create_date": arrived,
                    "stage_id": stage.id,
                    "won_status": status,
                    "date_first_contact": minutes and arrived,
                    "response_minutes": minutes or 0,
                    **(
                        dict.fromkeys(
                            (f"date_{status}", "date_closed"), arrived + timedelta(days=days)
                        )
                        if status != "pending"
                        else {}
                    ),
                }
            )
            cls.leads.append((lead, user, status, price, days, minutes))
        cls.make_lead(active=False)
        cls.env.flush_all()
        cls.env.invalidate_all()

    def compute(self, leads):
        """The measures, summed by hand; None for those without a value."""
        won = [each for each in leads if each[2] == "won"]
        closed = [each for each in leads if each[2] != "pending"]
        minutes = [each[5] for each in leads if each[5]]
        earned = sum(each[3] for each in won)
        return [
            len(leads),
            len(won),
            len(closed) - len(won),
            sum(each[3] for each in leads),
            100 * len(won) / len(closed) if closed else None,
            mean(each[4] for each in closed) if closed else None,
            earned / mean(each[4] for each in won) if won else None,
            median(minutes) if minutes else None,
        ]

    def assertMeasures(self, groupby, key):
        expected = defaultdict(list)
        for each in self.leads:
            expected[key(*each)].append(each)
        rows = self.Report.with_user(self.manager)._read_group([], [groupby], MEASURES)
        self.assertEqual({row[0] for row in rows}, set(expected))
        for value, *measures in rows:
            for name, found, right in zip(
                MEASURES, measures, self.compute(expected[value]), strict=True
            ):
                with self.subTest(group=value, measure=name):
                    self.assertAlmostEqual(found or 0, right or 0, 4)

    def test_against_a_slow_computation(self):
        self.assertMeasures("user_id", lambda _lead, user, *_rest: user)
        self.assertMeasures(
            "origin",
            lambda lead, *_rest: "bpo" if lead.bpo_source_lead_id else "walk_in",
        )
        self.assertMeasures("won_status", lambda _lead, _user, status, *_rest: status)

    def test_months(self):
        """Leads by the months of arrival and of closing."""
        expected = defaultdict(int)
        for lead, *_rest in self.leads:
            closed = lead.date_won or lead.date_lost
            key = [moment and moment.strftime("%Y-%m") for moment in (lead.create_date, closed)]
            expected[tuple(key)] += 1
        report = self.Report.with_user(self.manager).with_context(tz="UTC")
        rows = report._read_group([], ["date:month", "date_closed:month"], ["lead_count:sum"])
        found = {tuple(day and day.strftime("%Y-%m") for day in row[:2]): row[2] for row in rows}
        self.assertEqual(found, dict(expected))

    def test_web_client(self):
        """The pivot's call: the amounts come in the company's currency, without a conversion."""
        report = self.Report.with_user(self.manager)
        spec = ["currency_id:array_agg_distinct", "expected_revenue:sum_currency", MEASURES[3]]
        [row] = report.formatted_read_group([], [], spec)
        self.assertEqual(row[spec[0]], self.env.company.currency_id.ids)
        self.assertEqual(row[spec[1]], sum(each[3] for each in self.leads))
        foreign = self.env["res.currency"].with_context(active_test=False)
        foreign = foreign.search([("id", "!=", self.env.company.currency_id.id)], limit=1)
        branch = self.env["res.company"].create({"name": "Branch", "currency_id": foreign.id})
        foreign.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": foreign.id, "rate": 2, "name": "2020-01-01"}
        )
        self.manager.company_ids |= branch
        self.make_lead(user_id=False, team_id=False, company_id=branch.id, expected_price=500)
        self.env.flush_all()
        both = report.with_context(allowed_company_ids=[self.env.company.id, branch.id])
        [row] = both.formatted_read_group([], [], spec)
        self.assertEqual(set(row[spec[0]]), {foreign.id, self.env.company.currency_id.id})
        self.assertAlmostEqual(row[spec[1]], sum(each[3] for each in self.leads) + 250)

    def test_rights(self):
        """Everybody sees the leads that they may read."""
        for user, right in (
            (self.manager, self.leads),
            (self.agent, [each for each in self.leads if each[1] == self.agent]),
        ):
            rows = self.Report.with_user(user).search([])
            self.assertEqual(set(rows.lead_id.ids), {each[0].id for each in right})
        self.assertEqual(rows[0].action_open_lead()["res_id"], rows[0].lead_id.id)
        arch = self.Report.get_view(view_type="list")["arch"]
        self.assertIn('name="days_to_close" optional="show" invisible="not date_closed"', arch)
