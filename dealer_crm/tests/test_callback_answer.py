from odoo.addons.dealer_crm.bpo.answer import Answer, Verdict

from .callback_common import APPLIED, DENIED, DOWN, GARBLED, INVALID, CallbackCase, FakeClient


class TestAnswer(CallbackCase):
    def test_delivered(self):
        lead = self.make_leads(1)
        row = self.lose(lead)
        client = self.deliver(FakeClient())
        self.assertEqual(client.sent, [row.payload])
        self.assertEqual((row.state, row.attempt_count), ("delivered", 1))
        self.assertTrue(row.delivered_at)
        self.assertEqual(row.attempt_ids.mapped("code"), ["applied"])
        self.assertEqual(lead.callback_state, "delivered")
        self.assertIn("The BPO knows the outcome.", lead.message_ids[0].body)
        self.assertTrue(self.connection.last_success_at)
        self.assertFalse(self.deliver(FakeClient()).sent, "a delivered row went again")

    def test_outcomes_of_a_lead_go_in_order(self):
        self.connection.capabilities = {"reopened": True}
        lead = self.make_leads(1)
        self.lose(lead)
        lead.action_reopen("Came back")
        self.lose(lead)
        sent = self.deliver(FakeClient()).sent
        self.assertEqual([payload["sequence"] for payload in sent], [1, 2, 3])

    def test_later_outcomes_wait_behind_a_failed_one(self):
        self.connection.capabilities = {"reopened": True}
        lead, other = self.make_leads(2)
        self.lose(lead)
        lead.action_reopen("Came back")
        self.lose(other)
        client = self.deliver(
            FakeClient(lambda p: DOWN if p["dealer_lead_id"] == lead.id else APPLIED)
        )
        self.assertNotIn("reopened", [payload["outcome"] for payload in client.sent])
        self.assertEqual(other.callback_ids.state, "delivered")
        rows = lead.callback_ids.sorted("id")
        self.assertEqual(rows.mapped("state"), ["pending", "pending"])
        self.assertIn("refuses the connection", rows[0].last_error)

    def test_transient_is_tried_later_with_the_same_event(self):
        row = self.lose(self.make_leads(1))
        first = self.deliver(FakeClient([DOWN, DOWN, DOWN])).sent
        tried = row.attempt_count
        self.assertGreaterEqual(tried, 1)
        self.assertEqual(row.state, "pending")
        self.make_due(row)
        second = self.deliver(FakeClient()).sent
        self.assertEqual({p["event_id"] for p in first + second}, {row.event_id})
        self.assertEqual((row.state, row.attempt_count), ("delivered", tried + 1))

    def test_retry_after_is_obeyed(self):
        row = self.lose(self.make_leads(1))
        self.deliver(FakeClient([Answer(Verdict.TRANSIENT, "http_503", retry_after=3600)]))
        self.env.cr.execute(
            "SELECT next_attempt_at > now() at time zone 'UTC' + interval '59 min'"
            " FROM dealer_crm_callback WHERE id = %s",
            [row.id],
        )
        self.assertTrue(self.env.cr.fetchone()[0])

    def test_parked_after_96_hours_and_retried_for_ever(self):
        row = self.lose(self.make_leads(1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET first_attempt_at = now() at time zone 'UTC'"
            " - interval '97 h' WHERE id = %s",
            [row.id],
        )
        self.deliver(FakeClient([DOWN]))
        self.assertEqual(row.state, "parked")
        self.assertIn("96 hours", row.last_error)
        row.with_user(self.admin).action_retry("The BPO is back")
        event = row.event_id
        self.assertEqual(self.deliver(FakeClient()).sent[0]["event_id"], event)
        self.assertEqual(row.state, "delivered")

    def test_message_fault_parks_the_row_and_asks_one_person_once(self):
        self.connection.capabilities = {"reopened": True}
        lead, other = self.make_leads(2)
        self.lose(lead)
        lead.action_reopen("Came back")
        self.lose(other)
        bad = lead.callback_ids.sorted("id")[0]
        client = FakeClient(lambda p: INVALID if p["event_id"] == bad.event_id else APPLIED)
        self.deliver(client)
        self.deliver(client)
        self.assertEqual(bad.state, "parked")
        self.assertEqual(bad.activity_ids.user_id, self.admin)
        self.assertEqual(len(bad.activity_ids), 1)
        self.assertEqual(other.callback_ids.state, "delivered")
        self.assertEqual(lead.callback_ids.sorted("id")[1].state, "pending")
        bad.with_user(self.admin).action_cancel("Entered twice")
        self.assertFalse(bad.activity_ids)
        self.deliver(client)
        self.assertEqual(lead.callback_ids.sorted("id").mapped("state"), ["cancelled", "delivered"])

    def test_connection_fault_holds_and_burns_no_attempt(self):
        rows = self.lose(self.make_leads(5))
        client = self.deliver(FakeClient([DENIED]))
        self.assertEqual(len(client.sent), 1)
        self.assertEqual(set(rows.mapped("state")), {"pending"})
        self.assertEqual(set(rows.mapped("attempt_count")), {0})
        self.assertEqual(self.connection.state, "held")
        self.assertIn("login or the key", self.connection.state_reason)
        self.assertEqual(self.connection.activity_ids.user_id, self.admin)
        self.assertFalse(self.deliver(FakeClient()).sent, "sent over a held connection")
        self.probe_is_due()
        self.assertEqual(self.deliver(FakeClient([DENIED])).tests, 1)
        self.assertEqual(len(self.connection.activity_ids), 1)
        self.probe_is_due()
        client = self.deliver(FakeClient())
        self.assertEqual((client.tests, len(client.sent)), (1, 5))
        self.assertEqual(self.connection.state, "ready")
        self.assertEqual(self.connection.capabilities, {"reopened": True})
        self.assertFalse(self.connection.activity_ids)
        self.assertEqual(set(rows.mapped("state")), {"delivered"})

    def test_a_row_that_alone_blames_a_working_connection_is_parked(self):
        lead, *_others = leads = self.make_leads(4)
        rows = self.lose(leads)
        bad = lead.callback_ids

        def answer(payload):
            return DENIED if payload["event_id"] == bad.event_id else APPLIED

        client = FakeClient(answer)
        for _round in range(3):
            self.deliver(client)
            self.probe_is_due()
        self.deliver(client)
        self.assertEqual(bad.state, "parked")
        self.assertIn("Only this outcome", bad.last_error)
        self.assertEqual(set((rows - bad).mapped("state")), {"delivered"})
        self.assertEqual(self.connection.state, "ready")

    def probe_is_due(self):
        self.env.cr.execute(
            "UPDATE dealer_crm_bpo_connection SET next_probe_at = '2000-01-01' WHERE id = %s",
            [self.connection.id],
        )
        self.env.invalidate_all()

    def test_unreadable_answers_hold_the_connection_at_the_fifth(self):
        rows = self.lose(self.make_leads(6))
        client = self.deliver(FakeClient(lambda _payload: GARBLED))
        self.assertIn(len(client.sent), (5, 6), "one may be under way")
        self.assertEqual(self.connection.state, "held")
        self.assertEqual(set(rows.mapped("state")), {"pending"})

    def test_a_good_answer_resets_the_count_of_unreadable_ones(self):
        self.lose(self.make_leads(6))
        self.deliver(FakeClient([GARBLED] * 4 + [APPLIED, GARBLED, GARBLED]))
        self.assertEqual(self.connection.state, "ready")

    def test_batch_takes_fifty_a_call_and_settles_each(self):
        self.connection.capabilities = {"batch": True}
        rows = self.lose(self.make_leads(120))
        poison = rows[7]
        client = self.deliver(
            FakeClient(lambda p: INVALID if p["event_id"] == poison.event_id else APPLIED)
        )
        self.assertEqual(max(client.batches), 50)
        self.assertEqual(sum(client.batches), 120)
        self.assertEqual(poison.state, "parked")
        self.assertEqual(set((rows - poison).mapped("state")), {"delivered"})
