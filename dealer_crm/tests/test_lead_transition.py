from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import TransitionCase


@tagged("post_install", "-at_install")
class TestOneStep(TransitionCase):
    def test_forward(self):
        lead = self.make_lead()
        for stage in (self.qualified, self.negotiation):
            lead.with_user(self.agent).stage_id = stage
            self.assertEqual((lead.stage_id, lead.open_stage_id), (stage, stage))
            self.assertEqual(lead.won_status, "pending")

    def test_skipping_and_going_back(self):
        """The message names the lead, its next stage and the two buttons."""
        for start, target, following in (
            (self.new, self.negotiation, "Qualified"),
            (self.qualified, self.new, "Negotiation"),
        ):
            lead = self.make_lead(start)
            self.assertStays(
                lead,
                {"stage_id": target.id},
                lead.name,
                start.name,
                target.name,
                f"next stage is {following}",
                "Mark Won",
                "Mark Lost",
            )

    def test_from_the_last_open_stage(self):
        lead = self.make_lead(self.negotiation)
        for target in (self.qualified, self.new):
            self.assertStays(lead, {"stage_id": target.id}, lead.name, "Mark Won", "Mark Lost")

    def test_for_every_role(self):
        for user in (self.agent, self.manager, self.admin, self.env.ref("base.user_admin")):
            with self.subTest(user=user.login):
                lead = self.make_lead(user_id=False)
                self.assertStays(lead, {"stage_id": self.negotiation.id}, "Qualified", user=user)
                lead.with_user(user).stage_id = self.qualified
                self.assertEqual(lead.stage_id, self.qualified)

    def test_superuser_is_held_too(self):
        lead = self.make_lead().sudo()
        self.assertStays(lead, {"stage_id": self.negotiation.id}, "Qualified")

    def test_order_is_sequence_then_id(self):
        first = self.Stage.create({"name": "First at 20", "sequence": 20})
        self.assertGreater(first.id, self.qualified.id)
        lead = self.make_lead(self.qualified)
        self.assertStays(lead, {"stage_id": self.negotiation.id}, "First at 20")
        lead.stage_id = first
        lead.stage_id = self.negotiation
        self.qualified.sequence = self.negotiation.sequence = first.sequence = 30
        other = self.make_lead(self.qualified)
        other.stage_id = self.negotiation
        self.assertStays(other, {"stage_id": self.qualified.id}, "First at 20")
        other.stage_id = first

    def test_reordered_columns_count_at_once(self):
        lead = self.make_lead(self.new)
        self.negotiation.sequence = 15
        self.assertStays(lead, {"stage_id": self.qualified.id}, "next stage is Negotiation")
        lead.stage_id = self.negotiation

    def test_closing_stage_between_open_ones(self):
        """A closing stage between open ones is skipped: the next open stage is the next step."""
        self.won.sequence = 15
        lead = self.make_lead(self.new)
        lead.stage_id = self.qualified
        self.assertEqual(lead.won_status, "pending")

    def test_inactive_lead_obeys_too(self):
        lead = self.make_lead(active=False)
        self.assertStays(lead, {"stage_id": self.negotiation.id}, "Qualified")

    def test_no_stage(self):
        lead = self.make_lead()
        for value in (False, None, 0, "2", [2]):
            with self.subTest(value=value):
                self.assertStays(lead, {"stage_id": value}, "choose a stage", error=ValidationError)

    def test_deleted_stage(self):
        lead = self.make_lead()
        for value in (10**9, -1):
            with self.subTest(value=value):
                self.assertStays(lead, {"stage_id": value}, "was deleted", error=ValidationError)

    def test_same_stage_restamps_nothing(self):
        stamp = fields.Datetime.to_datetime("2026-01-02 03:04:05")
        with freeze_time(stamp):
            lead = self.make_lead(self.qualified)
            lost = self.make_lead(self.lost, lost_notes=False)
        (lead | lost).bpo_source_lead_id = 0
        lead.kanban_state = "blocked"
        lead.write({"stage_id": self.qualified.id, "priority": "2"})
        self.lose(lost)
        self.assertEqual((lead | lost).mapped("date_last_stage_update"), [stamp, stamp])
        self.assertEqual(lost.date_lost, stamp)
        self.assertEqual((lead.kanban_state, lead.priority), ("blocked", "2"))

    def test_a_step_stamps(self):
        with freeze_time("2026-01-02 03:04:05"):
            lead = self.make_lead()
            lead.kanban_state = "blocked"
        with freeze_time("2026-01-03 03:04:05"):
            lead.stage_id = self.qualified
        self.assertEqual(str(lead.date_last_stage_update), "2026-01-03 03:04:05")
        self.assertEqual(lead.kanban_state, "normal")
        lead.write({"stage_id": self.negotiation.id, "kanban_state": "done"})
        self.assertEqual(lead.kanban_state, "done")

    def test_the_move_is_in_the_chatter(self):
        lead = self.make_lead()
        self.cr.precommit.run()
        lead.with_user(self.agent).stage_id = self.qualified
        self.env.flush_all()
        self.cr.precommit.run()
        values = lead.message_ids.sudo().tracking_value_ids
        self.assertIn(("New", "Qualified"), [(v.old_value_char, v.new_value_char) for v in values])


