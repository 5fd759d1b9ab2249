from psycopg2.errors import NotNullViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import DealerCase

STAMPS = ("date_won", "date_lost", "date_last_stage_update", "write_date")


class TransitionCase(DealerCase):
    def state(self, leads):
        """What a move changes, to see that nothing did."""
        self.env.flush_all()
        return leads.sudo().read(
            ["stage_id", "open_stage_id", "won_status", "lost_reason", "lost_notes", *STAMPS]
        )

    def assertStays(self, leads, vals, *words, error=UserError, user=None):
        """The write is refused with these words and leaves nothing behind."""
        before = self.state(leads)
        with self.assertRefused(error, *words):
            leads.with_user(user or self.env.user).write(vals)
        self.env.invalidate_all()
        self.assertEqual(self.state(leads), before)


@tagged("post_install", "-at_install")
class TestOneStep(TransitionCase):
    def test_forward(self):
        lead = self.make_lead()
        for stage in (self.qualified, self.negotiation):
            lead.with_user(self.agent).stage_id = stage
            self.assertEqual((lead.stage_id, lead.open_stage_id), (stage, stage))
            self.assertEqual(lead.won_status, "pending")

    def test_skipping_and_going_back(self):
        """The sentence names the lead, the one next stage and the two buttons."""
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
        """Won in the middle of the board is no step: the next open one is behind it."""
        self.won.sequence = 15
        lead = self.make_lead(self.new)
        lead.stage_id = self.qualified
        self.assertEqual(lead.won_status, "pending")

    def test_inactive_lead_obeys_too(self):
        lead = self.make_lead(active=False)
        self.assertStays(lead, {"stage_id": self.negotiation.id}, "Qualified")

    def test_no_stage(self):
        lead = self.make_lead()
        for value in (False, None, 0, "2", [2], 10**9, -1):
            with self.subTest(value=value):
                self.assertStays(lead, {"stage_id": value}, "Choose a stage", error=ValidationError)

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


