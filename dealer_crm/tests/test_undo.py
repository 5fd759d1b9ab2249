"""Undo: a closing from the web client can be taken back before the BPO hears of it."""

from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.dealer_crm_lead_undo import UNDO
from .common import DealerCase


class UndoCase(DealerCase):
    def close(self, lead, user=None, context=True):
        """Lose ``lead`` as the web client of ``user`` does."""
        mine = lead.with_user(user or self.agent)
        self.lose(mine.with_context(**{UNDO: context}))
        self.env.flush_all()
        return mine

    def expire(self, lead):
        past = self.env.cr.now() - timedelta(seconds=1)
        lead.sudo()._write_unchecked({"undo_until": past})


@tagged("post_install", "-at_install")
class TestUndo(UndoCase):
    def test_lost(self):
        lead = self.close(self.make_lead(self.qualified, priority="2"))
        offer = lead.get_undo_offer()
        self.assertEqual(offer["ids"], lead.ids)
        self.assertEqual(offer["message"], f"Ana ({lead.name}) is closed in Lost.")
        self.assertEqual(offer["seconds"], 10)
        self.patch(self.env.cr, "_now", lead.undo_until - timedelta(seconds=3.5))
        self.assertEqual(lead.get_undo_offer()["seconds"], 4)
        lead.action_undo_closing()
        self.assertEqual(lead.stage_id, self.qualified)
        self.assertEqual((lead.won_status, lead.priority), ("pending", "2"))
        self.assertFalse(lead.lost_reason or lead.date_lost or lead.undo_until)
        self.assertIn("The closing was undone.", lead.message_ids[0].body)
        self.assertFalse(lead.get_undo_offer())

    def test_won_by_the_button(self):
        lead = self.make_lead(self.negotiation)
        self.make_delivered(lead)
        mine = lead.with_user(self.agent).with_context(**{UNDO: True})
        action = mine.action_mark_won()
        self.assertEqual(
            (action["tag"], action["params"]["ids"]), ("dealer_crm.offer_undo", lead.ids)
        )
        self.assertEqual(action["effect"]["type"], "rainbow_man")
        mine.action_undo_closing()
        self.assertEqual((lead.stage_id, lead.date_won), (self.negotiation, False))

    def test_wizard(self):
        lead = self.make_lead().with_user(self.agent)
        for context, kind in (({UNDO: True}, "client"), ({}, "act_window_close")):
            action = lead.with_context(**context).action_mark_lost()
            wizard = (
                self.env["dealer.crm.lead.lost"]
                .with_user(self.agent)
                .with_context(**action["context"])
                .create({"lost_reason": self.reason.id})
            )
            self.assertEqual(wizard.action_confirm()["type"], f"ir.actions.{kind}")
            if context:
                lead.action_undo_closing()

    def test_activities(self):
        """Those that ended with the closing are open again, those that were done stay done."""
        lead = self.make_lead()
        done, planned = (
            lead.activity_schedule("mail.mail_activity_data_call", user_id=self.agent.id)
            for _number in range(2)
        )
        done.action_done()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_activity SET write_date = now() - interval '1 minute' WHERE id = %s",
            [done.id],
        )
        mine = self.close(lead)
        self.assertFalse(planned.active)
        later = lead.activity_schedule("mail.mail_activity_data_call", user_id=self.agent.id)
        later.action_done()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_activity SET write_date = write_date + interval '3 seconds' WHERE id = %s",
            [later.id],
        )
        self.env.invalidate_all()
        mine.action_undo_closing()
        self.env.invalidate_all()
        states = (planned.active, done.active, later.active)
        self.assertEqual(states, (True, False, False))

    def test_archived_lead_of_nobody(self):
        """Closing takes it out of the archive and for the agent; undo brings it back there."""
        lead = self.make_lead(user_id=False, active=False)
        kept = self.make_lead()
        self.env.cr.flush()
        mine = self.close(lead | kept)
        self.env.cr.flush()
        self.assertEqual((lead.active, lead.user_id), (True, self.agent))
        mine.action_undo_closing()
        self.assertEqual((lead.active, lead.user_id.ids), (False, []))
        self.assertEqual((kept.active, kept.user_id), (True, self.agent))

    def test_lead_that_a_colleague_has_got_since(self):
        lead = self.make_lead(user_id=False)
        self.env.cr.flush()
        mine = self.close(lead, self.manager)
        self.env.cr.flush()
        lead.user_id = self.other_agent
        mine.action_undo_closing()
        self.assertEqual(lead.user_id, self.other_agent)

    def test_several(self):
        leads = self.make_lead() | self.make_lead(self.qualified)
        mine = self.close(leads)
        self.assertEqual(mine.get_undo_offer()["message"], "2 leads are closed.")
        mine.action_undo_closing()
        self.assertEqual(leads.mapped("stage_id"), self.new | self.qualified)

    def test_other_entry_points_close_at_once(self):
        lead = self.endorse(self.make_lead())
        self.lose(lead)
        self.assertFalse(lead.get_undo_offer())
        self.assertLessEqual(lead.callback_ids.next_attempt_at, self.env.cr.now())
        with self.assertRefused(UserError, lead._get_label(), "Dealer Manager"):
            lead.action_undo_closing()

    def test_off(self):
        self.env.company.dealer_undo_seconds = 0
        lead = self.close(self.endorse(self.make_lead()))
        self.assertFalse(lead.get_undo_offer())
        self.assertLessEqual(lead.sudo().callback_ids.next_attempt_at, self.env.cr.now())

    def test_limits_of_the_setting(self):
        for seconds in (-1, 61):
            with (
                self.subTest(seconds=seconds),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(CheckViolation, "dealer_undo_seconds_range"),
                self.env.cr.savepoint(),
            ):
                self.env.company.dealer_undo_seconds = seconds
                self.env.company.flush_recordset()

    def test_only_who_closed(self):
        lead = self.close(self.make_lead())
        with self.assertRefused(UserError, lead._get_label()):
            lead.with_user(self.manager).action_undo_closing()
        for user in (self.other_agent, *self.outsiders):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                lead.with_user(user).action_undo_closing()
        self.assertEqual(lead.won_status, "lost")

    def test_only_in_time(self):
        lead = self.close(self.make_lead())
        self.expire(lead)
        self.assertFalse(lead.get_undo_offer())
        with self.assertRefused(UserError, lead._get_label(), "seconds"):
            lead.action_undo_closing()

    def test_open_and_reopened(self):
        lead = self.make_lead().with_user(self.agent)
        with self.assertRefused(UserError, lead._get_label(), "not closed"):
            lead.action_undo_closing()
        self.close(lead)
        lead.with_user(self.manager).action_reopen("Back")
        self.lose(lead)
        with self.assertRefused(UserError, lead._get_label()):
            lead.action_undo_closing()

    def test_nobody_sets_the_time(self):
        lead = self.make_lead(self.lost)
        later = self.env.cr.now() + timedelta(days=1)
        for user in (self.agent, self.admin):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                lead.with_user(user).write({"undo_until": later, "undo_user_id": user.id})


