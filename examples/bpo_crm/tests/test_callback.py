import logging
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.crm_lead_callback import RETRY_LOCKED
from .common import BpoCase, make_payload
from .test_payload import WRONG

RECEIVER = "odoo.addons.bpo_crm.models.crm_lead_callback"
LOGGER = "odoo.addons.bpo_crm.models.crm_lead_outcome"


@tagged("post_install", "-at_install")
class TestCallback(BpoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._create_endorsed()

    def send(self, payload, user=None):
        return self.receiver.with_user(user or self.dealer_user).update_from_dealer_callback(
            payload
        )

    def assert_answer(self, answer, status, payload, retry_after=0):
        self.assertEqual(
            {key: value for key, value in answer.items() if key != "message"},
            {
                "ok": status != "rejected",
                "status": status,
                "event_id": payload["event_id"],
                "retryable": bool(retry_after),
                "retry_after": retry_after,
            },
        )
        self.assertTrue(answer["message"])

    def test_won(self):
        payload = make_payload(self.lead.id)
        self.assert_answer(self.send(payload), "applied", payload)
        self.assertEqual(self.lead.won_status, "won")
        self.assertEqual((self.lead.stage_id, self.lead.probability), (self.stage_won, 100))
        self.assertTrue(self.lead.date_closed)
        self.assertEqual(self.lead.dealer_outcome, "won")
        self.assertEqual(self.lead.dealer_callback_sequence, 1)
        notes = self._notes(self.lead)
        for text in ("City Motors", "S00012 (18500.00 EUR)", "Jane Agent", "DLEAD/2026/00007"):
            self.assertIn(text, notes)

    def test_lost(self):
        payload = make_payload(
            self.lead.id, "lost", lost_reason="Too <dear>", lost_notes="Wanted\n<b>20 %</b> off"
        )
        self.assert_answer(self.send(payload), "applied", payload)
        self.assertEqual(self.lead.won_status, "lost")
        self.assertFalse(self.lead.active)
        self.assertEqual(self.lead.lost_reason_id.name, "Too <dear>")
        self.assertIn("Wanted<br>&lt;b&gt;20 %&lt;/b&gt; off", self._notes(self.lead))

    def test_lost_reason_is_found_whatever_the_case(self):
        reason = self.env["crm.lost.reason"].create({"name": "Too_Slow 100%", "active": False})
        self.env["crm.lost.reason"].create({"name": "TooXSlow 100 per cent"})
        self.send(make_payload(self.lead.id, "lost", lost_reason=" too_slow 100% "))
        self.assertEqual(self.lead.lost_reason_id, reason)

    def test_reopened_after_won(self):
        self.send(make_payload(self.lead.id))
        payload = make_payload(self.lead.id, "reopened", 2)
        self.assert_answer(self.send(payload), "applied", payload)
        self.assertEqual(self.lead.won_status, "pending")
        self.assertEqual(self.lead.stage_id, self.stage_endorsed)
        self.assertLess(self.lead.probability, 100)
        self.assertFalse(self.lead.date_closed)
        self.assertEqual(self.lead.dealer_outcome, "reopened")

    def test_reopened_after_lost(self):
        self.send(make_payload(self.lead.id, "lost"))
        self.send(make_payload(self.lead.id, "reopened", 2))
        self.assertTrue(self.lead.active)
        self.assertEqual(
            (self.lead.won_status, self.lead.stage_id), ("pending", self.stage_endorsed)
        )
        self.assertFalse(self.lead.lost_reason_id)

    def test_lost_after_won_and_won_after_lost(self):
        self.send(make_payload(self.lead.id))
        self.send(make_payload(self.lead.id, "lost", 2))
        self.assertEqual((self.lead.won_status, self.lead.stage_id), ("lost", self.stage_endorsed))
        self.send(make_payload(self.lead.id, "won", 3))
        self.assertEqual((self.lead.won_status, self.lead.active), ("won", True))
        self.assertFalse(self.lead.lost_reason_id)

    def test_same_outcome_again_is_noted(self):
        self.send(make_payload(self.lead.id, "lost"))
        self.send(make_payload(self.lead.id, "lost", 2, lost_reason="Moved away"))
        self.assertEqual(self.lead.lost_reason_id.name, "Moved away")
        notes = self._notes(self.lead)
        self.assertIn("Bought elsewhere", notes)
        self.assertIn("Moved away", notes)

    def test_closed_by_hand_before(self):
        self.lead.action_set_won()
        payload = make_payload(self.lead.id)
        self.assert_answer(self.send(payload), "applied", payload)
        self.assertEqual(self.lead.won_status, "won")

    def test_duplicate(self):
        payload = make_payload(self.lead.id)
        self.send(payload)
        with patch.object(type(self.lead), "action_set_won", side_effect=AssertionError):
            self.assert_answer(self.send(payload), "duplicate", payload)
            self.assert_answer(self.send(payload), "duplicate", payload)
        row = self._inbox(payload)
        self.assertEqual((len(row), row.duplicate_count, row.status), (1, 2, "applied"))
        self.assertEqual((row.lead_id, row.dealer_id), (self.lead, self.dealer))
        self.assertIn("S00012", row.payload)

    def test_stale(self):
        self.send(make_payload(self.lead.id, "won", 3))
        for sequence in (3, 2, 1):
            payload = make_payload(self.lead.id, "lost", sequence)
            self.assert_answer(self.send(payload), "stale", payload)
            self.assertEqual(self._inbox(payload).status, "stale")
            self.assert_answer(self.send(payload), "duplicate", payload)
        self.assertEqual((self.lead.won_status, self.lead.dealer_callback_sequence), ("won", 3))

    def test_each_wrong_field_is_rejected(self):
        before = self.env["bpo.dealer.callback"].search_count([])
        for field, value in WRONG:
            with self.subTest(field=field, value=str(value)[:20]):
                answer = self.send(make_payload(self.lead.id, **{field: value}))
                self.assertEqual(
                    (answer["ok"], answer["status"], answer["retryable"]),
                    (False, "rejected", False),
                )
                self.assertIn(f'"{field}"', answer["message"])
        self.assertEqual(self.lead.won_status, "pending")
        self.assertEqual(self.env["bpo.dealer.callback"].search_count([]), before)

    def test_other_dealers_lead_is_not_revealed(self):
        payload = make_payload(self.lead.id)
        mine = self.send(payload, self.other_user)
        self.assert_answer(mine, "rejected", payload)
        missing = dict(payload, bpo_source_lead_id=self.lead.id + 10**6)
        unknown = self.send(missing, self.other_user)
        self.assertEqual(
            mine["message"].replace(str(self.lead.id), "#"),
            unknown["message"].replace(str(missing["bpo_source_lead_id"]), "#"),
        )
        self.assertEqual(self.lead.won_status, "pending")
        # Not even a manager may report outcomes for the dealer.
        self.assert_answer(self.send(payload, self.manager), "rejected", payload)

    def test_lead_not_endorsed(self):
        lead = self._create_leads(1)
        payload = make_payload(lead.id)
        self.assert_answer(self.send(payload), "rejected", payload)
        self.assertEqual(lead.won_status, "pending")

    def test_event_id_of_another_outcome(self):
        payload = make_payload(self.lead.id)
        self.send(payload)
        lead = self._create_endorsed()
        other = dict(payload, bpo_source_lead_id=lead.id)
        answer = self.send(other)
        self.assert_answer(answer, "rejected", other)
        self.assertIn("event_id", answer["message"])
        self.assertEqual(lead.won_status, "pending")
        lead.dealer_id = self.other_dealer
        self.assert_answer(self.send(other, self.other_user), "rejected", other)

    def test_archived_dealer_still_reports(self):
        self.dealer.active = False
        payload = make_payload(self.lead.id)
        self.assert_answer(self.send(payload), "applied", payload)

    def test_locked_lead_is_retryable(self):
        payload = make_payload(self.lead.id)
        with patch.object(
            type(self.lead), "try_lock_for_update", lambda leads, **kwargs: leads.browse()
        ):
            self.assert_answer(self.send(payload), "rejected", payload, RETRY_LOCKED)
        self.assert_answer(self.send(payload), "applied", payload)

    def test_rule_that_refuses(self):
        payload = make_payload(self.lead.id)
        with (
            patch.object(type(self.lead), "action_set_won", side_effect=UserError("Not today")),
            mute_logger(LOGGER),
        ):
            answer = self.send(payload)
        self.assert_answer(answer, "rejected", payload)
        self.assertEqual(answer["message"], "Not today")
        self.assertEqual(self.lead.dealer_outcome, "endorsed")
        self.assertFalse(self._inbox(payload))
        self.assert_answer(self.send(payload), "applied", payload)

    def test_unexpected_error_is_retryable_and_logged(self):
        payload = make_payload(self.lead.id)
        with (
            patch.object(type(self.lead), "action_set_won", side_effect=TypeError("boom")),
            self.assertLogs(LOGGER, logging.ERROR),
        ):
            answer = self.send(payload)
        self.assert_answer(answer, "rejected", payload, 300)
        self.assertNotIn("boom", answer["message"])
        self.assertEqual(self.lead.dealer_callback_sequence, 0)

    def test_serialization_failure_is_odoos_to_retry(self):
        with (
            patch.object(type(self.lead), "action_set_won", side_effect=SerializationFailure),
            self.assertRaises(SerializationFailure),
        ):
            self.send(make_payload(self.lead.id))

    def test_callers_lock_inbox(self):
        self.send(make_payload(self.lead.id))
        self.env.cr.execute(
            "SELECT mode FROM pg_locks WHERE relation = 'bpo_dealer_callback'::regclass AND granted"
        )
        self.assertIn("ShareRowExclusiveLock", [mode for (mode,) in self.env.cr.fetchall()])

    def test_inbox_is_unique(self):
        payload = make_payload(self.lead.id)
        self.send(payload)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self._inbox(payload).copy()

    def test_no_endorse_stage_to_reopen_to(self):
        self.send(make_payload(self.lead.id))
        self.stage_endorsed.is_endorse = False
        payload = make_payload(self.lead.id, "reopened", 2)
        with mute_logger(LOGGER):
            answer = self.send(payload)
        self.assert_answer(answer, "rejected", payload)
        self.assertIn("Is Endorse Stage", answer["message"])
        self.assertEqual(self.lead.won_status, "won")

    def test_context_of_the_caller_is_ignored(self):
        receiver = self.receiver.with_context(tracking_disable=True, default_name="x")
        receiver.update_from_dealer_callback(make_payload(self.lead.id))
        self.assertIn("City Motors", self._notes(self.lead))

    def test_inbox_is_read_by_managers_and_written_by_nobody(self):
        payload = make_payload(self.lead.id)
        self.send(payload)
        row = self._inbox(payload)
        self.assertEqual(row.with_user(self.manager).outcome, "won")
        with self.assertRaises(AccessError):
            row.with_user(self.salesman).read(["outcome"])
        for user in (self.manager, self.dealer_user, self.env.ref("base.user_admin")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                row.with_user(user).write({"status": "stale"})

    def test_capabilities(self):
        public = {"batch": True, "reopened": True, "reconcile": True, "key_expiry": True}
        instance = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.assertEqual(
            self.receiver.dealer_callback_capabilities(), {**public, "instance": instance}
        )
        stranger = self.receiver.with_user(self.salesman)
        self.assertEqual(stranger.dealer_callback_capabilities(), public)

    def test_another_lead_of_the_dealers(self):
        """The lead has this number at another BPO, but the dealer's connection points here."""
        payload = make_payload(self.lead.id, dealer_lead_id=8)
        answer = self.send(payload)
        self.assert_answer(answer, "rejected", payload)
        for words in (f"Lead {self.lead.id} was endorsed to you as your lead 7", "says 8"):
            self.assertIn(words, answer["message"])
        self.assertEqual((self.lead.won_status, self.lead.dealer_callback_sequence), ("pending", 0))
        self.assertFalse(self._inbox(payload))
        good = dict(payload, dealer_lead_id=7)
        self.assert_answer(self.send(good), "applied", good)

    def test_only_good_outcomes_of_known_dealers_lock_inbox(self):
        """Otherwise a large call by anybody would make all others wait."""
        stranger = new_test_user(self.env, "stranger", "base.group_portal")
        good, huge = make_payload(self.lead.id), make_payload(self.lead.id, actor="x" * 100_000)
        callbacks = type(self.env["bpo.dealer.callback"])
        with patch.object(callbacks, "_lock_inbox", side_effect=RuntimeError("turn taken")):
            with patch(f"{RECEIVER}.read_outcome", side_effect=RuntimeError("read")):
                self.assert_answer(self.send(good, stranger), "rejected", good)
            self.assert_answer(self.send(huge), "rejected", huge)
            with self.assertRaisesRegex(RuntimeError, "turn taken"):
                self.send(good)
        # A new callback user is recognised at once.
        self.dealer.user_id = stranger
        self.assert_answer(self.send(good, stranger), "applied", good)
        late = make_payload(self.lead.id, sequence=2)
        self.assert_answer(self.send(late), "rejected", late)

    def test_when_the_key_ends(self):
        self.env.ref("bpo_crm.group_dealer_callback").user_ids |= self.dealer_user
        keys = self.env["res.users.apikeys"].with_user(self.dealer_user)
        ends = fields.Datetime.now() + timedelta(days=364)
        key, lasting = (
            keys._generate("rpc", "a year", ends),
            keys.sudo()._generate("rpc", "x", None),
        )
        receiver = self.receiver.with_user(self.dealer_user)
        self.assertEqual(receiver.dealer_callback_key_expiry(key[:8]), f"{ends.isoformat()}Z")
        self.assertIsNone(receiver.dealer_callback_key_expiry(lasting[:8]))
        others = self.receiver.with_user(self.other_user)
        self.assertIsNone(others.dealer_callback_key_expiry(key[:8]), "another's key")
        for wrong in (None, 7, ["a"], "a\x00", key):
            with self.assertRaises(ValidationError):
                receiver.dealer_callback_key_expiry(wrong)

    def test_reconcile(self):
        won, lost, waiting = self._create_endorsed(3)
        foreign = self._create_endorsed(dealer_id=self.other_dealer.id)
        self.send(make_payload(won.id, "won", 2))
        self.send(make_payload(lost.id, "lost", 1))

        def view(lead_id, sequence, outcome):
            return {"bpo_source_lead_id": lead_id, "sequence": sequence, "outcome": outcome}

        agreeing = [view(won.id, 2, "won"), view(lost.id, 1, "lost")]
        self.assertEqual(self.receiver.dealer_callback_reconcile(agreeing), [])
        differing = [
            view(won.id, 3, "lost"),
            view(lost.id, 1, "won"),
            view(waiting.id, 1, "won") | {"event_id": "ignored"},
            view(foreign.id, 1, "won"),
            view(10**12, 1, "won"),
        ]
        self.assertEqual(
            self.receiver.dealer_callback_reconcile(agreeing + differing),
            [
                view(won.id, 2, "won"),
                view(lost.id, 1, "lost"),
                view(waiting.id, 0, "endorsed"),
                view(foreign.id, 0, "none"),
                view(10**12, 0, "none"),
            ],
        )

    def test_reconcile_bad_input(self):
        for leads in ("x", [1], [{}], [{"bpo_source_lead_id": "1"}], [{}] * 501):
            with self.subTest(leads=str(leads)[:20]), self.assertRaises(ValidationError):
                self.receiver.dealer_callback_reconcile(leads)
