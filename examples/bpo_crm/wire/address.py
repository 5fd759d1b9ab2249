"""Where a dealer may be called. The same grammar as `dealer_crm`'s, which need not be here: one table tests both."""

import ipaddress
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
_PATH = re.compile(r"(/[A-Za-z0-9._~%+@:-]+)*")


class Refused(ValueError):
    """The address may not be called; `code` is ``bad_url``, ``forbidden_address`` or ``not_encrypted``."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int | None


def check(url: str, allowed_hosts: Sequence[str] = ()) -> str:
    """Return `url` in its plain form (``https://host[:port][/path]``, no trailing slash) if it may be called.

    :param allowed_hosts: the operator's list; if it is not empty nothing else is called. An entry is a
        host (any port), ``host:port``, or an address with its scheme. ``http://`` is for loopback and
        for entries that are written with it.
    :raise Refused: if it may not be called
    """
    place, path = _parse(url)
    listed = [entry for entry in map(_entry, allowed_hosts) if entry and _covers(entry, place)]
    if allowed_hosts and not listed:
        raise Refused("forbidden_address", _text(place))
    if (
        place.scheme == "http"
        and not _is_loopback(place.host)
        and not any(entry.scheme for entry in listed)
    ):
        raise Refused("not_encrypted", _text(place))
    return _text(place) + path


def _parse(url: str) -> tuple[_Place, str]:
    # urlsplit drops tabs and line ends and keeps the rest: what another parser might read
    # differently is refused here, and what is called is put together anew from the parts.
    if not isinstance(url, str) or not url or re.search(r"[\x00-\x20\x7f\\]", url):
        raise Refused(
            "bad_url",
            "The address is empty or has a blank, a backslash or a control character in it.",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts)
        if port == 0:
            raise ValueError("no port")
    except ValueError as exc:
        raise Refused("bad_url", "The host or port of the address cannot be read.") from exc
    if parts.scheme not in _PORTS:
        raise Refused("bad_url", "The address must begin with https://.")
    if "@" in parts.netloc:
        raise Refused("bad_url", "The address must not carry a user or password.")
    if "?" in url or "#" in url:
        raise Refused("bad_url", "The address must not have a ? or # in it.")
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path) or "/.." in path:
        raise Refused("bad_url", "The path of the address cannot be used.")
    return _Place(parts.scheme, host, _PORTS[parts.scheme] if port is None else port), path


def _host(parts: SplitResult) -> str:
    """Return the host in small ASCII letters (IPv6 without brackets); ValueError if it is none."""
    host = (parts.hostname or "").lower()
    if "%" in host:
        raise ValueError("an IPv6 zone is this machine's own")
    if ":" in host:
        return str(ipaddress.IPv6Address(host))
    if not host.isascii():
        host = host.encode("idna").decode()
    if not _HOST.fullmatch(host):
        raise ValueError("not a host name")
    return host.rstrip(".")


def _entry(text: str) -> _Place | None:
    """Return the operator's entry, with an empty scheme where it names none; None if it is unusable."""
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        if parts.scheme not in ("", *_PORTS) or "@" in parts.netloc or parts.port == 0:
            return None
        return _Place(parts.scheme, _host(parts), parts.port or _PORTS.get(parts.scheme))
    except ValueError:
        return None


def _covers(entry: _Place, place: _Place) -> bool:
    return (
        entry.host == place.host
        and entry.scheme in ("", place.scheme)
        and entry.port in (None, place.port)
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _text(place: _Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    port = "" if place.port == _PORTS[place.scheme] else f":{place.port}"
    return f"{place.scheme}://{host}{port}"