@tagged("post_install", "-at_install")
class TestUndoOutcome(UndoCase):
    def setUp(self):
        super().setUp()
        self.lead = self.close(self.endorse(self.make_lead(self.qualified)))
        self.row = self.lead.sudo().callback_ids

    def test_waits_and_is_withdrawn(self):
        self.assertEqual(self.row.next_attempt_at, self.lead.undo_until)
        self.assertEqual(self.row._count_sendable(), 0)
        self.lead.action_undo_closing()
        self.assertEqual((self.row.state, self.row.next_attempt_at), ("cancelled", False))
        self.assertIn("undone", self.row.message_ids[0].body)

    def test_closed_again(self):
        """The next outcome has the next number, and nothing waits before it."""
        self.lead.action_undo_closing()
        self.lose(self.lead)
        newest = self.lead.sudo().callback_ids - self.row
        self.assertEqual((newest.sequence, newest.state), (2, "pending"))
        self.assertEqual(self.lead.callback_state, "pending")

    def test_the_dispatcher_is_woken_in_time(self):
        due = self.env["ir.cron.trigger"].search([("call_at", "=", self.lead.undo_until)])
        cron = self.env.ref("dealer_crm.ir_cron_deliver_callbacks")
        self.assertIn(cron, due.cron_id)

    def test_a_connection_that_works_again_sends_nothing_early(self):
        self.row._restart_waiting(self.env.company)
        self.assertEqual(self.row.next_attempt_at, self.lead.undo_until)

    def test_too_late(self):
        """An outcome that is being sent, or was, stays."""
        for values in (
            {"state": "sending"},
            {"state": "delivered"},
            {"state": "pending", "first_attempt_at": self.env.cr.now()},
        ):
            with self.subTest(**values):
                self.row._write_unchecked(values)
                with self.assertRefused(UserError, "BPO", "Dealer Manager"):
                    self.lead.action_undo_closing()
                self.assertEqual(self.row.state, values["state"])
