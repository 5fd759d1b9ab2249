"""Odoo's JSON-RPC API, which every version up to 19 has."""

import secrets
from collections.abc import Mapping
from typing import Any

from .answer import NO_KEY, OK, UNTRIED, Answer, Verdict, read_json, unreadable
from .errors import Call, no_api_model, of_error, of_status
from .http import Endpoint, Peer

# Cache of the user id by (url, database, login). A login costs the BPO as much as ten outcomes,
# because it tries the key as a password first. A user id that is denied is asked for again.
_uids: dict[tuple[str, str, str], int] = {}


class JsonRpc:
    """``POST /jsonrpc``, service ``object``, method ``execute_kw``."""

    def __init__(self, endpoint: Endpoint, peer: Peer) -> None:
        self.endpoint = endpoint
        self._peer = peer
        self._who = (endpoint.url, endpoint.database, endpoint.login)

    def call(
        self, model: str, method: str, args: Mapping[str, Any], deadline: float
    ) -> tuple[Any, Answer]:
        """Return the method's value and an accepted answer, or None and what went wrong."""
        return self._execute(
            Call(self.endpoint.database, model, method), list(args.values()), {}, deadline
        )

    def probe(self, model: str, method: str, deadline: float) -> Answer:
        """Check that the method exists and may be called, without running it.

        Odoo looks the method up, checks that it is public, takes the record ids off the arguments
        unless it is @api.model, sets the context, and then calls it. An invalid context therefore
        stops it right before the call.
        """
        call = Call(self.endpoint.database, model, method)
        _value, answer = self._execute(call, [], {"context": "probe"}, deadline)
        if answer.error == "builtins.IndexError":
            return no_api_model(method)
        if answer.accepted or answer.error in ("builtins.ValueError", "builtins.TypeError"):
            return UNTRIED
        return answer

    def _execute(
        self, call: Call, args: list[Any], kwargs: dict[str, Any], deadline: float
    ) -> tuple[Any, Answer]:
        if not self.endpoint.key:
            return None, NO_KEY
        value = None
        # First with the cached user id; if that is denied, log in and try again.
        for known in (_uids.get(self._who), None):
            uid, answer = (known, OK) if known else self._authenticate(call.model, deadline)
            if uid:
                user = [call.database, uid, self.endpoint.key]
                params = [*user, call.model, call.method, args, kwargs]
                value, answer = self._rpc("object", "execute_kw", params, call, deadline)
            if not known or answer.code != "access_denied":
                break
        return value, answer

    def _authenticate(self, model: str, deadline: float) -> tuple[int | None, Answer]:
        database = self.endpoint.database
        params = [database, self.endpoint.login, self.endpoint.key, {}]
        call = Call(database, model, "authenticate")
        value, answer = self._rpc("common", "authenticate", params, call, deadline)
        if not answer.accepted:
            return None, answer
        if value is False or value is None:
            detail = "The BPO does not know this login with this key."
            return None, Answer(Verdict.CONNECTION, "access_denied", detail)
        if type(value) is not int or value <= 0:
            return None, unreadable("The BPO's answer to the login is not a user.")
        _uids[self._who] = value
        return value, OK

    def _rpc(
        self, service: str, method: str, args: list[Any], call: Call, deadline: float
    ) -> tuple[Any, Answer]:
        request_id = secrets.token_hex(8)
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": request_id,
            "params": {"service": service, "method": method, "args": args},
        }
        reply = self._peer.request("/jsonrpc", body, {}, deadline)
        if isinstance(reply, Answer):
            return None, reply
        if not 200 <= reply.status < 300:
            return None, of_status(reply.status, reply.headers)
        value, failure = read_json(reply.body)
        if failure:
            return None, failure
        if (
            not isinstance(value, dict)
            or value.get("jsonrpc") != "2.0"
            or value.get("id") != request_id
        ):
            return None, unreadable("The answer does not belong to this request.")
        error = value.get("error")
        if error is None:
            # Odoo leaves out the result of a method that returns None.
            return value.get("result"), OK
        data = error.get("data") if isinstance(error, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            return None, Answer(Verdict.TRANSIENT, "server_error", "The error is not Odoo's.")
        return None, of_error(data["name"], data.get("message"), call, debug=data.get("debug"))