@tagged("post_install", "-at_install")
class TestBatch(TransitionCase):
    def test_all_or_none(self):
        good = self.make_lead(self.new)
        bad = self.make_lead(self.negotiation)
        self.assertStays(good | bad, {"stage_id": self.qualified.id, "priority": "3"}, bad.name)
        self.assertEqual((good | bad).mapped("priority"), ["0", "0"])

    def test_every_refused_lead_is_named(self):
        leads = self.make_lead(self.negotiation) | self.make_lead(self.negotiation)
        with self.assertRefused(UserError, *leads.mapped("name")):
            leads.stage_id = self.new

    def test_long_list_is_cut(self):
        leads = self.Lead.create([{"contact_name": f"Lead {n}"} for n in range(30)])
        with self.assertRefused(UserError, "20 more") as caught:
            leads.write({"stage_id": self.negotiation.id})
        self.assertEqual(len(str(caught.exception).splitlines()), 11)

    def test_movers_and_stayers(self):
        mover = self.make_lead(self.new)
        stayer = self.make_lead(self.qualified)
        (mover | stayer).write({"stage_id": self.qualified.id, "priority": "1"})
        self.assertEqual((mover | stayer).mapped("priority"), ["1", "1"])
        self.assertEqual((mover | stayer).stage_id, self.qualified)

    def test_from_several_stages_to_lost(self):
        leads = self.make_lead(self.new) | self.make_lead(self.qualified)
        leads |= self.make_lead(self.negotiation)
        self.lose(leads, lost_notes="Shop closed")
        self.assertEqual(set(leads.mapped("won_status")), {"lost"})
        self.assertEqual(leads.open_stage_id, self.new | self.qualified | self.negotiation)
        self.assertEqual(leads.mapped("lost_notes"), ["Shop closed"] * 3)

    def test_one_closed_among_open(self):
        won = self.make_lead(self.won)
        openone = self.make_lead(self.negotiation)
        self.assertStays(
            won | openone,
            {"stage_id": self.lost.id, "lost_reason": self.reason.id},
            won.name,
            "reopen",
        )

    def test_one_not_ready_to_be_won(self):
        ready = self.make_lead(self.negotiation)
        self.make_delivered(ready)
        bare = self.make_lead(self.negotiation)
        self.assertStays(ready | bare, {"stage_id": self.won.id}, bare.name)
        with self.assertRefused(UserError) as caught:
            (ready | bare).action_mark_won()
        self.assertNotIn(ready.name, str(caught.exception))

    def test_no_lead_at_all(self):
        empty = self.Lead.browse()
        self.assertTrue(empty.write({"stage_id": self.negotiation.id}))
        empty.action_mark_won()
