"""How the BPO's Odoo is called: by JSON-RPC, or by JSON-2 (Odoo 19 and later)."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from .answer import Answer, Verdict, read_json
from .caller import BATCH_SIZE, METHOD, MODEL, OK, UNTRIED, Endpoint, Transport, check_url
from .fault import Call, of_error, of_status

__all__ = [
    "BATCH_SIZE",
    "PROTOCOLS",
    "Endpoint",
    "Json2Transport",
    "JsonRpcTransport",
    "Transport",
    "check_url",
    "open_transport",
]

_NO_KEY = Answer(Verdict.CONNECTION, "no_key")

# The user each login was the last time, in this process. To ask costs the BPO as much as ten
# outcomes do: it tries the key as a password first. One that is wrong by now is asked for again.
_uids: dict[tuple[str, str, str], int] = {}


class JsonRpcTransport(Transport):
    """``POST /jsonrpc``, service ``object``, method ``execute_kw``."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None = None) -> None:
        super().__init__(endpoint, session)
        self._who = (endpoint.url, endpoint.database, endpoint.login)

    def _call(self, method: str, args: Mapping[str, Any], deadline: float) -> tuple[Any, Answer]:
        return self._execute(method, list(args.values()), {}, deadline)

    def _execute(
        self, method: str, args: list[Any], kwargs: dict[str, Any], deadline: float
    ) -> tuple[Any, Answer]:
        if not self.endpoint.key:
            return None, _NO_KEY
        value = None
        # As the user known so far; if that one is denied, as whom the login names by now.
        for known in (_uids.get(self._who), None):
            uid, answer = (known, OK) if known else self._authenticate(deadline)
            if uid:
                params = [
                    self.endpoint.database,
                    uid,
                    self.endpoint.key,
                    MODEL,
                    method,
                    args,
                    kwargs,
                ]
                value, answer = self._rpc("object", "execute_kw", params, method, deadline)
            if not known or answer.code != "access_denied":
                break
        return value, answer

    def _authenticate(self, deadline: float) -> tuple[int | None, Answer]:
        params = [self.endpoint.database, self.endpoint.login, self.endpoint.key, {}]
        value, answer = self._rpc("common", "authenticate", params, "authenticate", deadline)
        if not answer.accepted:
            return None, answer
        if value is False or value is None:
            return None, Answer(
                Verdict.CONNECTION,
                "access_denied",
                "The BPO does not know this login with this key.",
            )
        if type(value) is not int or value <= 0:
            return None, Answer(
                Verdict.UNREADABLE, "wrong_envelope", "The BPO's answer to the login is no user."
            )
        _uids[self._who] = value
        return value, OK

    def _rpc(
        self, service: str, method: str, args: list[Any], called: str, deadline: float
    ) -> tuple[Any, Answer]:
        request_id = secrets.token_hex(8)
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": request_id,
            "params": {"service": service, "method": method, "args": args},
        }
        reply = self._request("/jsonrpc", body, {}, deadline)
        if isinstance(reply, Answer):
            return None, reply
        if not 200 <= reply.status < 300:
            return None, of_status(reply.status, reply.headers)
        value, unreadable = read_json(reply.body)
        if unreadable:
            return None, unreadable
        if (
            not isinstance(value, dict)
            or value.get("jsonrpc") != "2.0"
            or value.get("id") != request_id
        ):
            return None, Answer(
                Verdict.UNREADABLE, "wrong_envelope", "The answer is not one to this request."
            )
        error = value.get("error")
        if error is None:
            # Odoo leaves the result out where the method returned None.
            return value.get("result"), OK
        data = error.get("data") if isinstance(error, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            return None, Answer(Verdict.TRANSIENT, "server_error", "The error is none of Odoo's.")
        call = Call(self.endpoint.database, MODEL, called)
        return None, of_error(
            data["name"], _str(data.get("message")), call, debug=_str(data.get("debug"))
        )

    def _probe(self, deadline: float) -> Answer:
        # Odoo looks the method up, checks that it is public, takes the record ids off the arguments
        # unless it is @api.model, sets the context, and only then calls: a context that cannot be
        # set stops it right before.
        _value, answer = self._execute(METHOD, [], {"context": "probe"}, deadline)
        if answer.error == "builtins.IndexError":
            return Answer(
                Verdict.CONNECTION, "wrong_signature", f"{METHOD} is there without @api.model."
            )
        return (
            UNTRIED
            if answer.accepted or answer.error in ("builtins.ValueError", "builtins.TypeError")
            else answer
        )


class Json2Transport(Transport):
    """``POST /json/2/<model>/<method>`` with a bearer key."""

    def _call(self, method: str, args: Mapping[str, Any], deadline: float) -> tuple[Any, Answer]:
        key, database = self.endpoint.key, self.endpoint.database
        # Both stand in headers: what cannot is no key and no database, and the error of http.client would quote it.
        if not key:
            return None, _NO_KEY
        if not key.isascii() or not key.isprintable() or key != key.strip():
            return None, Answer(
                Verdict.CONNECTION,
                "access_denied",
                "The key has other than ASCII characters in it.",
            )
        if not database or not database.isascii() or not database.isprintable():
            return None, Answer(
                Verdict.CONNECTION,
                "wrong_database",
                "The name of the database is empty or not ASCII.",
            )
        headers = {"Authorization": f"bearer {key}", "X-Odoo-Database": database}
        reply = self._request(
            f"/json/2/{MODEL}/{quote(method, safe='')}", dict(args), headers, deadline
        )
        if isinstance(reply, Answer):
            return None, reply
        value, unreadable = read_json(reply.body)
        if 200 <= reply.status < 300:
            return value, unreadable or OK
        answer = of_status(reply.status, reply.headers)
        # Other servers have names and messages too, which are not for us to show.
        if isinstance(value, dict) and value.keys() >= {"name", "message", "arguments", "debug"}:
            call = Call(database, MODEL, method)
            error = of_error(
                _str(value["name"]),
                _str(value.get("message")),
                call,
                reply.status,
                _str(value.get("debug")),
            )
            answer = Answer(
                error.verdict, error.code, error.detail, answer.retry_after, error.error
            )
        return None, answer

    def _probe(self, deadline: float) -> Answer:
        # Odoo refuses record ids for a method that is @api.model, and cannot browse these for any
        # other: either way it stops after it has found the method and before it calls it.
        _value, answer = self._call(METHOD, {"ids": 0.5}, deadline)
        if answer.error == "builtins.TypeError":
            return Answer(
                Verdict.CONNECTION, "wrong_signature", f"{METHOD} is there without @api.model."
            )
        return (
            UNTRIED
            if answer.accepted or answer.error == "werkzeug.exceptions.UnprocessableEntity"
            else answer
        )


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


PROTOCOLS = {"jsonrpc": JsonRpcTransport, "json2": Json2Transport}


def open_transport(endpoint: Endpoint, session: requests.Session | None = None) -> Transport:
    """Return the transport of the endpoint's protocol; nothing is called yet.

    :param session: one made by ``channel.new_session``, to be shared or with other certificates; the
        caller closes it
    :raise ValueError: for a protocol that is not in ``PROTOCOLS``
    """
    if endpoint.protocol not in PROTOCOLS:
        raise ValueError(f"unknown protocol {endpoint.protocol!r}")
    return PROTOCOLS[endpoint.protocol](endpoint, session)
