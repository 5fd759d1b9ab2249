import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from unittest.mock import patch

from ..bpo.client import BATCH_SIZE, Client
from ..bpo.http import Endpoint, new_session
from .bpo_peer import KEY, PROTOCOLS, BpoCase, outcome
from .fake_bpo import Reply


class TestBpoClient(BpoCase):
    def test_an_outcome_arrives(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                self.bpo.reset_memory()
                payload = outcome(lost_notes="Zu teuer – 😀")
                answer = self.open(protocol).send(payload)
                self.assertAnswer(answer, "accepted", "applied")
                self.assertEqual([request.payloads for request in self.bpo.seen()], [[payload]])
                self.assertEqual(self.bpo.applied, {42: [(1, "won", payload["event_id"])]})

    def test_the_wire_of_jsonrpc(self):
        payload = outcome()
        self.open().send(payload)
        login, call = self.bpo.requests
        self.assertEqual((login.verb, login.path), ("POST", "/jsonrpc"))
        self.assertEqual(login.args, ["bpo", "dealer", KEY, {}])
        self.assertEqual(
            (call.verb, call.path, call.headers["Content-Type"]),
            ("POST", "/jsonrpc", "application/json"),
        )
        params = call.json["params"]
        self.assertEqual((params["service"], params["method"]), ("object", "execute_kw"))
        expected = ["bpo", 7, KEY, "crm.lead", "update_from_dealer_callback", [payload]]
        self.assertEqual(params["args"][:6], expected)

    def test_the_wire_of_json2(self):
        payload = outcome()
        self.open("json2").send(payload)
        (call,) = self.bpo.requests
        self.assertEqual(
            (call.verb, call.path), ("POST", "/json/2/crm.lead/update_from_dealer_callback")
        )
        self.assertEqual(call.headers["Authorization"], f"bearer {KEY}")
        self.assertEqual(call.headers["X-Odoo-Database"], "bpo")
        self.assertEqual(call.json, {"payload": payload})

    def test_repeats_and_late_ones_are_accepted(self):
        client = self.open()
        first, second = outcome(sequence=1), outcome(sequence=2)
        codes = [client.send(payload).code for payload in (second, second, first)]
        self.assertEqual(codes, ["applied", "duplicate", "stale"])

    def test_none_and_true(self):
        for protocol in PROTOCOLS:
            client = self.open(protocol)
            for result in (None, True):
                self.bpo.script(Reply(result=result))
                self.assertAnswer(
                    client.send(outcome()), "accepted", "accepted", (protocol, result)
                )

    def test_errors_of_the_receiver(self):
        for protocol in PROTOCOLS:
            client = self.open(protocol)
            for error, verdict, code in (
                ("odoo.exceptions.ValidationError", "message", "validation"),
                ("odoo.exceptions.UserError", "message", "user_error"),
                ("odoo.exceptions.MissingError", "message", "missing"),
                ("odoo.exceptions.AccessError", "connection", "no_right"),
                ("odoo.exceptions.LockError", "transient", "locked"),
                ("psycopg2.errors.SerializationFailure", "transient", "db_error"),
                ("builtins.ZeroDivisionError", "transient", "server_error"),
            ):
                self.bpo.script(Reply(error=error, message="Because."))
                answer = client.send(outcome())
                self.assertAnswer(answer, verdict, code, (protocol, error, answer))
                self.assertIn("Because.", answer.detail)

    def test_statuses_and_retry_after(self):
        for protocol in PROTOCOLS:
            client = self.open(protocol)
            for status, verdict, code in (
                (401, "connection", "barred"),
                (404, "connection", "not_found"),
                (429, "transient", "http_429"),
                (503, "transient", "http_503"),
            ):
                self.bpo.script(Reply(status=status, headers={"Retry-After": "77"}), times=2)
                answer = client.send(outcome())
                self.assertAnswer(answer, verdict, code, (protocol, status, answer))
                self.assertEqual(answer.retry_after, 77.0)
                self.bpo.reset_memory()

    def test_retry_after_beside_an_error_of_json2(self):
        self.bpo.script(Reply(error="builtins.OSError", status=503, headers={"Retry-After": "9"}))
        answer = self.open("json2").send(outcome())
        self.assertEqual((answer.code, answer.retry_after), ("server_error", 9.0))

    def test_login_once(self):
        client = self.open()
        for _time in range(3):
            client.send(outcome())
        self.assertEqual(len(self.bpo.seen("authenticate")), 1)
        self.assertEqual(
            {request.connection for request in self.bpo.requests}, {1}, "not kept alive"
        )

    def test_the_next_run_knows_the_user(self):
        for run in (1, 2):
            with self.open() as client:
                answer = client.send(outcome(sequence=run))
            self.assertAnswer(answer, "accepted", "applied")
        self.assertEqual(len(self.bpo.seen("authenticate")), 1)

    def test_login_again_when_the_user_changed(self):
        client = self.open()
        client.send(outcome())
        self.bpo.uid = 8
        self.assertAnswer(client.send(outcome(sequence=2)), "accepted", "applied")
        self.assertEqual(len(self.bpo.seen("authenticate")), 2)

    def test_login_again_only_once(self):
        client = self.open()
        client.send(outcome())
        self.bpo.script(Reply(error="odoo.exceptions.AccessDenied"), times=5)
        self.assertAnswer(client.send(outcome()), "connection", "access_denied")
        self.assertEqual((len(self.bpo.seen("authenticate")), len(self.bpo.seen())), (2, 3))

    def test_no_second_login_for_a_first_denial(self):
        self.bpo.script(Reply(error="odoo.exceptions.AccessDenied"), times=5)
        self.assertAnswer(self.open().send(outcome()), "connection", "access_denied")
        self.assertEqual((len(self.bpo.seen("authenticate")), len(self.bpo.seen())), (1, 1))

    def test_a_login_that_is_no_user(self):
        for uid in (False, None):
            self.bpo.script(Reply(method="authenticate", result=uid))
            self.assertAnswer(self.open().send(outcome()), "connection", "access_denied", uid)
        for uid in (True, "7", 0, -1, [7]):
            self.bpo.script(Reply(method="authenticate", result=uid))
            self.assertAnswer(self.open().send(outcome()), "unreadable", "wrong_envelope", uid)
        self.assertEqual(self.bpo.seen(), [])

    def test_batch(self):
        self.bpo.capabilities = {"batch": True}
        for protocol in PROTOCOLS:
            self.bpo.reset_memory()
            client = self.open(protocol)
            payloads = [outcome(lead=lead) for lead in range(BATCH_SIZE)]
            answers = client.send_batch(payloads)
            self.assertEqual([answer.code for answer in answers], ["applied"] * BATCH_SIZE)
            (call,) = self.bpo.seen()
            self.assertEqual(call.event_ids, [payload["event_id"] for payload in payloads])
        self.assertEqual(client.send_batch([]), [])
        with self.assertRaises(ValueError):
            client.send_batch([outcome()] * (BATCH_SIZE + 1))

    def test_a_batch_that_fails_as_a_whole(self):
        client = self.open("json2")
        self.bpo.script(Reply(status=503, headers={"Retry-After": "5"}))
        answers = client.send_batch([outcome(), outcome()])
        self.assertEqual(
            [(answer.code, answer.retry_after) for answer in answers], [("http_503", 5.0)] * 2
        )
        self.assertEqual(len(self.bpo.seen()), 1)

    def test_one_bad_message_does_not_refuse_the_others(self):
        good, bad = [outcome(lead=1), outcome(lead=3)], outcome(lead=2)
        for refusal in (
            Reply(error="odoo.exceptions.ValidationError"),
            Reply(result=False),
            Reply(result={"ok": False, "status": "rejected"}),
        ):
            self.bpo.reset_memory()
            self.bpo.script(
                refusal,
                Reply(),
                Reply(error="odoo.exceptions.ValidationError", message="2"),
                Reply(),
            )
            answers = self.open().send_batch([good[0], bad, good[1]])
            self.assertEqual(
                [answer.code for answer in answers], ["applied", "validation", "applied"]
            )

    def test_answers_of_a_receiver_that_is_not_ours(self):
        for protocol in PROTOCOLS:
            client = self.open(protocol)
            for result in ({"success": True}, 4711, "done", [True], {"result": "ok"}, {}):
                self.bpo.script(Reply(result=result))
                self.assertAnswer(
                    client.send(outcome()), "accepted", "own_words", (protocol, result)
                )

    def test_a_batch_method_that_is_gone(self):
        """Outcomes are sent one by one, and no further batch is tried; the receiver is not held."""
        for protocol in PROTOCOLS:
            self.bpo.reset_memory()
            client = self.open(protocol)
            for first in (1, 4):
                payloads = [outcome(lead=lead) for lead in range(first, first + 3)]
                codes = [answer.code for answer in client.send_batch(payloads)]
                self.assertEqual(codes, ["applied"] * 3)
            self.assertTrue(client.batch_missing)
            methods = [request.method for request in self.bpo.seen()]
            self.assertEqual(methods.count("update_from_dealer_callbacks"), 1)
            self.assertEqual({len(events) for events in self.bpo.applied.values()}, {1})

    def test_when_the_key_ends(self):
        method = "dealer_callback_key_expiry"
        for protocol in PROTOCOLS:
            client = self.open(protocol)
            for result, ends in (
                ("2027-01-31T00:00:00", datetime(2027, 1, 31)),
                ("2027-01-31T02:00:00+02:00", datetime(2027, 1, 31)),
                (None, None),
                (False, None),
            ):
                self.bpo.script(Reply(method=method, result=result))
                value, answer = client.key_expires_at()
                self.assertEqual((value, answer.accepted), (ends, True))
            self.assertEqual(self.bpo.requests[-1].args, KEY[:8])
            for result in ("soon", 5, ["2027"]):
                self.bpo.script(Reply(method=method, result=result))
                self.assertFalse(client.key_expires_at()[1].accepted)
            self.assertFalse(client.key_expires_at()[1].accepted, "no such method")

    def test_capabilities(self):
        for protocol in PROTOCOLS:
            client = self.open(protocol)
            self.bpo.capabilities = {"batch": True, "reopened": False, "reconcile": 1, "fly": True}
            self.assertEqual(client.capabilities(), {"batch": True})
            for instance, said in (
                ("11111111-1111-4111-8111-111111111111", True),
                ("not a uuid", False),
                ("1" * 36, False),
                (["x"], False),
            ):
                self.bpo.capabilities = {"batch": True, "instance": instance}
                expected = {"batch": True, **({"instance": instance} if said else {})}
                self.assertEqual(client.capabilities(), expected)
            self.bpo.capabilities = None
            self.assertEqual(client.capabilities(), {})
            self.bpo.script(Reply(method="dealer_callback_capabilities", result=["batch"]))
            self.assertEqual(client.capabilities(), {})

    def test_call(self):
        for protocol in PROTOCOLS:
            client = self.open(protocol)
            self.bpo.script(Reply(method="dealer_callback_reconcile", result=[1, 2]))
            value, answer = client.call("dealer_callback_reconcile", {"leads": [[1, 2]]})
            self.assertEqual(value, [1, 2])
            self.assertAnswer(answer, "accepted", "ok")
            self.assertEqual(self.bpo.requests[-1].args, [[1, 2]])
            value, answer = client.call("no_such_method", {})
            self.assertIsNone(value)
            self.assertAnswer(answer, "connection", "method_missing")

    def test_threads_share_a_transport(self):
        for protocol in PROTOCOLS:
            self.bpo.reset_memory()
            client = self.open(protocol)
            start = threading.Barrier(8)

            def send(lead, client=client, start=start):
                start.wait()
                return [client.send(outcome(lead, sequence)).code for sequence in range(1, 21)]

            with ThreadPoolExecutor(8) as pool:
                codes = [code for codes in pool.map(send, range(8)) for code in codes]
            self.assertEqual(codes, ["applied"] * 160)
            self.assertEqual(sum(len(events) for events in self.bpo.applied.values()), 160)
        self.assertLessEqual(self.bpo.connections, 16, "connections are not reused")

    def test_a_session_given_is_not_closed(self):
        with new_session() as session, patch.object(session, "close") as close:
            self.open(session=session).close()
            close.assert_not_called()

    def test_as_a_context(self):
        with Client(Endpoint(self.bpo.url, "bpo", "dealer", KEY)) as client:
            self.assertAnswer(client.send(outcome()), "accepted", "applied")

    def test_unknown_protocol(self):
        with self.assertRaises(ValueError):
            self.open("xmlrpc")
