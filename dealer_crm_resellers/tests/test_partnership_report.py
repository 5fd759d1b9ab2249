from collections import defaultdict
from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .commission_common import CommissionCase

COUNTS = ("assigned", "accepted", "declined", "won", "lost")
MEASURES = [f"{name}_count:sum" for name in COUNTS] + [
    "expected_revenue:sum",
    "won_revenue:sum",
    "commission:sum",
    "win_rate:avg",
    "hours_to_accept:avg",
]


@tagged("post_install", "-at_install")
class TestPartnershipReport(CommissionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env["dealer.crm.partnership.report"]
        cls.resellers = cls.reseller | cls.make_reseller(
            "Bronze one",
            country=cls.japan,
            dealer_level_id=cls.bronze.id,
            dealer_activation_id=cls.operational.id,
            user_id=cls.agent.id,
        )
        cls.resellers |= cls.make_reseller(
            "Bronze two", dealer_level_id=cls.bronze.id, user_id=cls.manager.id
        )
        cls.bronze.commission_plan_id = cls.make_plan({"percentage": 5})

    def fill(self):
        """Leads in all states, with several orders, resellers and months."""
        case = 0
        for partner in self.resellers:
            for outcome in ("won", "won", "lost", "open", "declined"):
                case += 1
                lead = self.make_sale(self.truck, self.car, partner=partner)
                lead.expected_price = 100 * case
                if case % 2:
                    lead.action_accept_assignment()
                month = datetime(2024, 1 + case % 3, 10, 8)
                lead.date_partner_assign = month
                if lead.date_partner_accept:
                    lead._write_unchecked({"date_partner_accept": month.replace(hour=8 + case % 5)})
                lead.assignment_ids.date = month
                if outcome == "won":
                    self.make_order(lead, self.service)
                    lead.action_mark_won()
                elif outcome == "lost":
                    self.lose(lead)
                elif outcome == "declined":
                    others = self.resellers - partner
                    others.active = False
                    lead.action_decline_assignment("No")
                    others.active = True
                    if case > 5:
                        lead.assign_partner(others[0])

    def count_slowly(self, key):
        """The figures by ``key`` of (partner, date), counted lead by lead and log row by log row."""
        figures = defaultdict(lambda: defaultdict(float))
        hours = defaultdict(list)
        for lead in self.Lead.with_context(active_test=False).search([]):
            for row in lead.assignment_ids.filtered("partner_id"):
                current = row.state in ("assigned", "accepted")
                date = lead.date_partner_assign if current else row.date
                group = figures[key(row.partner_id, date)]
                group["assigned_count"] += 1
                group["declined_count"] += row.state == "declined"
                accepted = lead.date_partner_accept if current else row.date_accept
                if accepted:
                    group["accepted_count"] += 1
                    hours[key(row.partner_id, date)].append(
                        (accepted - date).total_seconds() / 3600
                    )
                if not current:
                    continue
                group["won_count"] += lead.won_status == "won"
                group["lost_count"] += lead.won_status == "lost"
                group["expected_revenue"] += lead.expected_price
                if lead.won_status == "won":
                    group["won_revenue"] += sum(
                        lead.sale_order_ids.filtered(lambda o: o.state == "sale").mapped(
                            "amount_untaxed"
                        )
                    )
                group["commission"] += sum(lead.commission_ids.mapped("amount"))
        for name, group in figures.items():
            closed = group["won_count"] + group["lost_count"]
            group["win_rate"] = 100 * group["won_count"] / closed if closed else 0
            group["hours_to_accept"] = sum(hours[name]) / len(hours[name]) if hours[name] else 0
        return figures

    def test_sums_are_right_at_every_grouping(self):
        self.fill()
        groupings = {
            "partner_id": lambda partner, date: partner,
            "level_id": lambda partner, date: partner.dealer_level_id,
            "activation_id": lambda partner, date: partner.dealer_activation_id,
            "country_id": lambda partner, date: partner.country_id,
            "user_id": lambda partner, date: partner.user_id,
            "company_id": lambda partner, date: self.company,
            "date:month": lambda partner, date: datetime(date.year, date.month, 1),
        }
        for groupby, key in groupings.items():
            slow = self.count_slowly(key)
            fast = self.Report._read_group([], [groupby], MEASURES)
            self.assertEqual({row[0] for row in fast}, set(slow), groupby)
            for group, *values in fast:
                for measure, value in zip(MEASURES, values, strict=True):
                    name = measure.partition(":")[0]
                    with self.subTest(groupby=groupby, group=group, name=name):
                        self.assertAlmostEqual(value or 0, slow[group][name], places=4)
        slow = self.count_slowly(lambda partner, date: True)[True]
        [totals] = self.Report._read_group([], [], MEASURES)
        self.assertGreater(slow["declined_count"], 2)
        for measure, value in zip(MEASURES, totals, strict=True):
            self.assertAlmostEqual(value, slow[measure.partition(":")[0]], places=4)

    def test_two_groupings_add_up(self):
        self.fill()
        rows = self.Report._read_group([], ["level_id", "date:month"], MEASURES[:8])
        [totals] = self.Report._read_group([], [], MEASURES[:8])
        for index, total in enumerate(totals, 2):
            self.assertAlmostEqual(sum(row[index] or 0 for row in rows), total, places=2)

    def test_what_is_taken_back_or_refused_does_not_count(self):
        lead, other = self.win(self.truck), self.win(self.car)
        self.assertEqual(self.get_commission(), 150)
        other.commission_ids.action_refuse()
        self.assertEqual(self.get_commission(), 100)
        lead.commission_ids.action_approve()
        lead.sale_order_ids._action_cancel()
        self.settle()
        self.assertEqual(sorted(lead.commission_ids.entry_ids.mapped("amount")), [-100, 100])
        self.assertEqual(self.get_commission(), 0)

    def get_commission(self):
        [(commission,)] = self.Report._read_group([], [], ["commission:sum"])
        return commission or 0

    def test_report_and_ledger_agree(self):
        """The sums of the entries, however they are grouped."""
        self.fill()
        for lead in self.Lead.search([("won_status", "=", "won")]):
            lead.commission_ids.action_approve()
            lead.sale_order_ids.order_line[:1].price_unit *= 1.37
        self.settle()
        self.env["dealer.crm.commission.entry"].search([], limit=1).action_refuse()
        entries = self.env["dealer.crm.commission.entry"].search([("state", "!=", "refused")])
        self.assertLess(min(entries.mapped("amount")), max(entries.mapped("amount")))
        for groupby in ("partner_id", "level_id", "country_id", "user_id", "company_id"):
            name = {"level_id": "partner_id.dealer_level_id"}.get(
                groupby, groupby if groupby in entries._fields else f"partner_id.{groupby}"
            )
            sums = defaultdict(float)
            for entry in entries:
                sums[entry.mapped(name)] += entry.amount_company
            for group, commission in self.Report._read_group([], [groupby], ["commission:sum"]):
                with self.subTest(groupby=groupby, group=group):
                    self.assertAlmostEqual(commission or 0, sums[group], places=2)

    def test_as_the_web_client_asks(self):
        self.fill()
        groups = self.Report.with_user(self.manager).formatted_read_group(
            [], ["level_id"], [measure for measure in MEASURES if "revenue" not in measure]
        )
        self.assertEqual(len(groups), 2)
        rows = self.Report.with_user(self.manager).web_search_read(
            [("level_id", "=", self.bronze.id)],
            {"partner_id": {"fields": {"display_name": {}}}, "lead_id": {}, "win_rate": {}},
        )
        self.assertEqual(rows["length"], len(rows["records"]))
        self.assertEqual(len({row["id"] for row in rows["records"]}), rows["length"])

    def test_rights(self):
        self.make_sale(self.truck)
        for user in (self.manager, self.admin):
            self.assertEqual(self.Report.with_user(user).search_count([]), 1)
        for user in (self.agent, *self.outsiders):
            with self.assertRaises(AccessError):
                self.Report.with_user(user).search([])
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.make_lead(company_id=company.id, user_id=False, partner_assigned_id=self.reseller.id)
        self.assertEqual(self.Report.with_user(self.manager).search_count([]), 1)
        self.assertEqual(self.Report.search_count([]), 2)
