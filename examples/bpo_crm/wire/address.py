"""Which addresses may be called: the same rules as in `dealer_crm`, which may be absent here.

One table of test cases covers both.
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
_PATH = re.compile(r"(/[A-Za-z0-9._~%+@:-]+)*")


class Refused(ValueError):
    """`code` is ``bad_url``, ``forbidden_address`` or ``not_encrypted``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int | None


def check(url: str, allowed_hosts: Sequence[str] = ()) -> str:
    """Return `url` as ``https://host[:port][/path]`` without a trailing slash, if it may be called.

    :param allowed_hosts: the operator's list; if it is not empty, nothing else may be called. An
        entry is a host (any port), ``host:port``, or an address with its scheme. ``http://`` is
        allowed for loopback and for entries that name it.
    :raise Refused: if it may not be called
    """
    try:
        origin, path = _parse(url)
    except ValueError:
        raise Refused("bad_url") from None
    listed = [
        entry
        for entry in filter(None, map(_parse_entry, allowed_hosts))
        if entry.host == origin.host
        and entry.scheme in ("", origin.scheme)
        and entry.port in (None, origin.port)
    ]
    if allowed_hosts and not listed:
        raise Refused("forbidden_address")
    if (
        origin.scheme == "http"
        and not _is_loopback(origin.host)
        and not any(entry.scheme for entry in listed)
    ):
        raise Refused("not_encrypted")
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    port = "" if origin.port == _PORTS[origin.scheme] else f":{origin.port}"
    return f"{origin.scheme}://{host}{port}{path}"


def _parse(url: str) -> tuple[_Origin, str]:
    # Another parser might read an unusual address differently: refuse it, and call only an address
    # that is rebuilt from the parsed parts.
    if not isinstance(url, str) or re.search(r"[\x00-\x20\x7f\\?#]", url):
        raise ValueError("characters that do not belong in an address")
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if parts.scheme not in _PORTS or not _PATH.fullmatch(path) or "/.." in path:
        raise ValueError("not an address with http or https")
    return _get_origin(parts), path


def _parse_entry(text: str) -> _Origin | None:
    """Return an entry of the operator's list (scheme "" if it has none), or None if invalid."""
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        return _get_origin(parts) if parts.scheme in ("", *_PORTS) else None
    except ValueError:
        return None


def _get_origin(parts: SplitResult) -> _Origin:
    """Return the host in lower-case ASCII (IPv6 without brackets), with scheme and port.

    :raise ValueError: if the host or the port is invalid, or a user is given
    """
    host = (parts.hostname or "").lower()
    if "@" in parts.netloc or parts.port == 0 or "%" in host:
        raise ValueError("a user, port 0, or an IPv6 zone, which is only valid on one machine")
    if ":" in host:
        host = str(ipaddress.IPv6Address(host))
    else:
        host = host if host.isascii() else host.encode("idna").decode()
        if not _HOST.fullmatch(host):
            raise ValueError("not a host name")
    return _Origin(parts.scheme, host.rstrip("."), parts.port or _PORTS.get(parts.scheme))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
