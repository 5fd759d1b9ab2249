import errno
import http.client
import socket
import ssl
import time
import unittest

import requests
import urllib3

from ..bpo.answer import Answer, Verdict, of_batch, of_result, parse_retry_after, read_json, redact
from ..bpo.fault import Call, CutOff, HandshakeEnded, TooLarge, of_error, of_exception, of_status

CALL = Call("bpo", "crm.lead", "update_from_dealer_callback")
ACCEPTED, TRANSIENT, CONNECTION = Verdict.ACCEPTED, Verdict.TRANSIENT, Verdict.CONNECTION
MESSAGE, UNREADABLE = Verdict.MESSAGE, Verdict.UNREADABLE
ACL = """You are not allowed to access 'Lead' (crm.lead) records.

This operation is allowed for the following groups:
\t- Sales/Administrator

Contact your administrator to request access if necessary."""
RULE = """Sorry, s (id=8) doesn't have 'write' access to:
- %s

If you really, really need access, ..."""
DISPATCH = """Traceback (most recent call last):
  File "/odoo/service/model.py", line 144, in execute_cr
    raise UserError(_("Object %s doesn't exist", obj))
odoo.exceptions.UserError: Das Objekt crm.lead existiert nicht
"""
DEEPER = """Traceback (most recent call last):
  File "/odoo/service/model.py", line 140, in execute_cr
    result = retrying(partial(call_kw, recs, method, args, kw), env)
  File "/bpo/models/crm_lead.py", line 12, in update_from_dealer_callback
    raise UserError("no")
odoo.exceptions.UserError: no
"""


class TestBpoResult(unittest.TestCase):
    def test_accepted(self):
        for value, code in (
            (True, "accepted"),
            (None, "accepted"),
            ({"ok": True}, "accepted"),
            ({"ok": True, "status": "applied"}, "applied"),
            ({"ok": True, "status": "duplicate", "event_id": "e1"}, "duplicate"),
            ({"status": "stale", "event_id": None}, "stale"),
            ({"ok": True, "status": "applied", "event_id": False}, "applied"),
        ):
            with self.subTest(value=value):
                self.assertEqual(of_result(value, "e1"), Answer(ACCEPTED, code))

    def test_refused(self):
        for value in (False, {"ok": False}, {"ok": False, "status": "stale"}, {"ok": True, "status": "rejected"}):
            with self.subTest(value=value):
                answer = of_result(value, "e1")
                self.assertEqual((answer.verdict, answer.code), (MESSAGE, "rejected"))
        answer = of_result({"ok": False, "message": "No such lead", "retryable": False, "retry_after": 5}, "e1")
        self.assertEqual(answer, Answer(MESSAGE, "rejected", "No such lead"))

    def test_retryable(self):
        value = {"ok": False, "status": "rejected", "message": "Busy", "retryable": True}
        for retry_after, seconds in ((None, None), (90, 90.0), (0, 1.0), (1e9, 86_400.0), ("x", None), (True, None)):
            with self.subTest(retry_after=retry_after):
                answer = of_result({**value, "retry_after": retry_after}, "e1")
                self.assertEqual(answer, Answer(TRANSIENT, "retry_later", "Busy", seconds))

    def test_neither_accepted_nor_refused(self):
        for value in (1, 0, "ok", [], {}, {"id": 4}, {"ok": "yes"}, {"ok": 1}, {"status": "great"}, {"status": ["applied"]}):
            with self.subTest(value=value):
                self.assertEqual(of_result(value, "e1").verdict, UNREADABLE)

    def test_another_event(self):
        answer = of_result({"ok": True, "status": "applied", "event_id": "e2"}, "e1")
        self.assertEqual((answer.verdict, answer.code), (UNREADABLE, "wrong_envelope"))

    def test_message_that_is_no_text(self):
        self.assertEqual(of_result({"ok": False, "message": {"a": 1}}, "e1").detail, "")

    def test_batch_by_event(self):
        value = [
            {"ok": False, "status": "rejected", "event_id": "e3"},
            {"ok": True, "status": "applied", "event_id": "e1"},
        ]
        codes = [answer.code for answer in of_batch(value, ["e1", "e2", "e3"])]
        self.assertEqual(codes, ["applied", "wrong_envelope", "rejected"])

    def test_batch_by_place(self):
        value = [True, False, None, {"ok": True, "status": "stale"}]
        codes = [answer.code for answer in of_batch(value, ["e1", "e2", "e3", "e4"])]
        self.assertEqual(codes, ["accepted", "rejected", "accepted", "stale"])

    def test_batch_of_the_wrong_length_or_event(self):
        self.assertEqual({answer.verdict for answer in of_batch([True], ["e1", "e2"])}, {UNREADABLE})
        value = [{"ok": True, "status": "applied", "event_id": "e9"}, True]
        self.assertEqual([answer.code for answer in of_batch(value, ["e1", "e2"])], ["wrong_envelope", "accepted"])

    def test_batch_without_a_list(self):
        for value in (True, None, {"ok": True}, "ok"):
            with self.subTest(value=value):
                self.assertEqual([answer.verdict for answer in of_batch(value, ["e1", "e2"])], [UNREADABLE] * 2)
        busy = {"ok": False, "retryable": True, "retry_after": 60}
        self.assertEqual(of_batch(busy, ["e1", "e2"]), [Answer(TRANSIENT, "retry_later", "", 60.0)] * 2)


