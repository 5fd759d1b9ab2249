"""One HTTP exchange with a peer that may be slow, broken or hostile, within fixed limits.

`requests` limits the time of each read, but neither the time nor the size of the whole answer. A
peer that sends a byte a second, or a megabyte of zeros compressed into a kilobyte, could block a
worker for ever. Here the limits are below `requests`, in the connection: each read of the socket
checks the deadline and the bytes read so far. Several threads may share a session made here:
cookies are refused, so the session's only state is the connection pool, which is thread-safe.
"""

import http.client
import io
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple

import requests
import urllib3
import urllib3.exceptions
from requests.adapters import HTTPAdapter

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
_STALE = (requests.exceptions.ConnectionError, ConnectionError)
_FAILURES = (
    OSError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    zlib.error,
    ValueError,
    CutOff,
    TooLarge,
)


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


class _Running(threading.local):
    """The current thread's exchange; its connection reads the limits from here."""

    deadline = float("inf")
    #: bytes that may still be read
    budget = MAX_BODY + _MAX_OVERHEAD
    #: a new connection was opened; True unless our own adapter knows that it reused one
    fresh = True
    answered = False


_running = _Running()


def new_session(pool_size: int = 10, verify: bool | str = True) -> requests.Session:
    """Return a session with the limits that keeps up to `pool_size` connections per host alive.

    It ignores the environment (proxy, netrc, CA bundle), refuses cookies and follows no redirects.

    :param verify: True, or the path of CA certificates to trust instead of the default ones
    """
    session = _Session()
    session.trust_env = False
    session.verify = verify
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for prefix in ("https://", "http://"):
        session.mount(prefix, _Adapter(pool_connections=4, pool_maxsize=pool_size))
    return session


class Peer:
    """The server at an endpoint's address."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None = None) -> None:
        """:param session: made by ``new_session`` and closed by its maker; a new one by default"""
        self._owns_session = session is None
        self._session = new_session() if session is None else session
        self._refusal = check_url(endpoint.url, endpoint.allowed_hosts)
        self._base = "" if self._refusal else address.check(endpoint.url, endpoint.allowed_hosts)

    def request(
        self, path: str, body: Any, headers: Mapping[str, str], deadline: float
    ) -> Reply | Answer:
        """POST `body` as JSON, or GET if it is None; return the reply, or why there is none."""
        if self._refusal:
            return self._refusal
        headers = {
            "User-Agent": "dealer_crm",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            **headers,
        }
        data = None if body is None else to_json(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = requests.PreparedRequest()
        try:
            request.prepare(
                "GET" if data is None else "POST", self._base + path, headers, data=data
            )
            return exchange(self._session, request, deadline)
        except _FAILURES as exc:
            return of_exception(exc)

    def close(self) -> None:
        """Close the connections, unless the session was given by the caller."""
        if self._owns_session:
            self._session.close()


def exchange(
    session: requests.Session, request: requests.PreparedRequest, deadline: float
) -> Reply:
    """Send `request` and return the whole reply, whatever its status.

    If the peer had closed a kept-alive connection, the request is sent once more over a new one. A
    payload may therefore arrive twice; its ``event_id`` makes that harmless.

    :param deadline: on the clock of ``time.monotonic()``
    :raise TooLarge, CutOff, OSError, http.client.HTTPException, urllib3.exceptions.HTTPError,
        zlib.error: see ``errors.of_exception`` for what they mean
    """
    _running.deadline = deadline
    try:
        return _exchange(session, request)
    except _STALE as exc:
        if _running.fresh or _running.answered or isinstance(exc, requests.exceptions.Timeout):
            raise
    # The pool dropped the closed connection and opens a new one in its place.
    return _exchange(session, request)


def _exchange(session: requests.Session, request: requests.PreparedRequest) -> Reply:
    _running.fresh, _running.answered = True, False
    _running.budget = MAX_BODY + _MAX_OVERHEAD
    time_left(TOTAL_TIMEOUT)
    # A number, not a tuple: Odoo's test suite compares it. Our adapter sets its own timeouts.
    response = session.send(request, stream=True, timeout=READ_TIMEOUT, allow_redirects=False)
    _running.answered = True
    try:
        body = _body(response)
    except Exception:
        # For a redirect or an error page the status is enough.
        if 200 <= response.status_code < 300:
            raise
        body = b""
    finally:
        # A connection that was read to the end is back in the pool already and stays open.
        response.close()
    return Reply(response.status_code, response.headers, body)


def time_left(most: float) -> float:
    """Return the seconds left for the running exchange, at most `most`; TimeoutError if none."""
    left = _running.deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no complete answer in time")
    return min(left, most)


def _body(response: requests.Response) -> bytes:
    """Return the decoded body.

    :raise TooLarge: if it is larger than ``MAX_BODY``, before or after decompression
    :raise CutOff: if its end is missing
    """
    raw = response.raw
    packed = bytearray()
    while chunk := raw.read(_CHUNK, decode_content=False):
        packed += chunk
        if len(packed) > MAX_BODY:
            raise TooLarge("the answer is too large")
    if raw.length_remaining:
        raise CutOff(f"{raw.length_remaining} bytes of the answer are missing")
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return bytes(packed)
    # We ask for no compression, but some proxies compress anyway. urllib3 would decompress without
    # a limit.
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    body = unpacker.decompress(packed, MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise TooLarge("the decompressed answer is too large")
    if not unpacker.eof:
        raise CutOff("the end of the compressed answer is missing")
    return body


class _LimitedReader(io.RawIOBase):
    """The reading end of a socket, with the limits of the thread's exchange."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(time_left(READ_TIMEOUT))
        count = self._raw.readinto(buffer)
        _running.budget -= count or 0
        if _running.budget < 0:
            raise TooLarge("the answer is too large")
        return count

    def close(self) -> None:
        self._raw.close()
        return super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_LimitedReader(self.fp.detach(), sock))


class _Limits:
    """Mixin for connections of urllib3: limits for connecting, sending and the whole of reading."""

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        _running.fresh = True
        error: OSError = OSError("the host name has no address")
        for family, kind, protocol, _name, target in socket.getaddrinfo(
            self._dns_host, self.port, type=socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(time_left(CONNECT_TIMEOUT))
                sock.connect(target)
                return sock
            except OSError as exc:
                sock.close()
                error = exc
        raise error

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(time_left(READ_TIMEOUT))
        return super().send(data)


class _HTTPConnection(_Limits, urllib3.connection.HTTPConnection):
    pass


class _HTTPSConnection(_Limits, urllib3.connection.HTTPSConnection):
    def connect(self) -> None:
        try:
            return super().connect()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as exc:
            raise HandshakeEnded("the peer ended the TLS handshake") from exc


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        result = super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return result

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        _running.fresh = False
        kwargs["timeout"] = (CONNECT_TIMEOUT, READ_TIMEOUT)
        return super().send(request, *args, **kwargs)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None, so that `requests` never prepares the next request of a redirect.

        Even with ``allow_redirects=False`` it would, and read the whole body for that.
        """
