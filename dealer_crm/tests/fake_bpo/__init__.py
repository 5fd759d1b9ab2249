"""A fake BPO with scripted answers: a real HTTP server on 127.0.0.1.

It speaks Odoo's ``/jsonrpc`` and ``/json/2`` as far as a dealer uses them, keeps what a good receiver
would keep (``applied``: per lead, each event once and in order), and writes down each request. What it
answers to the outcomes is scripted: each call takes the next ``Reply`` of the script, and
without one it behaves.

In a test::

    with FakeBpo() as bpo:
        bpo.script(Reply(status=503, headers={"Retry-After": "7"}), Reply(error="odoo.exceptions.UserError"))
        ...  # call bpo.url
        assert bpo.requests[-1].event_ids == [...]

On its own, told over HTTP: ``python -m tests.fake_bpo --port 8100`` in the repository prints one line of JSON with its
``url``; ``POST /_fake/script`` takes a list of replies (an object of ``Reply``'s fields each, ``body`` as text),
``GET /_fake/seen`` answers ``{"requests": [...], "applied": {...}}``, ``POST /_fake/reset`` forgets both.
"""

import contextlib
import socket
import ssl
import threading
import zlib
from collections import deque
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

from .handler import RECEIVER, UNSET, Handler, Seen


@dataclass
class Reply:
    """One scripted answer; whatever is not set is as in a correct answer."""

    #: HTTP status; None for the one that Odoo would use. Another one applies nothing, as `reset` and its like do,
    status: int | None = None
    #: unless this is set: then the outcome is applied and only the answer goes wrong
    apply: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    #: the body as it is, in place of an envelope with result or error
    body: str | bytes | None = None
    #: what the method returns; unset, the outcome is applied and the protocol's dict returned
    result: Any = UNSET
    #: class of an exception of the BPO, with `message` and `debug`
    error: str = ""
    message: str = ""
    debug: str = ""
    #: seconds before the first byte
    delay: float = 0.0
    #: seconds between two bytes; also of the headers if `drip_headers` is set
    drip: float = 0.0
    drip_headers: bool = False
    #: bytes of the body after which the connection is closed
    cut: int | None = None
    #: reset the connection instead of answering
    reset: bool = False
    #: close the connection without an answer
    hang_up: bool = False
    #: close the connection after the answer, without announcing it
    close: bool = False
    #: bytes sent in place of an HTTP answer
    raw: bytes | None = None
    gzip: bool = False
    chunked: bool = False
    #: JSON-RPC members that replace those of the envelope; None leaves the member out
    envelope: dict[str, Any] = field(default_factory=dict)
    #: which method's call takes this reply: the receiver's, unless named (``authenticate``, ...)
    method: str = RECEIVER


def bomb(size: int) -> bytes:
    """Return `size` bytes of JSON blanks, packed; for ``Reply(body=bomb(n), headers={"Content-Encoding": "gzip"})``."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(b" " * 65536) for _ in range(size // 65536)) + packer.flush()


class FakeBpo(ThreadingHTTPServer):
    """See the module; `tls` is a server's ``ssl.SSLContext``."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True

    def __init__(
        self,
        port: int = 0,
        *,
        database: str = "bpo",
        login: str = "dealer",
        key: str = "key-of-the-dealer",
        uid: int = 7,
        capabilities: dict[str, bool] | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__((host, port), Handler)
        self.database, self.login, self.key, self.uid = database, login, key, uid
        #: None: a receiver without the method
        self.capabilities = capabilities
        self.version: list[Any] | None = [19, 0, 0, "final", 0, ""]
        self._tls = tls
        self._lock = threading.Lock()
        self._open: dict[socket.socket, int] = {}
        self.connections = 0
        self.tired = 0
        self.reset_memory()
        self.url = f"{'https' if tls else 'http'}://{host}:{self.server_address[1]}"

    def reset_memory(self) -> None:
        with self._lock:
            self._script: deque[Reply] = deque()
            self.requests: list[Seen] = []
            #: BPO lead id → [(sequence, outcome, event_id)] in the order of their coming
            self.applied: dict[Any, list[tuple[int, str, str]]] = {}

    def script(self, *replies: Reply, times: int = 1) -> None:
        """Add `replies`, repeated `times` times, to the queue of answers."""
        with self._lock:
            self._script.extend(list(replies) * times)

    def seen(self, method: str = RECEIVER) -> list[Seen]:
        """The requests that called `method` or its batch variant."""
        return [
            request for request in list(self.requests) if request.method.removesuffix("s") == method
        ]

    def __enter__(self) -> "FakeBpo":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.shutdown()
        self.drop_connections()
        self.server_close()

    def drop_connections(self) -> None:
        """Close the connections that clients keep alive, like a restart."""
        with self._lock:
            dropped, self._open = self._open, {}
        for sock in dropped:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        sock, address = super().get_request()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            # The connection's own thread does the handshake.
            sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self.connections += 1
            self._open[sock] = self.connections
        return sock, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do not print errors about clients that disconnect: many tests cause them."""

    def tire_connections(self) -> None:
        """Close each open connection at its next request, not before."""
        self.tired = self.connections

    def number_of(self, sock: socket.socket) -> int:
        with self._lock:
            return self._open.get(sock, 0)

    @staticmethod
    def reply_of(values: dict[str, Any]) -> Reply:
        """Return the reply with these fields, which come from JSON."""
        return Reply(**values)

    def take_reply(self, method: str) -> Reply:
        with self._lock:
            for reply in self._script:
                if reply.method in (method, method.removesuffix("s")):
                    self._script.remove(reply)
                    return reply
        return Reply()

    def receive(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Apply an outcome as the reference receiver does, and return its answer."""
        event_id, sequence = payload.get("event_id"), payload.get("sequence") or 0
        with self._lock:
            events = self.applied.setdefault(payload.get("bpo_source_lead_id"), [])
            status = "applied"
            if any(event == event_id for _sequence, _outcome, event in events):
                status = "duplicate"
            elif any(earlier >= sequence for earlier, _outcome, _event in events):
                status = "stale"
            else:
                events.append((sequence, payload.get("outcome"), event_id))
        return {"ok": True, "status": status, "event_id": event_id}