@tagged("post_install", "-at_install")
class TestClosing(TransitionCase):
    def test_lost_from_each_open_stage(self):
        for stage in (self.new, self.qualified, self.negotiation):
            with self.subTest(stage=stage.name), freeze_time("2026-02-03 04:05:06"):
                lead = self.make_lead(stage)
                self.lose(lead.with_user(self.agent), lost_notes="Too dear")
                self.assertRecordValues(
                    lead,
                    [
                        {
                            "stage_id": self.lost.id,
                            "open_stage_id": stage.id,
                            "won_status": "lost",
                            "date_lost": fields.Datetime.now(),
                            "date_won": False,
                            "lost_reason": self.reason.id,
                            "lost_notes": "Too dear",
                        }
                    ],
                )

    def test_won_from_each_open_stage(self):
        for stage in (self.new, self.qualified, self.negotiation):
            with self.subTest(stage=stage.name), freeze_time("2026-02-03 04:05:06"):
                lead = self.make_lead(stage)
                self.make_delivered(lead)
                lead.lost_notes = "Almost lost"
                action = lead.with_user(self.agent).action_mark_won()
                self.assertEqual(action["effect"]["type"], "rainbow_man")
                self.assertRecordValues(
                    lead,
                    [
                        {
                            "stage_id": self.won.id,
                            "open_stage_id": stage.id,
                            "won_status": "won",
                            "date_won": fields.Datetime.now(),
                            "date_lost": False,
                            "lost_reason": False,
                            "lost_notes": False,
                        }
                    ],
                )

    def test_date_won_that_is_set_stays(self):
        lead = self.make_lead(self.negotiation, date_won="2026-01-01 10:00:00")
        other = self.make_lead(self.negotiation)
        self.make_delivered(lead)
        self.make_delivered(other)
        with freeze_time("2026-03-03 03:03:03"):
            (lead | other).action_mark_won()
        self.assertEqual(
            [str(date) for date in (lead | other).mapped("date_won")],
            ["2026-01-01 10:00:00", "2026-03-03 03:03:03"],
        )

    def test_date_won_in_the_same_write(self):
        lead = self.make_lead(self.negotiation)
        self.make_delivered(lead)
        lead.write({"stage_id": self.won.id, "date_won": "2026-01-01 10:00:00"})
        self.assertEqual(str(lead.date_won), "2026-01-01 10:00:00")

    def test_lost_needs_a_reason_in_the_same_write(self):
        lead = self.make_lead(self.qualified, lost_reason=self.reason.id)
        for vals in (
            {},
            {"lost_reason": False},
            {"lost_notes": "no reason"},
            {"lost_reason": 0},
            {"lost_reason": "Price too high"},
            {"lost_reason": [self.reason.id]},
            {"lost_reason": True},
            {"lost_reason": 1.5},
        ):
            with self.subTest(vals=vals):
                self.assertStays(lead, {"stage_id": self.lost.id, **vals}, lead.name, "lost reason")

    def test_two_leads_without_a_reason(self):
        leads = self.make_lead() | self.make_lead()
        with self.assertRefused(UserError, leads[0].name, leads[1].name):
            leads.stage_id = self.lost

    def test_nothing_leaves(self):
        won, lost = self.make_lead(self.won), self.make_lead(self.lost)
        self.make_delivered(lost)  # so that the gate would let it through
        for user in (self.agent, self.manager, self.admin):
            for lead in (won, lost):
                for stage in self.Stage.search([]) - lead.stage_id:
                    with self.subTest(user=user.login, lead=lead.won_status, stage=stage.name):
                        self.assertStays(
                            lead,
                            {"stage_id": stage.id, "lost_reason": self.reason.id},
                            lead.name,
                            user=user,
                        )

    def test_closed_stays_closed_without_its_flag(self):
        lead = self.make_lead(self.won)
        self.won.is_won = False
        following = self.Stage.create({"name": "Aftercare", "sequence": 41})
        self.assertStays(lead, {"stage_id": following.id}, lead.name, "reopen")

    def test_what_was_reported_stays(self):
        won, lost = self.make_lead(self.won), self.make_lead(self.lost)
        other = self.env.ref("dealer_crm.lost_reason_stock")
        for lead, vals in (
            (won, {"date_won": "2026-01-01 00:00:00"}),
            (won, {"date_won": False}),
            (won, {"date_lost": "2026-01-01 00:00:00"}),
            (won, {"lost_reason": other.id}),
            (lost, {"date_lost": False}),
            (lost, {"lost_reason": other.id}),
            (lost, {"lost_reason": False}),
            (lost, {"lost_notes": "Rewritten"}),
            (lost, {"stage_id": self.lost.id, "lost_reason": other.id}),
        ):
            for user in (self.agent, self.admin):
                with self.subTest(vals=vals, user=user.login):
                    self.assertStays(lead, vals, lead.name, "closed", user=user)
        lost.write({"lost_reason": self.reason.id, "lost_notes": False, "priority": "3"})
        self.assertEqual(lost.priority, "3")

    def test_closed_leads_can_be_archived(self):
        lead = self.make_lead(self.lost)
        lead.action_archive()
        self.assertEqual((lead.active, lead.won_status), (False, "lost"))
        lead.action_unarchive()
        self.assertEqual((lead.active, lead.stage_id), (True, self.lost))

    def test_archived_lead_can_be_lost(self):
        lead = self.make_lead(active=False)
        self.lose(lead)
        self.assertEqual(lead.won_status, "lost")


