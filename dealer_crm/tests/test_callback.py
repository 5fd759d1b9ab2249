import json
import threading
import uuid
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_crm.bpo import lane
from odoo.addons.dealer_crm.bpo.answer import Answer, Verdict

APPLIED = Answer(Verdict.ACCEPTED, "applied")
DOWN = Answer(Verdict.TRANSIENT, "refused", "connection refused")
DENIED = Answer(Verdict.CONNECTION, "access_denied")
INVALID = Answer(Verdict.MESSAGE, "validation", "No such lead")
GARBLED = Answer(Verdict.UNREADABLE, "not_json")
KEY = "s3cret-key-of-the-bpo"


class FakeTransport:
    """Answers what the test says; keeps what it was given."""

    def __init__(self, answers=None):
        self.sent, self.batches, self.answers, self.tests = [], [], answers or [], 0

    def send(self, payload):
        self.sent.append(payload)
        if callable(self.answers):
            return self.answers(payload)
        return self.answers.pop(0) if self.answers else APPLIED

    def send_batch(self, payloads):
        self.batches.append(len(payloads))
        return [self.send(payload) for payload in payloads]

    def test(self):
        self.tests += 1
        return self.answers.pop(0) if isinstance(self.answers, list) and self.answers else APPLIED

    def capabilities(self):
        return {"reopened": True}

    def call(self, method, args):
        return self.reconcile(args["leads"]), APPLIED

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        self.close()


@tagged("post_install", "-at_install")
class CallbackCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["dealer.crm.bpo.connection"].search([]).active = False
        cls.admin = new_test_user(
            cls.env, "cb_admin", "dealer_crm.group_dealer_admin,base.group_allow_export"
        )
        cls.manager = new_test_user(cls.env, "cb_manager", "dealer_crm.group_dealer_manager")
        cls.agent = new_test_user(cls.env, "cb_agent", "dealer_crm.group_dealer_user")
        cls.connection = cls.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "url": "https://bpo.example.com/",
                "database": "bpo",
                "login": "dealer",
                "api_key": KEY,
                "user_id": cls.admin.id,
                "in_flight": 1,
            }
        )
        cls.reason = cls.env.ref("dealer_crm.lost_reason_price")
        cls.lost = cls.env["dealer.crm.stage"]._get_closing_stage("lost")
        cls.callbacks = cls.env["dealer.crm.callback"]

    def make_leads(self, count, **vals):
        first = self.env["dealer.crm.lead"].search_count([]) + 90_000
        return self.env["dealer.crm.lead"].create(
            [
                {
                    "contact_name": f"C{i}",
                    "user_id": self.agent.id,
                    "bpo_source_lead_id": first + i,
                    **vals,
                }
                for i in range(count)
            ]
        )

    def lose(self, leads, user=None):
        leads.with_user(user or self.agent).write(
            {"stage_id": self.lost.id, "lost_reason": self.reason.id, "lost_notes": "Too far"}
        )
        return leads.callback_ids

    def deliver(self, transport):
        self.env.flush_all()
        with (
            patch.object(type(self.connection), "_open_transport", lambda self: transport),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.callbacks.with_env(self.env(cr=cr))._cron_deliver()
        self.env.invalidate_all()
        return transport

    def make_due(self, rows):
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET next_attempt_at = now() at time zone 'UTC'"
            " - interval '1 s' WHERE id = ANY(%s)",
            [rows.ids],
        )
        self.env.invalidate_all()


