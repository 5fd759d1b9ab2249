from unittest.mock import patch

import requests

from odoo.tests import BaseCase, tagged

from ..wire import transport
from ..wire.transport import DealerClient, DealerError, check_url
from .common import KEY, FakeDealer, odoo_error

ERRORS = [
    ("odoo.exceptions.AccessDenied", "Access Denied", "login"),
    ("odoo.exceptions.AccessError", "You may not", "access"),
    ("odoo.exceptions.ValidationError", 'Field "phone" is too long', "refused"),
    ("odoo.exceptions.UserError", "No stage", "refused"),
    ("odoo.exceptions.UserError", "Object dealer.crm.lead doesn't exist", "missing"),
    ("builtins.AttributeError", "The method does not exist", "missing"),
    ("psycopg2.OperationalError", 'database "x" does not exist', "database"),
    ("psycopg2.errors.SerializationFailure", "could not serialize", "failed"),
    ("builtins.TypeError", "boom", "failed"),
]


@tagged("post_install", "-at_install")
class TestTransport(BaseCase):
    def setUp(self):
        super().setUp()
        self.fake = FakeDealer()
        self.enterContext(self.fake.running())

    def client(self):
        return DealerClient(self.fake.url, "dealer", "bpo-service", KEY)

    def assert_fails(self, kind):
        with self.client() as client, self.assertRaises(DealerError) as caught:
            client.call("dealer.crm.lead", "receive_endorsed_lead", {})
        self.assertEqual(caught.exception.kind, kind)
        self.assertNotIn(KEY, str(caught.exception))
        return caught.exception

    def test_call(self):
        with self.client() as client:
            answer = client.call("dealer.crm.lead", "receive_endorsed_lead", {"a": 1})
        self.assertEqual(answer, self.fake.answer)
        self.assertEqual(
            self.fake.calls,
            [["dealer", 5, KEY, "dealer.crm.lead", "receive_endorsed_lead", [{"a": 1}]]],
        )

    def test_errors_of_odoo(self):
        for name, message, kind in ERRORS:
            with self.subTest(name=name):
                self.fake.answer = odoo_error(name, message)
                self.assertEqual(self.assert_fails(kind).detail, message)

    def test_key_is_redacted(self):
        self.fake.answer = odoo_error("builtins.ValueError", f"bad args: dealer, 5, {KEY}")
        self.assertEqual(self.assert_fails("failed").detail, "bad args: dealer, 5, ***")

    def test_login_refused(self):
        self.fake.uid = False
        self.assert_fails("login")

    def test_not_odoo(self):
        for status, body in (
            (404, b"<html>Not Found</html>"),
            (502, b""),
            (200, b"[1]"),
            (200, b"{}"),
        ):
            with self.subTest(status=status, body=body):
                self.fake.raw = (status, {}, body)
                self.assertEqual(self.assert_fails("page").detail, str(status))

    def test_redirect_is_not_followed(self):
        self.fake.raw = (302, {"Location": self.fake.url + "/elsewhere"}, b"")
        self.assert_fails("redirect")

    def test_too_large(self):
        self.fake.raw = (200, {}, b"x" * (transport.MAX_BODY + 1))
        self.assert_fails("answer")

    def test_too_slow(self):
        with patch.object(transport, "TOTAL_TIMEOUT", -1):
            self.assert_fails("timeout")

    def test_silent(self):
        with patch.object(requests.Session, "post", side_effect=requests.Timeout):
            self.assert_fails("timeout")

    def test_certificate_is_checked(self):
        self.fake.url = self.fake.url.replace("http://", "https://")
        self.assert_fails("tls")

    def test_unreachable(self):
        self.fake.url = "http://127.0.0.1:9"
        self.assert_fails("unreachable")

    def test_check_url(self):
        for url in (
            "https://a.example",
            "http://localhost:8069",
            "http://127.0.0.1",
            "http://[::1]",
        ):
            check_url(url)
        for url in (
            "http://a.example",
            "ftp://a.example",
            "a.example",
            "https://",
            "https://user:pw@a.example",
            "http://127.0.0.1.a.example",
            "https://a.example:port",
        ):
            with self.subTest(url=url), self.assertRaises(DealerError):
                check_url(url)

    def test_check_url_listed(self):
        listed = ["https://a.example/", " http://dealer:8069 "]
        check_url("https://a.example", listed)
        check_url("http://dealer:8069", listed)
        for url in ("https://b.example", "http://a.example", "http://dealer", "http://localhost"):
            with self.subTest(url=url), self.assertRaises(DealerError):
                check_url(url, listed)