@tagged("post_install", "-at_install")
class TestReopen(TransitionCase):
    def test_back_to_where_it_closed_from(self):
        for stage in (self.new, self.qualified, self.negotiation):
            lead = self.make_lead(stage)
            self.lose(lead, lost_notes="Gone")
            with freeze_time("2026-04-04 04:04:04"):
                lead.with_user(self.manager).action_reopen("Customer called back")
            self.assertRecordValues(
                lead,
                [
                    {
                        "stage_id": stage.id,
                        "won_status": "pending",
                        "date_won": False,
                        "date_lost": False,
                        "lost_reason": False,
                        "lost_notes": False,
                        "date_last_stage_update": fields.Datetime.to_datetime(
                            "2026-04-04 04:04:04"
                        ),
                    }
                ],
            )
            self.assertIn("Customer called back", lead.message_ids[:1].body)
            self.assertEqual(lead.message_ids[:1].author_id, self.manager.partner_id)

    def test_won_lead_and_the_rule_afterwards(self):
        lead = self.make_lead(self.won)
        lead.with_user(self.manager).action_reopen("Order was returned")
        self.assertEqual((lead.stage_id, lead.date_won), (self.new, False))
        self.assertStays(lead, {"stage_id": self.negotiation.id}, "Qualified")
        lead.action_mark_won()
        self.assertEqual(lead.won_status, "won")

    def test_a_selection_goes_back_each_to_its_own(self):
        leads = self.make_lead(self.new) | self.make_lead(self.negotiation)
        self.lose(leads)
        leads.with_user(self.admin).action_reopen("All again")
        self.assertEqual(leads.mapped("stage_id"), self.new | self.negotiation)
        self.assertEqual(leads[1].stage_id, self.negotiation)

    def test_who_may(self):
        lead = self.make_lead(self.lost)
        for user in self.agent | self.other_agent | self.intake | self.outsiders:
            with self.subTest(user=user.login), self.assertRefused(AccessError):
                lead.with_user(user).action_reopen("Please")
        self.assertEqual(lead.won_status, "lost")

    def test_reason(self):
        lead = self.make_lead(self.lost).with_user(self.manager)
        for reason in ("", "   ", False, 5, ["x"], {"x": 1}):
            with self.subTest(reason=reason), self.assertRefused(ValidationError, lead.name):
                lead.action_reopen(reason)
        action = lead.action_reopen()
        self.assertEqual(action["res_model"], "dealer.crm.lead.reopen")
        self.assertEqual(lead.won_status, "lost")

    def test_wizard(self):
        leads = self.make_lead(self.lost) | self.make_lead(self.lost, active=False)
        wizards = self.env["dealer.crm.lead.reopen"]
        for user in self.agent | self.clerk:
            with self.assertRefused(AccessError):
                wizards.with_user(user).create({"lead_ids": leads.ids, "reason": "x"})
        context = leads.with_user(self.manager).action_reopen()["context"]
        wizard = wizards.with_user(self.manager).with_context(**context).create({"reason": "Again"})
        wizard.action_confirm()
        self.assertEqual(leads.mapped("won_status"), ["pending", "pending"])

    def test_open_lead(self):
        closed, pending = self.make_lead(self.lost), self.make_lead()
        with self.assertRefused(UserError, pending.name, "not closed"):
            (closed | pending).with_user(self.manager).action_reopen("x")
        self.assertEqual(closed.won_status, "lost")

    def test_its_stage_was_deleted(self):
        stage = self.Stage.create({"name": "Short Life", "sequence": 12})
        lead = self.make_lead(stage)
        self.lose(lead)
        stage.unlink()
        self.env.invalidate_all()
        lead.action_reopen("Back")
        self.assertEqual(lead.stage_id, self.negotiation)

    def test_its_stage_closes_leads_now(self):
        lead = self.make_lead(self.negotiation)
        self.lose(lead)
        self.won.is_won = False
        self.negotiation.is_won = True
        lead.action_reopen("Back")
        self.assertEqual((lead.stage_id, lead.won_status), (self.won, "pending"))

    def test_no_open_stage_left(self):
        lead = self.make_lead(self.lost)
        (self.new | self.qualified | self.negotiation).unlink()
        with self.assertRefused(UserError, lead.name, "open stage"):
            lead.action_reopen("Back")

    def test_closed_twice(self):
        lead = self.make_lead(self.new)
        self.lose(lead)
        lead.action_reopen("Again")
        lead.stage_id = self.qualified
        self.lose(lead)
        lead.action_reopen("And again")
        self.assertEqual(lead.stage_id, self.qualified)

    def test_date_won_of_before_is_not_taken_again(self):
        with freeze_time("2026-01-01 00:00:00"):
            lead = self.make_lead(self.won)
        lead.action_reopen("Returned")
        with freeze_time("2026-02-02 00:00:00"):
            lead.action_mark_won()
        self.assertEqual(str(lead.date_won), "2026-02-02 00:00:00")


