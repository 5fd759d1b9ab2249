from datetime import timedelta
from statistics import median

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_first_contact import ClockCase

SUMS = ["lead_count:sum", "contacted_count:sum", "within_count:sum", "late_count:sum"]
MEASURES = [*SUMS, "within_share:avg", "response_minutes:median"]


@tagged("post_install", "-at_install")
class TestResponseReport(ClockCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env["dealer.crm.response.report"]

    def setUp(self):
        super().setUp()
        other_team = self.env["crm.team"].create({"name": "Other team"})
        self.times = {self.team: [1, 5, 20, 40], other_team: [2, 60]}
        for team, times in self.times.items():
            for minutes in times:
                lead = self.arrive(team_id=team.id)
                with self.after(minutes):
                    lead.with_user(self.agent).log_call("reached")
        self.arrive()  # overdue
        now = fields.Datetime.now()
        self.waiting = self.arrive(now)
        self.closed = self.arrive(now)
        self.lose(self.closed)
        self.arrive(active=False)
        self.env.flush_all()

    def read_groups(self, groupby=()):
        return {
            row[: len(groupby)]: row[len(groupby) :]
            for row in self.Report.with_user(self.manager)._read_group([], groupby, MEASURES)
        }

    def test_teams(self):
        rows = self.read_groups(["team_id"])
        (total,) = self.read_groups().values()
        for (team,), row in rows.items():
            leads, contacted, within, late, share, middle = row
            times = self.times[team]
            self.assertEqual(contacted, len(times))
            self.assertEqual(within, sum(minutes <= 30 for minutes in times))
            self.assertAlmostEqual(share, 100 * within / (within + late))
            self.assertAlmostEqual(middle, median(times))
            self.assertEqual(leads - within - late, 2 if team == self.team else 0)
        for index in range(len(SUMS)):
            self.assertEqual(total[index], sum(row[index] for row in rows.values()))
        self.assertEqual(total[3], 3)
        self.assertAlmostEqual(total[4], 100 * 4 / 7)
        self.assertAlmostEqual(total[5], median([1, 2, 5, 20, 40, 60]))

    def test_pivot(self):
        """The web client's call, with subtotals."""
        report = self.Report.with_user(self.manager)
        self.assertEqual(
            report.fields_get(["response_minutes"])["response_minutes"]["aggregator"], "median"
        )
        grand, teams = report.formatted_read_grouping_sets([], [[], ["team_id"]], MEASURES)
        self.assertAlmostEqual(grand[0]["response_minutes:median"], median([1, 2, 5, 20, 40, 60]))
        self.assertEqual(sum(row["lead_count:sum"] for row in teams), grand[0]["lead_count:sum"])

    def test_weeks(self):
        rows = self.read_groups(["date:week", "user_id"])
        self.assertEqual(len(rows), 2)
        self.assertTrue(self.Report.search([("lead_id", "=", self.waiting.id)]))

    def test_late_after_closing(self):
        """A lead that was closed in time stays out of the share, however long ago that was."""
        self.closed._write({"create_date": fields.Datetime.now() - timedelta(days=9)})
        row = self.Report.search([("lead_id", "=", self.closed.id)])
        self.assertEqual((row.within_count, row.late_count), (0, 0))

    def test_list(self):
        """A lead that nobody has contacted shows no time, and no share before its limit."""
        row = self.Report.with_user(self.manager).search([("lead_id", "=", self.waiting.id)])
        arch = etree.fromstring(self.Report.get_view(view_type="list")["arch"])
        hidden = {field.get("name"): field.get("invisible") for field in arch.iter("field")}
        self.assertEqual(hidden["response_minutes"], "not contacted_count")
        self.assertEqual(hidden["within_share"], "not within_count and not late_count")
        self.assertFalse(row.contacted_count or row.within_count or row.late_count)

    def test_open(self):
        """A click on a row opens its lead."""
        row = self.Report.with_user(self.manager).search([("lead_id", "=", self.waiting.id)])
        view = etree.fromstring(self.Report.get_view(view_type="list")["arch"])
        self.assertEqual((view.get("action"), view.get("type")), ("action_open_lead", "object"))
        action = row.action_open_lead()
        self.assertEqual(
            (action["res_model"], action["res_id"]), (self.waiting._name, self.waiting.id)
        )
        with self.assertRaises(AccessError):
            row.with_user(self.agent).action_open_lead()

    def test_rights(self):
        with self.assertRaises(AccessError):
            self.Report.with_user(self.agent).search([])
