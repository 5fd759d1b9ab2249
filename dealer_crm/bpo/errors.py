"""What a failed call means: HTTP statuses, exceptions of the peer's Odoo, network exceptions."""

import http.client
import re
import socket
import ssl
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from .answer import Answer, Verdict, parse_retry_after


class Call(NamedTuple):
    """What was called. Errors of the peer are recognised by these names in their text."""

    database: str
    model: str
    method: str


class TooLarge(Exception):
    """The answer is larger than the limit."""


class HandshakeEnded(ssl.SSLError):
    """The peer closed the connection during the TLS handshake: most likely it has no TLS."""


class CutOff(Exception):
    """The connection closed before the answer was complete."""


# Exceptions that Odoo's framework raises.
_NAMES = {
    "odoo.exceptions.AccessDenied": (Verdict.CONNECTION, "access_denied"),
    "odoo.exceptions.ValidationError": (Verdict.MESSAGE, "validation"),
    "odoo.exceptions.UserError": (Verdict.MESSAGE, "user_error"),
    "odoo.exceptions.RedirectWarning": (Verdict.MESSAGE, "user_error"),
    "odoo.exceptions.MissingError": (Verdict.MESSAGE, "missing"),
    "odoo.exceptions.LockError": (Verdict.TRANSIENT, "locked"),
    "odoo.exceptions.ConcurrencyError": (Verdict.TRANSIENT, "locked"),
    "werkzeug.exceptions.Unauthorized": (Verdict.CONNECTION, "access_denied"),
    "werkzeug.exceptions.Forbidden": (Verdict.CONNECTION, "access_denied"),
    "werkzeug.exceptions.NotFound": (Verdict.CONNECTION, "not_found"),
    # JSON-2 checks the arguments before the call: the method exists, with other parameters.
    "werkzeug.exceptions.UnprocessableEntity": (Verdict.CONNECTION, "wrong_signature"),
}
# Statuses that mean a connection error.
_STATUS = {401: "access_denied", 403: "access_denied", 404: "not_found"}
# The same without an Odoo error in the body: a proxy or firewall answered, not Odoo.
_STATUS_OF_A_PROXY = {401: "barred", 403: "barred", 404: "not_found"}
# PostgreSQL reports errors in its server's language.
_NO_DATABASE = re.compile(
    r"does not exist|existiert nicht|n'existe pas|no existe|não existe|non esiste|не существует|不存在|存在しません"
)
# Odoo lists the records that a record rule denies, in any language, as "- Lead (crm.lead)" or
# "- Lead, name (crm.lead: 7)".
_RECORD_RULE = re.compile(r"^- .*\([\w.]+(: \d+.*)?\)\s*$", re.MULTILINE)
# Search only the beginning of a message: a peer must not decide how long a pattern runs.
_PATTERN_LENGTH = 4_000


def of_error(
    name: str, message: object, call: Call, status: int = 200, debug: object = None
) -> Answer:
    """Return what an exception of the peer's Odoo means.

    :param name: its module and class: ``error.data.name`` of JSON-RPC or ``name`` of JSON-2
    :param message: its text; ignored unless it is a string
    :param status: HTTP status of the response; always 200 for JSON-RPC
    :param debug: its traceback, used only to see where it was raised
    """
    message = message if isinstance(message, str) else ""
    debug = debug if isinstance(debug, str) else ""
    verdict, code = _of_name(name, message[:_PATTERN_LENGTH], call, status, debug)
    detail = message if name.startswith(("odoo.exceptions.", "werkzeug.")) else f"{name}: {message}"
    return Answer(verdict, code, detail, error=name)


def no_api_model(method: str) -> Answer:
    """Return that the peer's method exists but expects record ids."""
    return Answer(Verdict.CONNECTION, "wrong_signature", f"{method} exists without @api.model.")


def _of_name(name: str, message: str, call: Call, status: int, debug: str) -> tuple[Verdict, str]:
    module, _dot, short = name.rpartition(".")
    missing = _what_is_missing(module, short, message, call, debug)
    if missing:
        return Verdict.CONNECTION, missing
    if name == "odoo.exceptions.AccessError":
        # A missing right on the model affects every outcome, a record rule only this lead.
        if _RECORD_RULE.search(message):
            return Verdict.MESSAGE, "no_right_on_record"
        return Verdict.CONNECTION, "no_right"
    if name in _NAMES:
        return _NAMES[name]
    if module.partition(".")[0] in ("psycopg2", "psycopg"):
        return Verdict.TRANSIENT, "db_error"
    if status == 422:
        # JSON-2 gives this status to every UserError, also to subclasses of the BPO's own.
        return Verdict.MESSAGE, "user_error"
    if status in _STATUS:
        return Verdict.CONNECTION, _STATUS[status]
    return Verdict.TRANSIENT, "server_error"