@tagged("post_install", "-at_install")
class TestLostWizard(TransitionCase):
    def confirm(self, leads, user=None, **vals):
        wizards = self.env["dealer.crm.lead.lost"].with_user(user or self.agent)
        wizard = wizards.create({"lead_ids": leads.ids, "lost_reason": self.reason.id, **vals})
        return wizard.action_confirm()

    def test_one(self):
        lead = self.make_lead().with_user(self.agent)
        action = lead.action_mark_lost()
        self.assertEqual(action["res_model"], "dealer.crm.lead.lost")
        self.assertEqual(action["context"]["default_lead_ids"], lead.ids)
        self.assertEqual(lead.won_status, "pending")
        result = self.confirm(lead, lost_notes="Bought a bike")
        self.assertEqual(result["type"], "ir.actions.act_window_close")
        self.assertEqual((lead.won_status, lead.lost_notes), ("lost", "Bought a bike"))

    def test_many_archived_too(self):
        leads = self.make_lead() | self.make_lead(self.negotiation) | self.make_lead(active=False)
        self.confirm(leads)
        self.assertEqual(leads.mapped("won_status"), ["lost"] * 3)

    def test_reason_is_required(self):
        lead = self.make_lead()
        with self.assertRaises(NotNullViolation), mute_logger("odoo.sql_db"):
            self.env["dealer.crm.lead.lost"].create({"lead_ids": lead.ids})
        self.assertEqual(lead.won_status, "pending")

    def test_closed_among_them(self):
        won, pending = self.make_lead(self.won), self.make_lead()
        with self.assertRefused(UserError, won.name):
            self.confirm(won | pending)
        self.assertEqual(pending.won_status, "pending")

    def test_lost_ones_with_another_reason(self):
        lost = self.make_lead(self.lost)
        with self.assertRefused(UserError, lost.name):
            self.confirm(lost, lost_reason=self.env.ref("dealer_crm.lost_reason_stock").id)
        self.assertEqual(lost.lost_reason, self.reason)

    def test_reason_archived_meanwhile(self):
        """The agent had the wizard open; the report still names the reason."""
        lead = self.make_lead()
        self.reason.active = False
        self.confirm(lead)
        self.assertEqual(lead.lost_reason, self.reason)
        self.assertNotIn(self.reason, self.env["dealer.crm.lost.reason"].search([]))

    def test_another_agents_lead(self):
        mine, hers = self.make_lead(), self.make_lead(user_id=self.other_agent.id)
        with self.assertRefused(AccessError):
            self.confirm(mine | hers)
        self.assertEqual((mine | hers).mapped("won_status"), ["pending", "pending"])

    def test_who_may_open_it(self):
        lead = self.make_lead()
        for user in self.outsiders | self.intake:
            with self.assertRefused(AccessError):
                self.confirm(lead, user=user)

    def test_reason_that_leads_have(self):
        self.make_lead(self.lost)
        with self.assertRefused(UserError, self.reason.name, "1 lead", "archive"):
            self.reason.with_user(self.admin).unlink()
        self.env.ref("dealer_crm.lost_reason_stock").with_user(self.admin).unlink()
