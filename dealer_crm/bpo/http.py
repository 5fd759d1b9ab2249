"""One HTTP exchange with a peer that may be slow, broken or hostile, within fixed limits.

`http.client` limits the time of each read, but neither the time nor the size of the whole answer. A
peer that sends a byte a second, or a megabyte of zeros compressed into a kilobyte, could block a
worker for ever. Here each read of the socket checks the deadline and the bytes read so far. There
are no redirects, cookies or proxies.
"""

import functools
import http.client
import io
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import certifi

from . import address
from .answer import Answer, Verdict
from .errors import CutOff, HandshakeEnded, TooLarge, of_exception
from .payload import to_json

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 35.0
TOTAL_TIMEOUT = 45.0
MAX_BODY = 256 * 1024
# Bytes for the status line, the headers and the framing of a chunked body.
_MAX_OVERHEAD = 64 * 1024
_CHUNK = 64 * 1024
# Raised when the peer has closed a kept-alive connection.
_STALE = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_FAILURES = (OSError, http.client.HTTPException, zlib.error, ValueError, CutOff, TooLarge)


@dataclass(frozen=True)
class Endpoint:
    """Which server to call, and as which user; ``repr`` does not show the key."""

    url: str
    database: str
    login: str
    key: str = field(repr=False)
    protocol: str = "jsonrpc"
    allowed_hosts: tuple[str, ...] = ()


def check_url(url: str, allowed_hosts: Sequence[str] = ()) -> Answer | None:
    """Return why `url` may not be called (see ``address.check``), or None if it may."""
    try:
        address.check(url, allowed_hosts)
    except address.Refused as exc:
        return Answer(Verdict.CONNECTION, exc.code, exc.detail)
    return None


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Peer:
    """The server at an endpoint's address. Each thread calls it over its own connection."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None = None) -> None:
        """:param tls: which certificates to trust; by default those of `certifi`"""
        self._refusal = check_url(endpoint.url, endpoint.allowed_hosts)
        self._base = "" if self._refusal else address.check(endpoint.url, endpoint.allowed_hosts)
        self._tls = tls
        self._own = threading.local()
        self._connections: list[_Connection] = []

    def request(
        self, path: str, body: Any, headers: Mapping[str, str], deadline: float
    ) -> Reply | Answer:
        """POST `body` as JSON, or GET if it is None; return the reply, or why there is none.

        :param deadline: on the clock of ``time.monotonic()``
        """
        if self._refusal:
            return self._refusal
        if not hasattr(self._own, "connection"):
            self._own.connection = _Connection(self._base, self._tls)
            self._connections.append(self._own.connection)
        try:
            return self._own.connection.exchange(path, body, headers, deadline)
        except _FAILURES as exc:
            self._own.connection.close()
            return of_exception(exc)

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._connections:
            connection.close()


class _Connection(http.client.HTTPConnection):
    """A connection with limits for connecting, sending and the whole of reading."""

    def __init__(self, base: str, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(base)
        is_encrypted = parts.scheme == "https"
        super().__init__(parts.hostname, parts.port or (443 if is_encrypted else 80))
        self.response_class = functools.partial(_Response, connection=self)
        self._path = parts.path
        self._tls = (tls or _get_default_tls()) if is_encrypted else None
        self._deadline = 0.0
        # Bytes that may still be read.
        self.budget = 0

    def exchange(self, path: str, body: Any, headers: Mapping[str, str], deadline: float) -> Reply:
        """Send a request and return the whole reply, whatever its status.

        If the peer had closed a kept-alive connection, the request is sent once more over a new
        one. A payload may therefore arrive twice; its ``event_id`` makes that harmless.

        :raise TooLarge, CutOff, OSError, http.client.HTTPException, zlib.error: see
            ``errors.of_exception`` for what they mean; close the connection then
        """
        self._deadline = deadline
        headers = {"User-Agent": "dealer_crm", "Accept": "application/json", **headers}
        was_open = self.sock is not None
        try:
            response = self._ask(path, body, headers)
        except _STALE:
            if not was_open:
                raise
            self.close()
            response = self._ask(path, body, headers)
        try:
            content = _read(response)
        except Exception:
            self.close()
            # For a redirect or an error page the status is enough.
            if 200 <= response.status < 300:
                raise
            content = b""
        return Reply(response.status, response.headers, content)

    def _ask(self, path: str, body: Any, headers: dict[str, str]) -> http.client.HTTPResponse:
        self.budget = MAX_BODY + _MAX_OVERHEAD
        self.time_left(TOTAL_TIMEOUT)
        if body is None:
            self.request("GET", self._path + path, headers=headers)
        else:
            headers["Content-Type"] = "application/json"
            self.request("POST", self._path + path, to_json(body), headers)
        return self.getresponse()

    def connect(self) -> None:
        self.sock = self._open_socket()
        if self._tls:
            try:
                self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as exc:
                raise HandshakeEnded("the peer ended the TLS handshake") from exc

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.time_left(READ_TIMEOUT))
        return super().send(data)

    def _open_socket(self) -> socket.socket:
        error = OSError("the host name has no address")
        for family, kind, protocol, _name, target in socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(self.time_left(CONNECT_TIMEOUT))
                sock.connect(target)
                return sock
            except OSError as exc:
                sock.close()
                error = exc
        raise error

    def time_left(self, most: float) -> float:
        """Return the seconds left for the exchange, at most `most`; TimeoutError if none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no complete answer in time")
        return min(left, most)


@functools.cache
def _get_default_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


class _Response(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, *args: Any, connection: _Connection, **kwargs: Any
    ) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_LimitedReader(self.fp.detach(), sock, connection))


class _LimitedReader(io.RawIOBase):
    """The reading end of a socket, with the limits of its connection."""

    def __init__(self, raw: Any, sock: socket.socket, connection: _Connection) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._connection.time_left(READ_TIMEOUT))
        count = self._raw.readinto(buffer)
        self._connection.budget -= count or 0
        if self._connection.budget < 0:
            raise TooLarge("the answer is too large")
        return count

    def close(self) -> None:
        self._raw.close()
        return super().close()


def _read(response: http.client.HTTPResponse) -> bytes:
    """Return the decoded body.

    :raise TooLarge: if it is larger than ``MAX_BODY``, before or after decompression
    :raise CutOff: if its end is missing
    """
    packed = bytearray()
    while chunk := response.read(_CHUNK):
        packed += chunk
        if len(packed) > MAX_BODY:
            raise TooLarge("the answer is too large")
    if response.length:
        raise CutOff(f"{response.length} bytes of the answer are missing")
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return bytes(packed)
    # We ask for no compression, but some proxies compress anyway.
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    body = unpacker.decompress(packed, MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise TooLarge("the decompressed answer is too large")
    if not unpacker.eof:
        raise CutOff("the end of the compressed answer is missing")
    return body