def _what_is_missing(module: str, short: str, message: str, call: Call, debug: str) -> str:
    """Return the code for a missing database, model or method; "" if the error is about neither."""
    if short == "OperationalError" and module == "psycopg2" and call.database in message:
        return "wrong_database" if _NO_DATABASE.search(message) else ""
    if short == "KeyError":
        # Raised by Odoo's registry: the database is not an Odoo database, or lacks the model.
        absent = message.strip("'\"")
        return {"res.users": "wrong_database", call.model: "model_missing"}.get(absent, "")
    if short == "UserError":
        # Up to Odoo 17 the sentence is translated, so look at where it was raised, too.
        raised_in = debug.rpartition('  File "')[2]
        if message == f"Object {call.model} doesn't exist" or ", in execute_cr\n" in raised_in:
            return "model_missing"
    if short == "NotFound" and message == f"the model '{call.model}' does not exist":
        return "model_missing"
    if short in ("AttributeError", "NotFound") and (
        f"'{call.model}.{call.method}'" in message or f"no attribute '{call.method}'" in message
    ):
        return "method_missing"
    if short == "TypeError" and re.search(
        rf"\b{re.escape(call.method)}\(\) (missing|takes|got) ", message
    ):
        return "wrong_signature"
    return ""


def of_status(status: int, headers: Mapping[str, str]) -> Answer:
    """Return what a response means by its status alone; for statuses other than 2xx."""
    if 300 <= status < 400:
        # Tell the target without path and query: these may contain a token.
        try:
            target = urlsplit(headers.get("Location", ""))
            place = f"{target.scheme}://{target.hostname}" if target.hostname else "another page"
        except ValueError:
            place = "another page"
        return Answer(Verdict.CONNECTION, "redirect", f"HTTP {status}, to {place}")
    code = _STATUS_OF_A_PROXY.get(status, f"http_{status}")
    verdict = Verdict.CONNECTION if status in _STATUS_OF_A_PROXY else Verdict.TRANSIENT
    reason = http.client.responses.get(status, "")
    return Answer(
        verdict, code, f"HTTP {status} {reason}", parse_retry_after(headers.get("Retry-After"))
    )


# First match wins: specific exceptions before general ones.
_NETWORK: tuple[tuple[Any, Verdict, str], ...] = (
    (TooLarge, Verdict.UNREADABLE, "too_large"),
    (zlib.error, Verdict.UNREADABLE, "not_json"),
    (HandshakeEnded, Verdict.CONNECTION, "tls"),
    # The peer closed an established connection: its TLS is not at fault.
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), Verdict.TRANSIENT, "reset"),
    ((ssl.SSLError, ssl.CertificateError, requests.exceptions.SSLError), Verdict.CONNECTION, "tls"),
    (socket.gaierror, Verdict.TRANSIENT, "dns"),
    ((TimeoutError, requests.exceptions.Timeout), Verdict.TRANSIENT, "timeout"),
    (ConnectionRefusedError, Verdict.TRANSIENT, "refused"),
    ((CutOff, http.client.IncompleteRead), Verdict.TRANSIENT, "cut_off"),
    (ConnectionError, Verdict.TRANSIENT, "reset"),
    (http.client.HTTPException, Verdict.UNREADABLE, "not_http"),
    ((requests.exceptions.InvalidURL, UnicodeError), Verdict.CONNECTION, "bad_url"),
    (urllib3.exceptions.LocationParseError, Verdict.CONNECTION, "bad_url"),
    (OSError, Verdict.TRANSIENT, "unreachable"),
)


def of_exception(exc: BaseException) -> Answer:
    """Return what an exception during a call means (raised by requests, urllib3 or the system)."""
    causes = list(_causes(exc))
    # Wrappers of requests are OSErrors too: look at what they wrap first.
    inner = [
        cause
        for cause in causes
        if type(cause).__module__.partition(".")[0] not in ("requests", "urllib3")
    ]
    for kinds, verdict, code in _NETWORK:
        for cause in (*inner, *causes):
            if isinstance(cause, kinds):
                return Answer(verdict, code, _detail(cause))
    return Answer(Verdict.TRANSIENT, "network", _detail(exc))


def _detail(exc: BaseException) -> str:
    """Return the exception's class and text; the class alone if the text may quote the peer."""
    name = type(exc).__name__
    if isinstance(exc, OSError):
        return f"{name}: {exc}"
    quotes = isinstance(exc, (http.client.HTTPException, urllib3.exceptions.HTTPError, ValueError))
    return name if quotes else f"{name}: {exc}"


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """Yield `exc` and every exception it wraps, also in attributes of requests and urllib3."""
    seen: set[int] = set()
    waiting: list[Any] = [exc]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [
                cause.__context__,
                cause.__cause__,
                getattr(cause, "reason", None),
                *cause.args,
            ]
