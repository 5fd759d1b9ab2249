import socket
import threading
import time
from unittest.mock import patch

from ..bpo import client as client_module
from ..bpo import http
from .bpo_peer import BpoCase, outcome
from .fake_bpo import Reply

LIMIT = 0.6


class TestBpoSlow(BpoCase):
    """Slow peers: each call ends when its time is up."""

    def timed(self, reply, limit=LIMIT):
        """Return the answer to `reply` with a limit of `limit` seconds a call, and its duration."""
        self.bpo.script(reply)
        client = self.open("json2")
        with patch.object(client_module, "TOTAL_TIMEOUT", limit):
            start = time.monotonic()
            answer = client.send(outcome())
        return answer, time.monotonic() - start

    def test_no_answer_in_time(self):
        answer, seconds = self.timed(Reply(delay=3))
        self.assertAnswer(answer, "transient", "timeout")
        self.assertLess(seconds, 2 * LIMIT)

    def test_a_byte_now_and_then(self):
        for reply in (
            Reply(drip=0.05),
            Reply(drip=0.05, drip_headers=True),
            Reply(drip=0.05, chunked=True),
        ):
            answer, seconds = self.timed(reply)
            self.assertAnswer(answer, "transient", "timeout", reply)
            self.assertLess(seconds, 2 * LIMIT, reply)

    def test_no_end_of_provisional_answers(self):
        answer, seconds = self.timed(Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000))
        self.assertAnswer(answer, "unreadable", "too_large")
        self.assertLess(seconds, 2)

    def test_slow_is_not_too_slow(self):
        answer, _seconds = self.timed(Reply(drip=0.001, drip_headers=True), limit=10)
        self.assertAnswer(answer, "accepted", "applied")

    def test_silence_between_bytes(self):
        with patch.object(http, "READ_TIMEOUT", 0.3):
            answer, seconds = self.timed(Reply(delay=2), limit=10)
        self.assertAnswer(answer, "transient", "timeout")
        self.assertLess(seconds, 1.5)

    def test_all_steps_share_one_time(self):
        self.bpo.script(Reply(method="authenticate", delay=0.4), Reply(delay=0.4))
        with patch.object(client_module, "TOTAL_TIMEOUT", LIMIT):
            self.assertAnswer(self.open().send(outcome()), "transient", "timeout")

    def test_a_batch_sent_singly_ends_in_time(self):
        refusal = Reply(error="odoo.exceptions.ValidationError")
        self.bpo.script(refusal, *[Reply(delay=0.25)] * 5)
        client = self.open("json2")
        with patch.object(client_module, "TOTAL_TIMEOUT", LIMIT):
            codes = [
                answer.code for answer in client.send_batch([outcome(lead) for lead in range(5)])
            ]
        self.assertEqual(codes[:2] + codes[3:], ["applied", "applied", "timeout", "timeout"])

    def test_a_peer_that_does_not_read(self):
        with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client = self.open("json2", url=f"http://127.0.0.1:{deaf.getsockname()[1]}")
            with patch.object(client_module, "TOTAL_TIMEOUT", LIMIT):
                start = time.monotonic()
                answer = client.send(outcome(lost_notes="x" * 8_000_000))
        self.assertAnswer(answer, "transient", "timeout")
        self.assertLess(time.monotonic() - start, 2 * LIMIT)

    def test_a_peer_that_reads_late(self):
        with socket.create_server(("127.0.0.1", 0), backlog=1) as late:
            late.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

            def serve():
                sock, _address = late.accept()
                with sock:
                    time.sleep(0.6)
                    request = b""
                    while not request.endswith(b"x" * 9 + b'"}}'):
                        request = request[-50:] + sock.recv(65536)
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue")

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            client = self.open("json2", url=f"http://127.0.0.1:{late.getsockname()[1]}")
            with patch.object(http, "CONNECT_TIMEOUT", 0.3):
                answer = client.send(outcome(lost_notes="x" * 8_000_000))
            thread.join(5)
        self.assertAnswer(answer, "accepted", "accepted")

    def test_a_handshake_that_never_comes(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as mute,
            patch.object(http, "CONNECT_TIMEOUT", 0.3),
        ):
            start = time.monotonic()
            answer = self.open(url=f"https://127.0.0.1:{mute.getsockname()[1]}").send(outcome())
        self.assertAnswer(answer, "transient", "timeout")
        self.assertLess(time.monotonic() - start, 1.5)

    def test_one_hostile_peer_does_not_slow_another(self):
        slow = self.start()
        slow.script(Reply(drip=0.2))
        dripping = self.open("json2", url=slow.url)
        thread = threading.Thread(target=dripping.send, args=(outcome(),))
        with patch.object(client_module, "TOTAL_TIMEOUT", 2):
            thread.start()
            start = time.monotonic()
            self.assertAnswer(self.open("json2").send(outcome()), "accepted", "applied")
            self.assertLess(time.monotonic() - start, 1)
            thread.join()
