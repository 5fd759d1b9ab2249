import errno
import http.client
import socket
import ssl
import time
import unittest

import requests
import urllib3

from ..bpo.answer import Verdict, parse_retry_after, read_json
from ..bpo.errors import Call, CutOff, HandshakeEnded, TooLarge, of_error, of_exception, of_status

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


class TestBpoError(unittest.TestCase):
    def test_errors_of_odoo(self):
        attribute = "The method 'crm.lead.update_from_dealer_callback' does not exist"
        for name, message, verdict, code in (
            ("odoo.exceptions.AccessDenied", "Access Denied", CONNECTION, "access_denied"),
            ("odoo.exceptions.AccessError", ACL, CONNECTION, "no_right"),
            ("odoo.exceptions.AccessError", "Private methods (such as ...", CONNECTION, "no_right"),
            (
                "odoo.exceptions.AccessError",
                RULE % "Lead (crm.lead)",
                MESSAGE,
                "no_right_on_record",
            ),
            (
                "odoo.exceptions.AccessError",
                RULE % "Lead, A (B) (crm.lead: 7, company=X)",
                MESSAGE,
                "no_right_on_record",
            ),
            ("odoo.exceptions.ValidationError", "no", MESSAGE, "validation"),
            ("odoo.exceptions.UserError", "no", MESSAGE, "user_error"),
            ("odoo.exceptions.RedirectWarning", "no", MESSAGE, "user_error"),
            ("odoo.exceptions.MissingError", "no", MESSAGE, "missing"),
            ("odoo.exceptions.LockError", "no", TRANSIENT, "locked"),
            ("odoo.exceptions.ConcurrencyError", "no", TRANSIENT, "locked"),
            (
                "odoo.exceptions.UserError",
                "Object crm.lead doesn't exist",
                CONNECTION,
                "model_missing",
            ),
            (
                "odoo.exceptions.UserError",
                "Object res.partner doesn't exist",
                MESSAGE,
                "user_error",
            ),
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
            (
                "builtins.AttributeError",
                "'NoneType' object has no attribute 'id'",
                TRANSIENT,
                "server_error",
            ),
            (
                "builtins.TypeError",
                "Lead.update_from_dealer_callback() missing 1 required positional argument: 'payload'",
                CONNECTION,
                "wrong_signature",
            ),
            (
                "builtins.TypeError",
                "len() takes exactly one argument (0 given)",
                TRANSIENT,
                "server_error",
            ),
            ("builtins.ZeroDivisionError", "division by zero", TRANSIENT, "server_error"),
            ("bpo.errors.ValidationError", "not Odoo's", TRANSIENT, "server_error"),
            ("", "", TRANSIENT, "server_error"),
        ):
            with self.subTest(name=name, message=message):
                answer = of_error(name, message, CALL)
                self.assertEqual((answer.verdict, answer.code), (verdict, code))
                self.assertEqual(answer.error, name)

    def test_errors_of_the_database(self):
        socket_text = (
            'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  '
        )
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
        for name in (
            "SerializationFailure",
            "DeadlockDetected",
            "LockNotAvailable",
            "UniqueViolation",
        ):
            answer = of_error(f"psycopg2.errors.{name}", "could not serialize", CALL)
            self.assertEqual((answer.verdict, answer.code), (TRANSIENT, "db_error"))

    def test_a_missing_model_in_any_language(self):
        missing = of_error(
            "odoo.exceptions.UserError", "Das Objekt crm.lead existiert nicht", CALL, debug=DISPATCH
        )
        self.assertEqual((missing.verdict, missing.code), (CONNECTION, "model_missing"))
        raised = of_error("odoo.exceptions.UserError", "no", CALL, debug=DEEPER)
        self.assertEqual((raised.verdict, raised.code), (MESSAGE, "user_error"))

    def test_errors_of_json2(self):
        method = "The method 'crm.lead.update_from_dealer_callback' does not exist"
        for name, message, status, verdict, code in (
            (
                "werkzeug.exceptions.Unauthorized",
                "Invalid apikey",
                401,
                CONNECTION,
                "access_denied",
            ),
            ("werkzeug.exceptions.Forbidden", "no", 403, CONNECTION, "access_denied"),
            (
                "werkzeug.exceptions.NotFound",
                "the model 'crm.lead' does not exist",
                404,
                CONNECTION,
                "model_missing",
            ),
            ("werkzeug.exceptions.NotFound", method, 404, CONNECTION, "method_missing"),
            ("werkzeug.exceptions.NotFound", "Did you mean ...?", 404, CONNECTION, "not_found"),
            (
                "werkzeug.exceptions.UnprocessableEntity",
                "missing a required",
                422,
                CONNECTION,
                "wrong_signature",
            ),
            ("odoo.exceptions.MissingError", "gone", 404, MESSAGE, "missing"),
            (
                "odoo.addons.bpo.models.lead.TooLate",
                "a UserError of theirs",
                422,
                MESSAGE,
                "user_error",
            ),
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
            (401, CONNECTION, "barred"),
            (403, CONNECTION, "barred"),
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

    def test_a_handshake_that_ended(self):
        exc = HandshakeEnded("no TLS")
        exc.__cause__ = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
        wrapped = requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", exc))
        self.assertEqual(of_exception(wrapped).code, "tls")

    def test_detail_is_that_of_the_cause(self):
        exc = requests.ConnectionError(
            urllib3.exceptions.ProtocolError("x", ConnectionRefusedError(111, "refused"))
        )
        self.assertEqual(of_exception(exc).detail, "ConnectionRefusedError: [Errno 111] refused")