class TestBpoError(unittest.TestCase):
    def test_errors_of_odoo(self):
        attribute = "The method 'crm.lead.update_from_dealer_callback' does not exist"
        for name, message, verdict, code in (
            ("odoo.exceptions.AccessDenied", "Access Denied", CONNECTION, "access_denied"),
            ("odoo.exceptions.AccessError", ACL, CONNECTION, "no_right"),
            ("odoo.exceptions.AccessError", "Private methods (such as ...", CONNECTION, "no_right"),
            ("odoo.exceptions.AccessError", RULE % "Lead (crm.lead)", MESSAGE, "no_right_on_record"),
            ("odoo.exceptions.AccessError", RULE % "Lead, A (B) (crm.lead: 7, company=X)", MESSAGE, "no_right_on_record"),
            ("odoo.exceptions.ValidationError", "no", MESSAGE, "validation"),
            ("odoo.exceptions.UserError", "no", MESSAGE, "user_error"),
            ("odoo.exceptions.RedirectWarning", "no", MESSAGE, "user_error"),
            ("odoo.exceptions.MissingError", "no", MESSAGE, "missing"),
            ("odoo.exceptions.LockError", "no", TRANSIENT, "locked"),
            ("odoo.exceptions.ConcurrencyError", "no", TRANSIENT, "locked"),
            ("odoo.exceptions.UserError", "Object crm.lead doesn't exist", CONNECTION, "model_missing"),
            ("odoo.exceptions.UserError", "Object res.partner doesn't exist", MESSAGE, "user_error"),
            ("builtins.KeyError", "'crm.lead'", CONNECTION, "model_missing"),
            ("builtins.KeyError", "res.users", CONNECTION, "wrong_database"),
            ("builtins.KeyError", "'color'", TRANSIENT, "server_error"),
            ("builtins.AttributeError", attribute, CONNECTION, "method_missing"),
            (
                "builtins.AttributeError",
                "type object 'crm.lead' has no attribute 'update_from_dealer_callback'",
                CONNECTION,
                "method_missing",
            ),
            ("builtins.AttributeError", "'NoneType' object has no attribute 'id'", TRANSIENT, "server_error"),
            (
                "builtins.TypeError",
                "Lead.update_from_dealer_callback() missing 1 required positional argument: 'payload'",
                CONNECTION,
                "wrong_signature",
            ),
            ("builtins.TypeError", "len() takes exactly one argument (0 given)", TRANSIENT, "server_error"),
            ("builtins.ZeroDivisionError", "division by zero", TRANSIENT, "server_error"),
            ("bpo.errors.ValidationError", "not Odoo's", TRANSIENT, "server_error"),
            ("", "", TRANSIENT, "server_error"),
        ):
            with self.subTest(name=name, message=message):
                answer = of_error(name, message, CALL)
                self.assertEqual((answer.verdict, answer.code), (verdict, code))
                self.assertEqual(answer.error, name)

    def test_errors_of_the_database(self):
        socket_text = 'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  '
        for message, verdict, code in (
            (socket_text + 'database "bpo" does not exist\n', CONNECTION, "wrong_database"),
            (socket_text + "Datenbank »bpo« existiert nicht\n", CONNECTION, "wrong_database"),
            (socket_text + "the database system is starting up", TRANSIENT, "db_error"),
            (socket_text + 'too many connections for database "bpo"', TRANSIENT, "db_error"),
            ('relation "other" does not exist', TRANSIENT, "db_error"),
        ):
            with self.subTest(message=message):
                answer = of_error("psycopg2.OperationalError", message, CALL)
                self.assertEqual((answer.verdict, answer.code), (verdict, code))
        for name in ("SerializationFailure", "DeadlockDetected", "LockNotAvailable", "UniqueViolation"):
            answer = of_error(f"psycopg2.errors.{name}", "could not serialize", CALL)
            self.assertEqual((answer.verdict, answer.code), (TRANSIENT, "db_error"))

    def test_a_missing_model_in_any_language(self):
        missing = of_error("odoo.exceptions.UserError", "Das Objekt crm.lead existiert nicht", CALL, debug=DISPATCH)
        self.assertEqual((missing.verdict, missing.code), (CONNECTION, "model_missing"))
        raised = of_error("odoo.exceptions.UserError", "no", CALL, debug=DEEPER)
        self.assertEqual((raised.verdict, raised.code), (MESSAGE, "user_error"))

    def test_errors_of_json2(self):
        method = "The method 'crm.lead.update_from_dealer_callback' does not exist"
        for name, message, status, verdict, code in (
            ("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401, CONNECTION, "access_denied"),
            ("werkzeug.exceptions.Forbidden", "no", 403, CONNECTION, "access_denied"),
            ("werkzeug.exceptions.NotFound", "the model 'crm.lead' does not exist", 404, CONNECTION, "model_missing"),
            ("werkzeug.exceptions.NotFound", method, 404, CONNECTION, "method_missing"),
            ("werkzeug.exceptions.NotFound", "Did you mean ...?", 404, CONNECTION, "not_found"),
            ("werkzeug.exceptions.UnprocessableEntity", "missing a required", 422, CONNECTION, "wrong_signature"),
            ("odoo.exceptions.MissingError", "gone", 404, MESSAGE, "missing"),
            ("odoo.addons.bpo.models.lead.TooLate", "a UserError of theirs", 422, MESSAGE, "user_error"),
            ("odoo.addons.bpo.models.lead.NotYou", "of theirs", 403, CONNECTION, "access_denied"),
            ("builtins.ZeroDivisionError", "division by zero", 500, TRANSIENT, "server_error"),
            ("werkzeug.exceptions.BadRequest", "could not parse", 400, TRANSIENT, "server_error"),
        ):
            with self.subTest(name=name, message=message):
                answer = of_error(name, message, CALL, status)
                self.assertEqual((answer.verdict, answer.code), (verdict, code))

    def test_no_message_makes_a_pattern_search_for_long(self):
        start = time.process_time()
        for message in ("- (a: 1" * 40_000, "\n- (" * 60_000, "- " + "(" * 250_000):
            of_error("odoo.exceptions.AccessError", message, CALL).cleaned("key")
        read_json(b"<" * 250_000)
        self.assertLess(time.process_time() - start, 2.0)


class TestBpoStatus(unittest.TestCase):
    def test_statuses(self):
        for status, verdict, code in (
            (301, CONNECTION, "redirect"),
            (302, CONNECTION, "redirect"),
            (308, CONNECTION, "redirect"),
            (401, CONNECTION, "access_denied"),
            (403, CONNECTION, "access_denied"),
            (404, CONNECTION, "not_found"),
            (400, TRANSIENT, "http_400"),
            (408, TRANSIENT, "http_408"),
            (418, TRANSIENT, "http_418"),
            (425, TRANSIENT, "http_425"),
            (429, TRANSIENT, "http_429"),
            (500, TRANSIENT, "http_500"),
            (503, TRANSIENT, "http_503"),
            (599, TRANSIENT, "http_599"),
        ):
            with self.subTest(status=status):
                answer = of_status(status, {"Retry-After": "30"})
                self.assertEqual((answer.verdict, answer.code), (verdict, code))
        self.assertEqual(of_status(503, {"Retry-After": "30"}).retry_after, 30.0)

    def test_where_a_redirect_goes_without_its_token(self):
        answer = of_status(302, {"Location": "https://login.example.com/sso?token=abc"})
        self.assertIn("https://login.example.com", answer.detail)
        self.assertNotIn("token", answer.detail)
        for location in ("", "/web/login", "https://[", "//x:y"):
            self.assertEqual(of_status(302, {"Location": location}).code, "redirect")

    def test_retry_after(self):
        now = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
        for value, seconds in (
            ("120", 120.0),
            (" 1.5 ", 1.5),
            ("0", 1.0),
            ("999999999", 86_400.0),
            ("9" * 6000, 86_400.0),
            ("Tue, 14 Nov 2023 22:15:20 GMT", 120.0),
            ("Tue, 14 Nov 2023 22:00:00 GMT", 1.0),
            ("Fri, 31 Dec 2100 23:59:59 GMT", 86_400.0),
            ("Tue, 99 Nov 2023", None),
            ("soon", None),
            ("-5", None),
            ("٣", None),
            ("", None),
            (None, None),
            (float("nan"), None),
            (float("inf"), 86_400.0),
            (-3, 1.0),
            ([5], None),
        ):
            with self.subTest(value=value):
                self.assertEqual(parse_retry_after(value, now), seconds)


class TestBpoException(unittest.TestCase):
    def test_exceptions(self):
        reset = ConnectionResetError(errno.ECONNRESET, "reset")
        eof = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
        for exc, verdict, code in (
            (ConnectionRefusedError(111, "refused"), TRANSIENT, "refused"),
            (OSError(errno.EHOSTUNREACH, "No route to host"), TRANSIENT, "unreachable"),
            (OSError(errno.ENETUNREACH, "Network is unreachable"), TRANSIENT, "unreachable"),
            (socket.gaierror(-2, "Name or service not known"), TRANSIENT, "dns"),
            (TimeoutError("timed out"), TRANSIENT, "timeout"),
            (requests.exceptions.ReadTimeout("slow"), TRANSIENT, "timeout"),
            (reset, TRANSIENT, "reset"),
            (BrokenPipeError(32, "pipe"), TRANSIENT, "reset"),
            (http.client.RemoteDisconnected("no response"), TRANSIENT, "reset"),
            (http.client.IncompleteRead(b"x"), TRANSIENT, "cut_off"),
            (CutOff("short"), TRANSIENT, "cut_off"),
            (http.client.BadStatusLine("SSH-2.0"), UNREADABLE, "not_http"),
            (TooLarge("large"), UNREADABLE, "too_large"),
            (ssl.SSLCertVerificationError(1, "self-signed"), CONNECTION, "tls"),
            (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), CONNECTION, "tls"),
            (HandshakeEnded("no TLS"), CONNECTION, "tls"),
            (eof, TRANSIENT, "reset"),
            (requests.exceptions.InvalidURL("bad label"), CONNECTION, "bad_url"),
            (requests.exceptions.RequestException("what else"), TRANSIENT, "unreachable"),
            (RuntimeError("what else"), TRANSIENT, "network"),
        ):
            wrapped = urllib3.exceptions.ProtocolError("Connection aborted.", exc)
            retried = urllib3.exceptions.MaxRetryError(None, "/jsonrpc", exc)
            for form in (exc, requests.ConnectionError(wrapped), requests.ConnectionError(retried)):
                if isinstance(exc, RuntimeError) and form is not exc:
                    continue
                with self.subTest(exc=exc, form=type(form)):
                    answer = of_exception(form)
                    self.assertEqual((answer.verdict, answer.code), (verdict, code))

    def test_detail_is_that_of_the_cause(self):
        exc = requests.ConnectionError(urllib3.exceptions.ProtocolError("x", ConnectionRefusedError(111, "refused")))
        self.assertEqual(of_exception(exc).detail, "ConnectionRefusedError: [Errno 111] refused")


