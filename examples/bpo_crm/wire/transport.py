"""Calls to a dealer's Odoo by JSON-RPC."""

import json
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import requests

from . import address

TIMEOUT = (5, 35)  # seconds to connect, and to wait for each part of the answer
TOTAL_TIMEOUT = 45
MAX_BODY = 256 * 1024
MAX_DETAIL = 300
# Length of the key's beginning by which Odoo looks keys up (INDEX_SIZE in its code).
KEY_INDEX = 8


class DealerError(Exception):
    """A call that failed.

    ``kind`` is one of url, unreachable, timeout, tls, redirect, page, database, login, access,
    missing, refused, failed, answer; ``detail`` is the short message of the dealer or the system,
    and never contains the key.
    """

    def __init__(self, kind: str, detail: str = ""):
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


def check_url(url: str, allowed: Iterable[str] = ()) -> str:
    """Return the normalised `url`: see ``address.check``.

    :param allowed: the operator's list of addresses
    :raises DealerError: of kind url, if it may not be called
    """
    try:
        return address.check(url, tuple(allowed))
    except address.Refused:
        raise DealerError("url", url) from None


class DealerClient(AbstractContextManager):
    """A client for one dealer's database and one user there."""

    def __init__(self, url: str, database: str, login: str, key: str, allowed: Iterable[str] = ()):
        self.url = check_url(url, allowed) + "/jsonrpc"
        self.database = database
        self.login = login
        self._key = key
        self._uid = 0
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc from the environment

    def __exit__(self, *exc_info):
        self._session.close()

    def call(self, model: str, method: str, *args: Any) -> Any:
        """Call ``model.method(*args)`` at the dealer and return its result.

        :raises DealerError: for any failure
        """
        if not self._uid:
            uid = self._post("common", "authenticate", [self.database, self.login, self._key, {}])
            if not uid or not isinstance(uid, int):
                raise DealerError("login")
            self._uid = uid
        params = [self.database, self._uid, self._key, model, method, list(args)]
        return self._post("object", "execute_kw", params)

    def key_expires_at(self) -> datetime | None:
        """When our key ends, as a naive UTC datetime; None if it never ends.

        The argument is the beginning of the key, by which Odoo looks keys up; the request contains
        the whole key anyway.

        :raises DealerError: for any failure
        """
        answer = self.call("dealer.crm.lead", "intake_key_expiry", self._key[:KEY_INDEX])
        try:
            return datetime.strptime(answer, "%Y-%m-%dT%H:%M:%SZ") if answer else None
        except (TypeError, ValueError):
            raise DealerError("answer") from None

    def _post(self, service: str, method: str, args: list) -> Any:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 1,
            "params": {"service": service, "method": method, "args": args},
        }
        deadline = time.monotonic() + TOTAL_TIMEOUT
        try:
            with self._session.post(
                self.url, json=body, timeout=TIMEOUT, stream=True, allow_redirects=False
            ) as response:
                content = self._read(response, deadline)
        # ``from None``: the traceback of the cause would contain the request and its key.
        except requests.exceptions.SSLError as error:
            raise self._error("tls", error) from None
        except requests.exceptions.Timeout:
            raise DealerError("timeout") from None
        except requests.exceptions.RequestException as error:
            raise self._error("unreachable", error) from None
        if response.is_redirect or response.is_permanent_redirect:
            raise DealerError("redirect")
        return self._result(response.status_code, content)

    @staticmethod
    def _read(response: requests.Response, deadline: float) -> bytes:
        content = b""
        for chunk in response.iter_content(16 * 1024):
            content += chunk
            if len(content) > MAX_BODY:
                raise DealerError("answer")
            if time.monotonic() > deadline:
                raise DealerError("timeout")
        return content

    def _result(self, status: int, content: bytes) -> Any:
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not {"result", "error"} & answer.keys():
            raise DealerError("page", str(status))
        if "error" not in answer:
            return answer["result"]
        error = answer["error"] if isinstance(answer["error"], dict) else {}
        data = error.get("data") if isinstance(error.get("data"), dict) else {}
        name = str(data.get("name") or "")
        detail = str(data.get("message") or error.get("message") or "")
        raise self._error(_kind(name, detail), detail)

    def _error(self, kind: str, cause: Any) -> DealerError:
        detail = " ".join(str(cause).split())
        if self._key:
            detail = detail.replace(self._key, "***")
        return DealerError(kind, detail[:MAX_DETAIL])


def _kind(name: str, message: str) -> str:
    """The kind of ``DealerError`` for an exception of Odoo, with its full ``name``."""
    short = name.rpartition(".")[2]
    if name.startswith("psycopg2."):
        # A wrong database name fails when connecting, everything else in a query.
        return "database" if short == "OperationalError" else "failed"
    if short == "AccessDenied":
        return "login"
    if short == "AccessError":
        return "access"
    if short == "AttributeError" or (short == "UserError" and "doesn't exist" in message):
        return "missing"
    if short in ("ValidationError", "UserError", "MissingError", "RedirectWarning"):
        return "refused"
    return "failed"
