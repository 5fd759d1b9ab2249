import socket

from ..bpo.http import new_session
from .bpo_peer import PROTOCOLS, BpoCase
from .fake_bpo import Reply


class TestBpoDiagnosis(BpoCase):
    """``Client.test()``: the causes it tells apart, and that it changes nothing."""

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.bpo.applied, {})
        self.assertFalse([request for request in self.bpo.requests if request.payloads])

    def assertTest(self, verdict, code, protocols=PROTOCOLS, **values):
        for protocol in protocols:
            answer = self.open(protocol, **values).test()
            self.assertAnswer(answer, verdict, code, (protocol, answer))

    def test_works(self):
        self.bpo.capabilities = {"batch": True}
        self.assertTest("accepted", "ok")

    def test_a_receiver_that_can_no_more_leaves_something_untried(self):
        self.assertTest("accepted", "untried")

    def test_a_proxy_that_bars_the_way_is_no_wrong_key(self):
        for status in (401, 403):
            for method in ("authenticate", "dealer_callback_capabilities"):
                page = Reply(method=method, status=status, body="<h1>Request blocked</h1>")
                self.bpo.script(page)
                protocol = "jsonrpc" if method == "authenticate" else "json2"
                self.assertTest("connection", "barred", [protocol])

    def test_no_words_of_whatever_answers(self):
        """The address may be that of another service: quote nothing of its answer."""
        secret = "s3cret-of-another-service"
        for reply in (
            Reply(body=f"<h1>{secret}</h1>"),
            Reply(body=secret),
            Reply(body=f'"{secret}'),
            Reply(raw=f"220 {secret} ESMTP\r\n".encode()),
            Reply(raw=f"HTTP/1.1 {secret}\r\n\r\n".encode()),
            Reply(
                raw=f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{secret}\r\n".encode()
            ),
            Reply(status=500, body=f'{{"name": "{secret}", "message": "{secret}"}}'),
            Reply(status=403, body=secret),
            Reply(result=secret),
            Reply(envelope={"error": {"code": 1, "message": secret}, "result": None}),
        ):
            for protocol, method in (
                ("jsonrpc", "authenticate"),
                ("json2", "dealer_callback_capabilities"),
            ):
                reply.method = method
                self.bpo.script(reply, reply)
                with self.subTest(reply=reply, protocol=protocol):
                    answer = self.open(protocol).test()
                    self.assertNotIn(secret, repr(answer))
                self.bpo.reset_memory()

    def test_no_receiver(self):
        missing = "The method 'crm.lead.update_from_dealer_callback' does not exist"
        self.bpo.script(Reply(error="builtins.AttributeError", message=missing))
        self.assertTest("connection", "method_missing", ["jsonrpc"])
        self.bpo.script(Reply(error="werkzeug.exceptions.NotFound", message=missing))
        self.assertTest("connection", "method_missing", ["json2"])

    def test_a_receiver_that_takes_the_payload_for_ids(self):
        self.bpo.script(Reply(error="builtins.IndexError", message="list index out of range"))
        self.assertTest("connection", "wrong_signature", ["jsonrpc"])
        self.bpo.script(Reply(error="builtins.TypeError", message="'float' object is not iterable"))
        self.assertTest("connection", "wrong_signature", ["json2"])

    def test_wrong_key_or_login(self):
        self.assertTest("connection", "access_denied", key="wrong")
        self.assertTest("connection", "access_denied", ["jsonrpc"], login="nobody")

    def test_no_right(self):
        self.bpo.script(
            Reply(method="dealer_callback_capabilities", error="odoo.exceptions.AccessError"),
            times=2,
        )
        self.assertTest("connection", "no_right")

    def test_no_model(self):
        self.bpo.script(
            Reply(
                method="dealer_callback_capabilities",
                error="odoo.exceptions.UserError",
                message="Object crm.lead doesn't exist",
            )
        )
        self.assertTest("connection", "model_missing", ["jsonrpc"])

    def test_wrong_database(self):
        message = 'connection failed: FATAL:  database "bpo" does not exist'
        self.bpo.script(
            Reply(method="authenticate", error="psycopg2.OperationalError", message=message)
        )
        self.assertTest("connection", "wrong_database", ["jsonrpc"])
        page = Reply(method="dealer_callback_capabilities", status=404, body="<h1>Not Found</h1>")
        self.bpo.script(page)
        self.assertTest("connection", "wrong_database", ["json2"])

    def test_wrong_protocol(self):
        page = Reply(method="dealer_callback_capabilities", status=404, body="<h1>Not Found</h1>")
        self.bpo.version = [18, 0, 0, "final", 0, ""]
        self.bpo.script(page)
        self.assertTest("connection", "protocol_missing", ["json2"])
        self.bpo.version = ["saas~20", 1]
        self.bpo.script(Reply(method="authenticate", status=404))
        self.assertTest("connection", "not_found", ["jsonrpc"])
        self.bpo.version = [20, 0]
        self.bpo.script(Reply(method="authenticate", status=404))
        self.assertTest("connection", "protocol_missing", ["jsonrpc"])

    def test_no_odoo(self):
        self.bpo.version = None
        self.assertTest("connection", "not_found", url=f"{self.bpo.url}/shop")

    def test_redirect(self):
        self.bpo.script(
            Reply(
                method="authenticate", status=301, headers={"Location": "https://www.example.com/"}
            )
        )
        self.assertTest("connection", "redirect", ["jsonrpc"])

    def test_unreachable(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            url = f"http://127.0.0.1:{gone.getsockname()[1]}"
        self.assertTest("transient", "refused", url=url)
        self.assertTest("transient", "dns", url="https://bpo.invalid")

    def test_tls(self):
        trusted, path = self.start_tls("127.0.0.1")
        self.assertTest("connection", "tls", url=trusted.url)
        with new_session(verify=path) as session:
            self.assertTest("accepted", "untried", url=trusted.url, session=session)
            other, _path = self.start_tls("bpo.example.com")
            self.assertTest("connection", "tls", url=other.url, session=session)
        self.assertTest("connection", "tls", url=self.bpo.url.replace("http:", "https:"))
        wrong_name, path = self.start_tls("bpo.example.com")
        with new_session(verify=path) as session:
            self.assertTest("connection", "tls", url=wrong_name.url, session=session)
        self.assertEqual(other.requests + wrong_name.requests, [])