class TestBpoDetail(unittest.TestCase):
    def test_json(self):
        self.assertEqual(read_json(b'{"a": [1]}'), ({"a": [1]}, None))
        self.assertEqual(read_json(b"null"), (None, None))
        for body in (b"", b"{", b"\xff\xfe\xff", b"[" * 100_000, b"1" * 5000 + b"x"):
            with self.subTest(body=body[:5]):
                value, answer = read_json(body)
                self.assertIsNone(value)
                self.assertEqual((answer.verdict, answer.code), (UNREADABLE, "not_json"))
        self.assertEqual(read_json(b"<h1>Log <b>in</b></h1>")[1].cleaned().detail, "Log in")

    def test_redact(self):
        key = 'k"ey/ö&1'
        for said in (key, 'k\\"ey/ö&1', 'k\\"ey/\\u00f6&1', "k%22ey/%C3%B6%261", "k%22ey%2F%C3%B6%261", "k&quot;ey/ö&amp;1"):
            with self.subTest(said=said):
                self.assertEqual(redact(f"before {said} after", key), "before *** after")
        self.assertEqual(redact("nothing to hide", ""), "nothing to hide")

    def test_cleaned(self):
        answer = Answer(MESSAGE, "rejected", "a\x00b\r\n\t c \ud83d" + "d" * 1000, 3.0, "x.KeyError")
        cleaned = answer.cleaned("key")
        self.assertTrue(cleaned.detail.startswith("a b c d"))
        self.assertEqual(len(cleaned.detail), 500)
        self.assertEqual((cleaned.verdict, cleaned.code, cleaned.retry_after), (MESSAGE, "rejected", 3.0))
        self.assertEqual(cleaned.error, "x.KeyError")
        cleaned.detail.encode()

    def test_a_secret_at_the_cut_is_no_longer_there(self):
        key = "0123456789abcdef" * 3
        for at in range(440, 510, 7):
            detail = Answer(MESSAGE, "rejected", "y" * at + key).cleaned(key).detail
            self.assertNotIn(key[:4], detail)
