from collections import defaultdict
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from random import Random
from statistics import mean

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.misc import file_path

from ..models.dealer_crm_lead_undo import UNDO
from .common import DealerCase

START = fields.Datetime.to_datetime("2026-01-05 09:00:00")


@tagged("post_install", "-at_install")
class TestLeadStay(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Stay = cls.env["dealer.crm.lead.stay"]
        cls.order = [cls.new, cls.qualified, cls.negotiation]

    def arrive(self, **vals):
        """A lead that has entered its stage at ``START``."""
        lead = self.make_lead(**vals)
        self.env.flush_all()
        lead._write({"date_last_stage_update": START})
        lead.invalidate_recordset()
        return lead

    def move(self, lead, stage, days):
        """Move ``lead`` so many days after ``START``."""
        with freeze_time(START + timedelta(days=days)):
            if stage == self.lost:
                self.lose(lead)
            else:
                lead.stage_id = stage
            self.env.flush_all()

    def test_against_a_slow_computation(self):
        """Thirty leads with histories drawn at random, summed by hand."""
        draw = Random(15)
        stays = []
        for number in range(30):
            user = draw.choice([self.agent, self.other_agent])
            lead = self.arrive(user_id=user.id)
            if number % 3 == 0:
                self.endorse(lead, 900_000 + number)
            day, entered = 0.0, 0.0
            path = [*self.order[1:], self.lost][: draw.randint(0, 3)]
            if path and path[-1] != self.lost and draw.random() < 0.5:
                path[-1] = self.lost
            for stage in path:
                day += draw.randint(1, 200) / 8
                stays.append((lead.stage_id, stage, user, number % 3 == 0, day - entered))
                self.move(lead, stage, day)
                entered = day
        expected = defaultdict(list)
        for stage, following, user, endorsed, days in stays:
            origin = "bpo" if endorsed else "walk_in"
            expected[stage, user, origin].append((days, 0 if following == self.lost else 100))
        rows = self.Stay.with_user(self.manager)._read_group(
            [], ["stage_id", "user_id", "origin"], ["__count", "days:avg", "moved_on:avg"]
        )
        found = {tuple(row[:3]): row[3:] for row in rows}
        self.assertEqual(set(found), set(expected))
        self.assertGreater(len(found), 5)
        for key, each in expected.items():
            count, days, moved_on = found[key]
            self.assertEqual(count, len(each))
            self.assertAlmostEqual(days, mean(day for day, _moved in each), 5)
            self.assertAlmostEqual(moved_on, mean(moved for _day, moved in each), 5)
        ways = self.Stay._read_group([], ["stage_id", "next_stage_id"], ["__count"])
        for stage, following, count in ways:
            self.assertEqual(count, sum(each[:2] == (stage, following) for each in stays))

    def test_a_move_that_takes(self):
        lead = self.arrive(user_id=False)
        lead.with_user(self.agent).stage_id = self.qualified
        self.env.flush_all()
        self.assertEqual(self.Stay.search([("lead_id", "=", lead.id)]).user_id, self.agent)

    def test_reopened(self):
        """The time in Won or Lost is no stay; a reopened lead stays again."""
        lead = self.arrive()
        self.move(lead, self.lost, 2)
        with freeze_time(START + timedelta(days=9)):
            lead.with_user(self.manager).action_reopen("Wrong lead")
        self.move(lead, self.qualified, 12)
        days = self.Stay.search([("lead_id", "=", lead.id)], order="id").mapped("days")
        self.assertEqual(days, [2, 3])

    def test_undone(self):
        """An undone closing leaves no trace: the lead has been in its stage all the time."""
        lead = self.arrive()
        self.move(lead, self.qualified, 1)
        entered = lead.date_last_stage_update
        mine = lead.with_user(self.agent)
        self.lose(mine.with_context(**{UNDO: True}))
        self.env.flush_all()
        self.assertEqual(self.Stay.search_count([("lead_id", "=", lead.id)]), 2)
        mine.action_undo_closing()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(lead.date_last_stage_update, entered)
        stay = self.Stay.search([("lead_id", "=", lead.id)])
        self.assertEqual((stay.stage_id, stay.next_stage_id), (self.new, self.qualified))

    def test_company(self):
        lead = self.arrive(user_id=False)
        self.move(lead, self.qualified, 1)
        lead.team_id = False
        lead.company_id = self.env["res.company"].create({"name": "Branch"})
        stay = self.Stay.search([("lead_id", "=", lead.id)])
        self.assertEqual(stay.company_id, lead.company_id)
        self.assertFalse(self.Stay.with_user(self.manager).search([("id", "=", stay.id)]))

    def test_rights(self):
        with self.assertRaises(AccessError):
            self.Stay.with_user(self.agent).search([])
        lead = self.arrive()
        self.move(lead, self.qualified, 1)
        stay = self.Stay.with_user(self.manager).search([("lead_id", "=", lead.id)])
        self.assertEqual(stay.action_open_lead()["res_id"], lead.id)
        with self.assertRaises(AccessError):
            stay.with_user(self.admin).sudo().write({"days": 1})

    def test_migration(self):
        """From the tracked changes come the same rows as from the moves."""
        path = file_path("dealer_crm/migrations/19.0.3.0.0/post-migration.py")
        spec = spec_from_file_location("dealer_crm_post_migration", path)
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)
        cr = self.env.cr
        for reopened in (False, True):
            lead = self.arrive()
            lead._write({"create_date": START})
            cr.flush()
            for days, stage in ((1.5, self.qualified), (4, self.negotiation), (6, self.lost)):
                self.move(lead, stage, days)
                cr.flush()
                cr.execute(
                    "UPDATE mail_tracking_value SET create_date = %s WHERE create_date >= now()",
                    [START + timedelta(days=days)],
                )
            if reopened:
                lead.with_user(self.manager).action_reopen("Wrong lead")
        rows = "SELECT lead_id, company_id, team_id, user_id, origin, stage_id, next_stage_id, date, days, moved_on"
        rows += " FROM dealer_crm_lead_stay ORDER BY lead_id, date"
        cr.flush()
        cr.execute(rows)
        moved = cr.fetchall()
        self.assertEqual(len(moved), 6)
        cr.execute("DELETE FROM dealer_crm_lead_stay")
        for _twice in range(2):
            migration.fill_stays(cr)
            cr.execute(rows)
            self.assertEqual(cr.fetchall(), moved)

    def test_batch(self):
        """Leads that move together take one statement, however many they are."""

        def cost(count):
            leads = self.Lead.with_context(tracking_disable=True).create(
                [{"contact_name": "Bo", "user_id": self.agent.id} for _number in range(count)]
            )
            return self.cost(lambda: leads.write({"stage_id": self.qualified.id}))

        cost(2)
        self.assertEqual(cost(50), cost(2))