class TestEnqueue(CallbackCase):
    def test_payload_of_a_lost_lead(self):
        lead = self.make_leads(1, user_id=self.agent.id)
        row = self.lose(lead)
        self.assertEqual(
            row.payload,
            {
                "schema_version": 1,
                "event_id": row.event_id,
                "sequence": 1,
                "bpo_source_lead_id": lead.bpo_source_lead_id,
                "outcome": "lost",
                "occurred_at": row.payload["occurred_at"],
                "date_lost": f"{lead.date_lost.isoformat()}Z",
                "lost_reason": "Price too high",
                "lost_notes": "Too far",
                "dealer_lead_id": lead.id,
                "dealer_lead_name": lead.name,
                "dealer_instance": self.env["ir.config_parameter"].get_param("database.uuid"),
                "dealer_company": lead.company_id.name,
                "actor": self.agent.name,
            },
        )
        self.assertEqual(uuid.UUID(row.event_id).version, 4)
        self.assertEqual((row.state, row.connection_id), ("pending", self.connection))
        self.assertEqual(lead.callback_state, "pending")

    def test_payload_stays_frozen(self):
        lead = self.make_leads(1)
        row = self.lose(lead)
        before = json.dumps(row.payload)
        self.reason.name = "Renamed"
        lead.contact_name = "Somebody else"
        self.env.invalidate_all()
        self.assertEqual(json.dumps(row.payload), before)

    def test_notes_of_a_megabyte_are_cut_and_the_lead_keeps_all(self):
        lead, notes = self.make_leads(1), "ü" * 1_000_000
        lead.write({"stage_id": self.lost.id, "lost_reason": self.reason.id, "lost_notes": notes})
        self.assertEqual(lead.lost_notes, notes)
        payload = lead.callback_ids.payload
        size = len(json.dumps(payload, ensure_ascii=False).encode())
        self.assertTrue(15_000 < size <= 20_000)

    def test_walk_in_is_told_to_nobody(self):
        lead = self.env["dealer.crm.lead"].create(
            {"contact_name": "Walk-in", "user_id": self.agent.id}
        )
        self.assertFalse(self.lose(lead))
        self.assertFalse(lead.callback_state)

    def test_each_outcome_has_its_number(self):
        self.connection.capabilities = {"reopened": True}
        lead = self.make_leads(1)
        self.lose(lead)
        lead.with_user(self.manager).action_reopen("Came back")
        self.lose(lead, self.manager)
        rows = lead.callback_ids.sorted("id")
        self.assertEqual(rows.mapped("sequence"), [1, 2, 3])
        self.assertEqual(rows.mapped("outcome"), ["lost", "reopened", "lost"])

    def test_reopening_is_told_only_to_who_can_hear_it(self):
        self.connection.capabilities = {}
        lead = self.make_leads(1)
        self.lose(lead)
        lead.with_user(self.manager).action_reopen("Came back")
        self.assertEqual(lead.callback_ids.mapped("outcome"), ["lost"])

    def test_numbers_go_on_when_a_deleted_lead_is_endorsed_again(self):
        lead = self.make_leads(1)
        row = self.lose(lead)
        bpo_id = lead.bpo_source_lead_id
        lead.unlink()
        self.assertTrue(row.exists())
        self.assertFalse(row.lead_id)
        result = self.env["dealer.crm.lead"].receive_endorsed_lead(
            {"bpo_source_lead_id": bpo_id, "contact_name": "Again"}
        )
        again = self.env["dealer.crm.lead"].browse(result["id"])
        self.assertEqual(self.lose(again).sequence, 2)

    def test_one_trigger_and_few_queries_for_many(self):
        leads = self.make_leads(1000)
        self.env.flush_all()
        triggers = self.env["ir.cron.trigger"].search_count([])
        leads.mapped("name")
        with self.assertQueryCount(22):
            self.callbacks._enqueue(leads.with_env(self.env), "reopened") or None
            self.connection.capabilities = {"reopened": True}
            self.callbacks._enqueue(leads, "reopened")
        self.assertEqual(len(leads.callback_ids), 1000)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([]), triggers + 1)

    def test_without_a_cron_the_click_still_works(self):
        self.env.ref("dealer_crm.ir_cron_deliver_callbacks").unlink()
        self.assertEqual(self.lose(self.make_leads(1)).state, "pending")

    def test_agent_reads_once_that_the_bpo_waits(self):
        self.connection.active = False
        lead = self.make_leads(1)
        row = self.lose(lead)
        self.deliver(FakeTransport())
        notes = lead.message_ids.filtered(lambda m: "cannot be told" in (m.body or ""))
        self.assertEqual(len(notes), 1)
        self.connection.active = True
        self.assertEqual(len(self.deliver(FakeTransport()).sent), 1)
        self.assertEqual(row.state, "delivered")


