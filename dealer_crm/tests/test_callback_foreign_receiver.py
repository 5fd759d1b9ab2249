"""A receiver written by others: it applies the outcome and may answer anything."""

from unittest.mock import patch

from odoo.addons.dealer_crm.bpo import jsonrpc
from odoo.addons.dealer_crm.bpo.client import Client
from odoo.addons.dealer_crm.bpo.http import Endpoint

from .callback_common import APPLIED, GARBLED, KEY, CallbackCase, FakeClient
from .fake_bpo import FakeBpo, Reply

SHAPES = (None, True, {"success": True}, 4711, "done", [True], {"result": "ok"}, {})


class TestForeignReceiver(CallbackCase):
    def test_whatever_is_no_refusal_is_applied_once(self):
        for protocol in ("jsonrpc", "json2"):
            for shape in SHAPES:
                with self.subTest(protocol=protocol, shape=shape), FakeBpo(key=KEY) as bpo:
                    jsonrpc._uids.clear()
                    bpo.script(Reply(result=shape, apply=True), times=20)
                    endpoint = Endpoint(bpo.url, "bpo", "dealer", KEY, protocol)
                    row = self.lose(self.make_leads(1))
                    for _run in range(3):
                        self.deliver(Client(endpoint))
                        self.probe_is_due()
                    self.assertEqual(len(bpo.seen()), 1, "it was asked again")
                    self.assertEqual(row.state, "delivered")
                    self.assertEqual(self.connection.state, "ready")
                    if shape not in (None, True):
                        self.assertEqual(row.attempt_ids.code, "own_words")
                        self.assertTrue(row.accepted_words)
                        self.assertEqual(row.attempt_ids.detail, row.accepted_words)
                    else:
                        self.assertFalse(row.accepted_words)

    def test_a_no_is_a_no(self):
        for shape in (False, {"ok": False}, {"success": False}):
            with self.subTest(shape=shape), FakeBpo(key=KEY) as bpo:
                jsonrpc._uids.clear()
                bpo.script(Reply(result=shape))
                row = self.lose(self.make_leads(1))
                self.deliver(Client(Endpoint(bpo.url, "bpo", "dealer", KEY)))
                self.assertEqual(row.state, "parked")

    def test_a_second_hold_for_the_same_reason_waits_for_a_person(self):
        """A receiver that applies outcomes but answers nonsense must not get them for ever."""
        self.lose(self.make_leads(6))
        self.deliver(FakeClient(lambda _payload: GARBLED))
        self.assertEqual(self.connection.state, "held")
        self.assertFalse(self.connection.needs_person)
        self.probe_is_due()
        self.release_and_garble()
        self.assertTrue(self.connection.needs_person)
        self.assertIn("second time", self.connection.state_reason)
        self.assertIn("second time", self.connection.activity_ids.note)
        self.assertFalse(self.connection.next_probe_at)
        self.probe_is_due()
        quiet = self.deliver(FakeClient())
        self.assertEqual((quiet.tests, quiet.sent), (0, []), "a probe released it")
        with patch.object(
            type(self.connection), "_open_client", lambda self: FakeClient([GARBLED])
        ):
            self.connection.with_user(self.admin).action_test_connection()
        self.assertTrue(self.connection.needs_person, "a test that failed lets probes release it")
        with patch.object(type(self.connection), "_open_client", lambda self: FakeClient()):
            self.connection.with_user(self.admin).action_test_connection()
        self.assertEqual((self.connection.state, self.connection.needs_person), ("ready", False))
        self.deliver(FakeClient())
        self.assertFalse(self.connection.unreadable_code, "a delivery in between")

    def test_a_second_hold_after_a_delivery_is_a_first_one(self):
        self.lose(self.make_leads(6))
        self.deliver(FakeClient(lambda _payload: GARBLED))
        self.probe_is_due()
        self.release_and_garble([APPLIED])
        self.assertEqual(self.connection.state, "held")
        self.assertFalse(self.connection.needs_person)
        self.assertTrue(self.connection.next_probe_at)

    def release_and_garble(self, answers=()):
        """The probe succeeds, and then the outcomes are answered with nonsense again."""
        answers = list(answers)
        client = FakeClient(lambda _payload: answers.pop() if answers else GARBLED)
        self.deliver(client)
        self.assertEqual(client.tests, 1)
        rows = self.callbacks.search([("state", "=", "pending")])
        self.make_due(rows)
        self.deliver(client)

    def probe_is_due(self):
        self.env.cr.execute(
            "UPDATE dealer_crm_bpo_connection SET next_probe_at = '2000-01-01'"
            " WHERE id = %s AND next_probe_at IS NOT NULL",
            [self.connection.id],
        )
        self.env.invalidate_all()

    def test_a_batch_method_that_is_gone_holds_nothing(self):
        self.connection.capabilities = {"batch": True, "reopened": True}
        rows = self.lose(self.make_leads(3))
        with FakeBpo(key=KEY) as bpo:
            jsonrpc._uids.clear()
            self.deliver(Client(Endpoint(bpo.url, "bpo", "dealer", KEY)))
            self.assertEqual(set(rows.mapped("state")), {"delivered"})
            self.assertEqual({len(events) for events in bpo.applied.values()}, {1})
        self.assertEqual(self.connection.state, "ready")

    def test_the_test_says_what_it_could_not_try(self):
        for capabilities, words in (
            (None, "has a receiver. Its answer"),
            ({}, "will arrive. Closing"),
        ):
            with FakeBpo(key=KEY, capabilities=capabilities) as bpo:
                jsonrpc._uids.clear()
                endpoint = Endpoint(bpo.url, "bpo", "dealer", KEY)
                with patch.object(
                    type(self.connection), "_open_client", return_value=Client(endpoint)
                ):
                    note = self.connection.with_user(self.admin).action_test_connection()["params"]
            self.assertEqual(note["type"], "success")
            self.assertIn(words, note["message"])
