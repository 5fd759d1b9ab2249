"""Broken or hostile peers: each call ends with the right answer."""

import socket
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

from ..bpo import http
from .bpo_peer import PROTOCOLS, BpoCase, outcome
from .fake_bpo import Reply, bomb

OK = {"ok": True, "status": "applied"}


class TestBpoFaults(BpoCase):
    def assertFault(self, verdict, code, *replies, protocols=PROTOCOLS):
        """Each of `replies`, as the first answer to a new client, gives this verdict and code."""
        for protocol in protocols:
            for reply in replies:
                with self.subTest(protocol=protocol, reply=reply):
                    self.bpo.reset_memory()
                    client = self.open(protocol)
                    if protocol == "jsonrpc":
                        client.test()
                    self.bpo.script(reply, reply)
                    answer = client.send(outcome())
                    self.assertAnswer(answer, verdict, code, (protocol, reply, answer))

    def test_connection_lost(self):
        self.assertFault(
            "transient",
            "reset",
            Reply(reset=True),
            Reply(hang_up=True),
            Reply(reset=True, apply=True),
        )

    def test_body_cut_off(self):
        body = '{"jsonrpc": "2.0", "id": 1}'
        self.assertFault(
            "transient",
            "cut_off",
            Reply(cut=9),
            Reply(cut=0),
            Reply(chunked=True, cut=9),
            Reply(gzip=True, cut=30),
        )
        packed_short = Reply(body=bomb(65536)[:40], headers={"Content-Encoding": "gzip"})
        self.assertFault("transient", "cut_off", packed_short)
        self.assertFault("unreadable", "wrong_envelope", Reply(body=body), protocols=["jsonrpc"])

    def test_applied_but_the_answer_was_lost(self):
        for fault in (Reply(reset=True, apply=True), Reply(cut=5), Reply(status=502, apply=True)):
            self.bpo.reset_memory()
            self.bpo.script(fault)
            client, payload = self.open("json2"), outcome()
            self.assertEqual(client.send(payload).verdict.value, "transient")
            self.assertAnswer(client.send(payload), "accepted", "duplicate")
            self.assertEqual(len(self.bpo.applied[42]), 1)

    def test_a_peer_that_hangs_up_on_the_handshake(self):
        with socket.create_server(("127.0.0.1", 0)) as plain:

            def serve():
                sock, _address = plain.accept()
                with sock:
                    sock.recv(65536)
                    sock.shutdown(socket.SHUT_WR)
                    sock.recv(65536)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            answer = self.open(url=f"https://127.0.0.1:{plain.getsockname()[1]}").send(outcome())
            thread.join(5)
        self.assertAnswer(answer, "connection", "tls")

    def test_not_json(self):
        self.assertFault(
            "unreadable",
            "not_json",
            Reply(body="<html>Log in</html>", headers={"Content-Type": "text/html"}),
            Reply(body=""),
            Reply(body=b"\xff\xfe\x00"),
            Reply(body="[" * 100_000),
            Reply(body=b'{"a":' * 40_000),
            Reply(body="no gzip", headers={"Content-Encoding": "gzip"}),
            Reply(body="what is this", headers={"Content-Encoding": "br"}),
        )

    def test_wrong_envelope(self):
        self.assertFault(
            "unreadable",
            "wrong_envelope",
            Reply(result=""),
            Reply(result={"ok": True, "event_id": "x"}),
        )
        self.assertFault(
            "unreadable",
            "wrong_envelope",
            Reply(envelope={"id": "other"}),
            Reply(envelope={"id": None}),
            Reply(envelope={"jsonrpc": "1.0"}),
            Reply(body="[]"),
            Reply(body="true"),
            protocols=["jsonrpc"],
        )
        for error in (
            "boom",
            {"code": -32000, "message": "boom"},
            {"data": "x"},
            {"data": {"name": 3}},
        ):
            self.assertFault(
                "transient",
                "server_error",
                Reply(envelope={"error": error, "result": None}),
                protocols=["jsonrpc"],
            )

    def test_not_http(self):
        self.assertFault(
            "unreadable",
            "not_http",
            Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
            Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000),
            Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        )

    def test_too_large(self):
        endless = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 400_000
        self.assertFault(
            "unreadable",
            "too_large",
            Reply(body=" " * (http.MAX_BODY + 1)),
            Reply(body=" " * (http.MAX_BODY + 1), chunked=True),
            Reply(body=" " * (http.MAX_BODY + 1), gzip=True),
            Reply(raw=endless),
        )

    def test_as_large_as_allowed(self):
        reply = Reply(result={**OK, "message": "m" * (http.MAX_BODY - 100)})
        for encoded in (False, True):
            reply.gzip = reply.chunked = encoded
            self.bpo.script(reply)
            answer = self.open("json2").send(outcome())
            self.assertAnswer(answer, "accepted", "applied")
            self.assertEqual(len(answer.detail), 500)

    def test_a_bomb_takes_no_memory(self):
        packed = bomb(200 * 2**20)
        self.assertLess(len(packed), http.MAX_BODY)
        for encoding in ("gzip", "gzip, gzip"):
            self.bpo.script(Reply(body=packed, headers={"Content-Encoding": encoding}))
            client = self.open("json2")
            tracemalloc.start()
            answer = client.send(outcome())
            _now, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self.assertEqual(answer.verdict.value, "unreadable")
            self.assertLess(peak, 8 * 2**20)

    def test_the_body_of_an_error_does_not_matter(self):
        huge, location = " " * (http.MAX_BODY * 2), {"Location": "https://bpo.example.com/"}
        self.assertFault(
            "connection",
            "redirect",
            Reply(status=302, headers=location, body=huge),
            Reply(status=307, headers=location, cut=1),
        )
        self.assertFault(
            "transient", "http_503", Reply(status=503, body=huge), Reply(status=503, cut=1)
        )
        self.assertFault("connection", "not_found", Reply(status=404, body=huge))

    def test_compressed_although_not_asked(self):
        for protocol in PROTOCOLS:
            self.bpo.reset_memory()
            self.bpo.script(Reply(gzip=True), Reply(gzip=True, chunked=True))
            client = self.open(protocol)
            codes = [client.send(outcome(sequence=sequence)).code for sequence in (1, 2)]
            self.assertEqual(codes, ["applied", "applied"])
            self.assertEqual(self.bpo.seen()[0].headers["Accept-Encoding"], "identity")

    def test_a_restart_of_the_peer_is_no_fault(self):
        client = self.open("json2")
        for sequence in range(1, 6):
            self.assertAnswer(client.send(outcome(sequence=sequence)), "accepted", "applied")
            self.bpo.drop_connections()
        self.assertEqual(len(self.bpo.applied[42]), 5)

    def test_a_stale_connection_is_replaced_once(self):
        for fault in (Reply(hang_up=True), Reply(reset=True), Reply(reset=True, apply=True)):
            self.bpo.reset_memory()
            client = self.open("json2")
            client.send(outcome(sequence=1))
            self.bpo.script(fault)
            payload = outcome(sequence=2)
            self.assertEqual(client.send(payload).verdict.value, "accepted")
            self.assertEqual(len(self.bpo.applied[42]), 2)
            self.bpo.script(fault, fault)
            self.assertAnswer(client.send(outcome(sequence=3)), "transient", "reset")

    def test_all_stale_connections_are_replaced(self):
        client = self.open("json2")
        self.bpo.script(*[Reply(delay=0.2)] * 4)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(client.send, [outcome(lead) for lead in range(4)]))
        self.assertEqual(self.bpo.connections, 4)
        self.bpo.tire_connections()
        self.assertAnswer(client.send(outcome(9)), "accepted", "applied")

    def test_a_fresh_connection_that_is_lost_counts(self):
        self.bpo.script(Reply(hang_up=True))
        self.assertAnswer(self.open("json2").send(outcome()), "transient", "reset")
        self.assertEqual(len(self.bpo.seen()), 1)

    def test_a_broken_answer_does_not_spoil_the_next(self):
        client = self.open("json2")
        for fault in (
            Reply(cut=5),
            Reply(status=503, body="x" * 600_000),
            Reply(body=" " * 600_000),
            Reply(close=True),
        ):
            self.bpo.script(fault)
            client.send(outcome(sequence=1))
            self.assertEqual(client.send(outcome(lead=43)).verdict.value, "accepted", fault)