class TestDeliver(CallbackCase):
    def test_delivered(self):
        lead = self.make_leads(1)
        row = self.lose(lead)
        transport = self.deliver(FakeTransport())
        self.assertEqual(transport.sent, [row.payload])
        self.assertEqual((row.state, row.attempt_count), ("delivered", 1))
        self.assertTrue(row.delivered_at)
        self.assertEqual(row.attempt_ids.mapped("code"), ["applied"])
        self.assertEqual(lead.callback_state, "delivered")
        self.assertIn("The BPO knows the outcome.", lead.message_ids[0].body)
        self.assertTrue(self.connection.last_success_at)
        self.assertFalse(self.deliver(FakeTransport()).sent, "a delivered row went again")

    def test_outcomes_of_a_lead_go_in_order(self):
        self.connection.capabilities = {"reopened": True}
        lead = self.make_leads(1)
        self.lose(lead)
        lead.action_reopen("Came back")
        self.lose(lead)
        sent = self.deliver(FakeTransport()).sent
        self.assertEqual([payload["sequence"] for payload in sent], [1, 2, 3])

    def test_later_outcomes_wait_behind_a_failed_one(self):
        self.connection.capabilities = {"reopened": True}
        lead, other = self.make_leads(2)
        self.lose(lead)
        lead.action_reopen("Came back")
        self.lose(other)
        transport = self.deliver(
            FakeTransport(lambda p: DOWN if p["dealer_lead_id"] == lead.id else APPLIED)
        )
        self.assertNotIn("reopened", [payload["outcome"] for payload in transport.sent])
        self.assertEqual(other.callback_ids.state, "delivered")
        rows = lead.callback_ids.sorted("id")
        self.assertEqual(rows.mapped("state"), ["pending", "pending"])
        self.assertIn("refuses the connection", rows[0].last_error)

    def test_transient_is_tried_later_with_the_same_event(self):
        row = self.lose(self.make_leads(1))
        first = self.deliver(FakeTransport([DOWN, DOWN, DOWN])).sent
        tried = row.attempt_count
        self.assertGreaterEqual(tried, 1)
        self.assertEqual(row.state, "pending")
        self.make_due(row)
        second = self.deliver(FakeTransport()).sent
        self.assertEqual({p["event_id"] for p in first + second}, {row.event_id})
        self.assertEqual((row.state, row.attempt_count), ("delivered", tried + 1))

    def test_retry_after_is_obeyed(self):
        row = self.lose(self.make_leads(1))
        self.deliver(FakeTransport([Answer(Verdict.TRANSIENT, "http_503", retry_after=3600)]))
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
        self.deliver(FakeTransport([DOWN]))
        self.assertEqual(row.state, "parked")
        self.assertIn("96 hours", row.last_error)
        row.with_user(self.admin).action_retry("The BPO is back")
        event = row.event_id
        self.assertEqual(self.deliver(FakeTransport()).sent[0]["event_id"], event)
        self.assertEqual(row.state, "delivered")

    def test_message_fault_parks_the_row_and_asks_one_person_once(self):
        self.connection.capabilities = {"reopened": True}
        lead, other = self.make_leads(2)
        self.lose(lead)
        lead.action_reopen("Came back")
        self.lose(other)
        bad = lead.callback_ids.sorted("id")[0]
        transport = FakeTransport(lambda p: INVALID if p["event_id"] == bad.event_id else APPLIED)
        self.deliver(transport)
        self.deliver(transport)
        self.assertEqual(bad.state, "parked")
        self.assertEqual(bad.activity_ids.user_id, self.admin)
        self.assertEqual(len(bad.activity_ids), 1)
        self.assertEqual(other.callback_ids.state, "delivered")
        self.assertEqual(lead.callback_ids.sorted("id")[1].state, "pending")
        bad.with_user(self.admin).action_cancel("Entered twice")
        self.assertFalse(bad.activity_ids)
        self.deliver(transport)
        self.assertEqual(lead.callback_ids.sorted("id").mapped("state"), ["cancelled", "delivered"])

    def test_connection_fault_holds_and_burns_no_attempt(self):
        rows = self.lose(self.make_leads(5))
        transport = self.deliver(FakeTransport([DENIED]))
        self.assertEqual(len(transport.sent), 1)
        self.assertEqual(set(rows.mapped("state")), {"pending"})
        self.assertEqual(set(rows.mapped("attempt_count")), {0})
        self.assertEqual(self.connection.state, "held")
        self.assertIn("login or the key", self.connection.state_reason)
        self.assertEqual(self.connection.activity_ids.user_id, self.admin)
        self.assertFalse(self.deliver(FakeTransport()).sent, "sent over a held connection")
        self.probe_is_due()
        self.assertEqual(self.deliver(FakeTransport([DENIED])).tests, 1)
        self.assertEqual(len(self.connection.activity_ids), 1)
        self.probe_is_due()
        transport = self.deliver(FakeTransport())
        self.assertEqual((transport.tests, len(transport.sent)), (1, 5))
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

        transport = FakeTransport(answer)
        for _round in range(3):
            self.deliver(transport)
            self.probe_is_due()
        self.deliver(transport)
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
        transport = self.deliver(FakeTransport(lambda _payload: GARBLED))
        self.assertIn(len(transport.sent), (5, 6), "one may be under way")
        self.assertEqual(self.connection.state, "held")
        self.assertEqual(set(rows.mapped("state")), {"pending"})

    def test_a_good_answer_resets_the_count_of_unreadable_ones(self):
        self.lose(self.make_leads(6))
        self.deliver(FakeTransport([GARBLED] * 4 + [APPLIED, GARBLED, GARBLED]))
        self.assertEqual(self.connection.state, "ready")

    def test_batch_takes_fifty_a_call_and_settles_each(self):
        self.connection.capabilities = {"batch": True}
        rows = self.lose(self.make_leads(120))
        poison = rows[7]
        transport = self.deliver(
            FakeTransport(lambda p: INVALID if p["event_id"] == poison.event_id else APPLIED)
        )
        self.assertEqual(max(transport.batches), 50)
        self.assertEqual(sum(transport.batches), 120)
        self.assertEqual(poison.state, "parked")
        self.assertEqual(set((rows - poison).mapped("state")), {"delivered"})

    def test_a_lost_worker_s_lease_runs_out(self):
        row = self.lose(self.make_leads(1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET state = 'sending', lease_token = 'dead',"
            " first_attempt_at = now() at time zone 'UTC',"
            " lease_until = now() at time zone 'UTC' + interval '1 min' WHERE id = %s",
            [row.id],
        )
        self.assertFalse(self.deliver(FakeTransport()).sent, "a leased row was taken")
        self.expire_lease(row)
        self.deliver(FakeTransport())
        self.make_due(row)
        self.deliver(FakeTransport())
        self.assertEqual(row.state, "delivered")
        self.assertIn("worker_lost", row.attempt_ids.mapped("code"))

    def test_only_the_holder_of_the_lease_settles(self):
        row = self.lose(self.make_leads(1))
        settle = type(self.callbacks)._settle

        def steal(callbacks, results):
            callbacks.env.cr.execute(
                "UPDATE dealer_crm_callback SET lease_token = 'other' WHERE id = %s", [row.id]
            )
            return settle(callbacks, results)

        for answer in (APPLIED, DOWN, INVALID, DENIED):
            with self.subTest(answer=answer.code):
                self.make_due(row)
                with patch.object(type(self.callbacks), "_settle", steal):
                    self.assertTrue(self.deliver(FakeTransport([answer])).sent)
                self.assertEqual((row.state, row.attempt_count), ("sending", 0))
                self.env.cr.execute("UPDATE dealer_crm_callback SET state = 'pending'")

    def test_our_own_fault_in_sending_loses_nothing(self):
        row = self.lose(self.make_leads(1))

        def fail(_payload):
            raise RuntimeError(KEY)

        with self.assertLogs("odoo.addons.dealer_crm.bpo.lane", "ERROR") as logs:
            self.deliver(FakeTransport(fail))
        self.assertNotIn(KEY, "".join(logs.output))
        self.assertEqual(row.state, "pending")

    @mute_logger("odoo.addons.dealer_crm.models.dealer_crm_callback_dispatch")
    def test_no_error_leaves_the_cron(self):
        self.lose(self.make_leads(1))
        with patch.object(type(self.callbacks), "_settle_result", side_effect=ValueError):
            self.deliver(FakeTransport())

    @mute_logger("odoo.addons.dealer_crm.models.dealer_crm_callback_dispatch")
    def test_an_outcome_that_cannot_be_written_down_is_in_nobodys_way(self):
        rows = self.lose(self.make_leads(4))
        poison = rows[1]
        log = type(self.callbacks)._log_on_leads

        def fail(callbacks, lead_ids, body):
            if poison.lead_id.id in lead_ids:
                raise ValueError(body)
            return log(callbacks, lead_ids, body)

        with patch.object(type(self.callbacks), "_log_on_leads", fail):
            self.deliver(FakeTransport())
            self.assertEqual(set((rows - poison).mapped("state")), {"delivered"})
            self.assertEqual(poison.state, "sending")
        with patch.object(type(self.callbacks), "_postpone", side_effect=ValueError):
            self.expire_lease(poison)
            self.deliver(FakeTransport())
        self.expire_lease(poison)
        self.deliver(FakeTransport())
        self.make_due(poison)
        self.deliver(FakeTransport())
        self.assertEqual(poison.state, "delivered")

    def expire_lease(self, row):
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET lease_until = now() at time zone 'UTC'"
            " - interval '1 s' WHERE id = %s AND state = 'sending'",
            [row.id],
        )
        self.assertTrue(self.env.cr.rowcount)
        self.env.invalidate_all()

    def make_second_company(self):
        """A lead of another company with a BPO of its own."""
        company = self.env["res.company"].create({"name": "Second dealer"})
        self.connection.copy({"company_id": company.id, "active": True, "name": "BPO 2"})
        return self.make_leads(1, company_id=company.id, user_id=False, team_id=False)

    def test_a_bpo_that_hangs_does_not_slow_what_comes_due_meanwhile(self):
        theirs = self.lose(self.make_second_company(), self.env.user)
        ours = self.lose(self.make_leads(1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET next_attempt_at = clock_timestamp() at time zone 'UTC'"
            " + interval '1 s' WHERE id = %s",
            [ours.id],
        )
        ours_arrived, overtaken = threading.Event(), []

        def answer(payload):
            if payload["dealer_company"] == "Second dealer":
                overtaken.append(ours_arrived.wait(20))
            else:
                ours_arrived.set()
            return APPLIED

        # The time Odoo gives is over as soon as the first has been sent.
        progress = patch.object(type(self.callbacks), "_progress", side_effect=[10, *[0] * 1000])
        with progress, patch.object(lane, "LATE_SECONDS", 0.1):
            self.deliver(FakeTransport(answer))
        self.assertEqual(overtaken, [True])
        self.assertEqual((ours.state, theirs.state), ("delivered", "delivered"))

    def test_two_companies_drain_on_their_own(self):
        theirs = self.make_second_company()
        ours = self.make_leads(1)
        self.lose(ours)
        self.lose(theirs, self.env.user)

        def answer(payload):
            return DENIED if payload["dealer_company"] == "Second dealer" else APPLIED

        self.deliver(FakeTransport(answer))
        self.assertEqual(ours.callback_ids.state, "delivered")
        self.assertEqual(theirs.callback_ids.state, "pending")
        self.assertEqual(self.connection.state, "ready")


class TestRights(CallbackCase):
    def test_nobody_writes_rows_by_rpc(self):
        row = self.lose(self.make_leads(1))
        for user in (self.agent, self.manager, self.admin):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    row.with_user(user).write({"state": "delivered"})
                with self.assertRaises(AccessError):
                    self.callbacks.with_user(user).create({"event_id": "x"})
                with self.assertRaises(AccessError):
                    row.with_user(user).unlink()

    def test_retry_and_cancel_are_the_admins_and_need_a_reason(self):
        row = self.lose(self.make_leads(1))
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                row.with_user(user).action_retry("because")
            with self.assertRaises(AccessError):
                row.with_user(user).action_cancel("because")
        with self.assertRaises(ValidationError):
            row.with_user(self.admin).action_cancel("  ")
        wizard = self.env["dealer.crm.callback.reason"].with_user(self.admin)
        wizard.create(
            {"callback_ids": row.ids, "action": "cancel", "reason": "Entered twice"}
        ).action_confirm()
        self.assertEqual(row.state, "cancelled")
        self.assertIn("Entered twice", row.message_ids[0].body)
        with self.assertRaises(UserError):
            row.with_user(self.admin).action_retry("because")

    def test_rows_are_read_with_their_leads(self):
        other = new_test_user(self.env, "cb_other", "dealer_crm.group_dealer_user")
        row = self.lose(self.make_leads(1, user_id=self.agent.id))
        self.assertEqual(row.with_user(self.agent).read(["state"])[0]["state"], "pending")
        with self.assertRaises(AccessError):
            row.with_user(other).read(["state"])
        self.assertTrue(row.with_user(self.manager).read(["state"]))
        with self.assertRaises(AccessError):
            row.with_user(self.agent).read(["lease_token"])

    def test_key_can_be_written_and_never_read(self):
        connection = self.connection.with_user(self.admin)
        connection.api_key = "another-key"
        self.assertEqual(self.connection.sudo().api_key_stored, "another-key")
        saved = connection.web_save({"api_key": KEY}, {"api_key": {}, "name": {}})
        self.assertNotIn(KEY, str(saved))
        self.assertNotIn(KEY, str(connection.read()))
        self.assertNotIn(KEY, str(connection.export_data(["api_key", "name"])))
        for door in (
            lambda: connection.read(["api_key_stored"]),
            lambda: connection.search([("api_key_stored", "=like", "s3%")]),
            lambda: connection.export_data(["api_key_stored"]),
            lambda: connection.search([], order="api_key_stored"),
        ):
            with self.assertRaises(AccessError):
                door()
        self.assertNotIn(KEY, str(self.connection.copy().sudo().api_key_stored))
        self.assertNotIn(KEY, "".join(self.connection.message_ids.mapped("body")))

    def test_another_address_does_not_get_the_key(self):
        connection = self.connection.with_user(self.admin)
        connection.write({"url": "https://bpo.example.com/", "login": "other"})
        self.assertEqual(connection.api_key_state, "stored")
        connection.url = "https://elsewhere.example.com"
        self.assertEqual(connection.api_key_state, "missing")
        connection.write({"url": "https://bpo.example.com", "api_key": "new"})
        self.assertEqual(self.connection.sudo().api_key_stored, "new")

    def test_connections_are_the_admins(self):
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                self.connection.with_user(user).read(["url"])
            with self.assertRaises(AccessError):
                self.connection.with_user(user).action_test_connection()
            with self.assertRaises(AccessError):
                self.connection.with_user(user).action_rebind()

    def test_address_is_checked_and_stripped(self):
        self.assertEqual(self.connection.url, "https://bpo.example.com")
        for url in ("http://bpo.example.com", "ftp://x", "https://u:p@x", "https://x/?a"):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.connection.url = url

    @mute_logger("odoo.sql_db")
    def test_one_connection_a_company(self):
        with self.assertRaises(IntegrityError):
            self.connection.copy({"active": True})


class TestFence(CallbackCase):
    def test_a_raw_copy_keeps_quiet_until_rebound(self):
        row = self.lose(self.make_leads(1))
        self.deliver(FakeTransport(lambda _payload: DOWN))
        self.make_due(row)
        with patch.dict("os.environ", {"DEALER_CRM_INSTANCE": "another machine"}):
            self.assertFalse(self.deliver(FakeTransport()).sent)
            self.assertEqual(
                (self.connection.state, self.connection.hold_code), ("held", "instance")
            )
            self.assertIn("copy", self.connection.state_reason)
            self.assertFalse(self.deliver(FakeTransport()).tests, "a fenced copy was probed")
            with patch.object(
                type(self.connection), "_open_transport", lambda self: FakeTransport()
            ):
                note = self.connection.action_test_connection()["params"]
                self.assertEqual(note["type"], "danger")
                self.connection.with_user(self.admin).action_rebind()
            self.assertEqual(self.connection.state, "ready")
            self.assertEqual(len(self.deliver(FakeTransport()).sent), 1)

    def test_neutralised(self):
        row = self.lose(self.make_leads(1))
        self.env.flush_all()
        for query in get_neutralization_queries(["dealer_crm"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(self.connection.sudo().api_key_stored)
        self.assertTrue(self.connection.url.endswith(".invalid"))
        transport = self.deliver(FakeTransport())
        self.assertEqual((transport.sent, transport.tests), ([], 0))
        self.assertEqual(row.state, "pending")


class TestCare(CallbackCase):
    def test_health(self):
        health = self.callbacks._get_health
        self.env.ref("dealer_crm.ir_cron_deliver_callbacks").lastcall = self.env.cr.now()
        self.assertTrue(health()["ok"], health())
        row = self.lose(self.make_leads(1))
        self.assertEqual((health()["ok"], health()["due"]), (True, 1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET next_attempt_at = now() at time zone 'UTC'"
            " - interval '1 h' WHERE id = %s",
            [row.id],
        )
        self.assertFalse(health()["ok"])
        row.with_user(self.admin).action_cancel("Entered twice")
        self.assertTrue(health()["ok"], health())
        self.env.ref("dealer_crm.ir_cron_deliver_callbacks").active = False
        self.assertEqual((health()["ok"], health()["cron_alive"]), (False, False))

    def test_reconciliation_lists_and_replays(self):
        leads = self.make_leads(3)
        rows = self.lose(leads)
        self.deliver(FakeTransport())
        self.connection.capabilities = {"reconcile": True}
        forgotten = leads[1].bpo_source_lead_id
        transport = FakeTransport()
        transport.reconcile = lambda items: [
            {"bpo_source_lead_id": item["bpo_source_lead_id"], "sequence": 0, "outcome": "endorsed"}
            for item in items
            if item["bpo_source_lead_id"] == forgotten
        ]
        with (
            patch.object(type(self.connection), "_open_transport", lambda self: transport),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.callbacks.with_env(self.env(cr=cr))._cron_reconcile()
        self.env.invalidate_all()
        differing = rows.filtered("difference")
        self.assertEqual(differing.lead_id, leads[1])
        self.assertTrue(self.connection.activity_ids)
        event = differing.event_id
        differing.with_user(self.admin).action_retry("The BPO was restored")
        self.assertEqual([p["event_id"] for p in self.deliver(FakeTransport()).sent], [event])

    def test_old_rows_go_and_undelivered_ones_stay(self):
        old, recent, waiting = self.lose(self.make_leads(3))
        self.deliver(FakeTransport())
        waiting = self.lose(self.make_leads(1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET delivered_at = now() - interval '401 days'"
            " WHERE id = %s",
            [old.id],
        )
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET create_date = now() - interval '9 years',"
            " next_attempt_at = now() - interval '9 years' WHERE id = %s",
            [waiting.id],
        )
        self.env.cr.execute(
            "UPDATE dealer_crm_callback_attempt SET started_at = now() - interval '181 days'"
            " WHERE callback_id = %s",
            [recent.id],
        )
        self.env.invalidate_all()
        self.callbacks._gc_delivered()
        self.env["dealer.crm.callback.attempt"]._gc_attempts()
        self.env.invalidate_all()
        self.assertFalse(old.exists())
        self.assertTrue(waiting.exists())
        self.assertTrue(recent.exists())
        self.assertFalse(recent.attempt_ids)
