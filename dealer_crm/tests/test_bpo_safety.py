import os
import tempfile
from unittest.mock import patch

import requests

from ..bpo.client import Client
from ..bpo.http import Endpoint, check_url, new_session
from .bpo_peer import KEY, PROTOCOLS, BpoCase, outcome
from .fake_bpo import Reply


class TestBpoSafety(BpoCase):
    """Which addresses are called and what is sent, whatever the settings and the peer say."""

    def test_nothing_is_taken_from_the_environment(self):
        with tempfile.NamedTemporaryFile("w", suffix="netrc") as netrc:
            netrc.write("machine 127.0.0.1 login netrc password netrc\n")
            netrc.flush()
            proxy = "http://127.0.0.1:1"
            environment = {
                "HTTP_PROXY": proxy,
                "http_proxy": proxy,
                "ALL_PROXY": proxy,
                "NETRC": netrc.name,
            }
            with patch.dict(os.environ, environment):
                self.assertAnswer(self.open().send(outcome()), "accepted", "applied")
        self.assertFalse(
            [request for request in self.bpo.requests if "Authorization" in request.headers]
        )

    def test_no_cookie_is_kept(self):
        self.bpo.script(Reply(headers={"Set-Cookie": "session_id=abc; Path=/"}))
        with new_session() as session:
            client = self.open("json2", session)
            client.send(outcome())
            client.send(outcome(sequence=2))
            self.assertEqual(len(session.cookies), 0)
        self.assertFalse([request for request in self.bpo.requests if "Cookie" in request.headers])

    def test_an_address_that_may_not_be_called(self):
        for values, code in (
            ({"url": "http://10.0.0.1"}, "not_encrypted"),
            ({"url": f"{self.bpo.url}/?x"}, "bad_url"),
            ({"allowed_hosts": ("bpo.example.com",)}, "forbidden_address"),
        ):
            client = self.open(**values)
            self.assertAnswer(client.send(outcome()), "connection", code)
            self.assertEqual(
                [answer.code for answer in client.send_batch([outcome()] * 2)], [code] * 2
            )
            self.assertAnswer(client.test(), "connection", code)
            self.assertAnswer(
                check_url(values.get("url", self.bpo.url), values.get("allowed_hosts", ())),
                "connection",
                code,
            )
        self.assertEqual(self.bpo.requests, [])
        self.assertIsNone(check_url(self.bpo.url, (self.bpo.url,)))
        self.assertAnswer(
            self.open(allowed_hosts=(self.bpo.url,)).send(outcome()), "accepted", "applied"
        )

    def test_the_key_is_shown_nowhere(self):
        endpoint = Endpoint(self.bpo.url, "bpo", "dealer", KEY)
        self.assertNotIn(KEY, repr(endpoint) + str(endpoint) + repr(Client(endpoint)))
        with self.assertLogs(level="DEBUG") as logs:
            for protocol in PROTOCOLS:
                client = self.open(protocol)
                for reply in (
                    Reply(error="odoo.exceptions.ValidationError", message=f"bad key {KEY}"),
                    Reply(error=f"odoo.{KEY}", message=KEY),
                    Reply(result={"ok": False, "message": KEY}),
                    Reply(body=f"<h1>{KEY}</h1>"),
                    Reply(envelope={"error": {"code": 1, "message": KEY}}, result=None),
                    Reply(status=302, headers={"Location": f"https://{KEY}.example.com/"}),
                    Reply(raw=f"NOHTTP {KEY}\r\n\r\n".encode()),
                    Reply(headers={"Content-Length": KEY}, body="{}", close=True),
                ):
                    self.bpo.script(reply)
                    answer = client.send(outcome())
                    self.assertNotIn(KEY, repr(answer), reply)
                    self.assertNotIn(KEY[:8], repr(answer), reply)
        self.assertNotIn(KEY, "\n".join(logs.output))
        self.assertFalse([request for request in self.bpo.requests if KEY in request.path])

    def test_a_key_or_database_that_no_header_can_carry(self):
        for values, code in (
            ({"key": ""}, "no_key"),
            ({"key": "a\r\nX-Evil: 1"}, "access_denied"),
            ({"key": "schlüssel"}, "access_denied"),
            ({"database": ""}, "wrong_database"),
            ({"database": "b\npo"}, "wrong_database"),
        ):
            answer = self.open("json2", **values).send(outcome())
            self.assertAnswer(answer, "connection", code, values)
        self.assertAnswer(self.open(key="").send(outcome()), "connection", "no_key")
        self.assertEqual(self.bpo.requests, [])

    def test_a_redirect_is_not_followed(self):
        other = self.start()
        for status in (301, 302, 303, 307, 308):
            for location in (other.url, f"{self.bpo.url}/jsonrpc"):
                self.bpo.reset_memory()
                self.bpo.script(
                    Reply(
                        status=status,
                        headers={"Location": f"{location}/jsonrpc"},
                        method="authenticate",
                    )
                )
                self.assertAnswer(
                    self.open().send(outcome()), "connection", "redirect", (status, location)
                )
                self.assertEqual(len(self.bpo.requests), 1)
            self.bpo.script(Reply(status=status, headers={"Location": other.url}))
            with requests.Session() as session:
                self.assertAnswer(
                    self.open("json2", session).send(outcome()), "connection", "redirect", status
                )
        self.assertEqual(other.requests, [])
