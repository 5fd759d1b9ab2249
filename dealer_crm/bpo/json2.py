"""Odoo's JSON-2 (Odoo 19 and later)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .answer import NO_KEY, OK, UNTRIED, Answer, Verdict, read_json
from .errors import Call, of_error, of_status
from .http import Endpoint, Peer


class Json2:
    """``POST /json/2/<model>/<method>`` with a bearer key."""

    def __init__(self, endpoint: Endpoint, peer: Peer) -> None:
        self.endpoint = endpoint
        self._peer = peer

    def call(
        self, model: str, method: str, args: Mapping[str, Any], deadline: float
    ) -> tuple[Any, Answer]:
        """Return the method's value and an accepted answer, or None and what went wrong."""
        key, database = self.endpoint.key, self.endpoint.database
        # Both stand in headers: what cannot is no key and no database, and the error of http.client would quote it.
        if not key:
            return None, NO_KEY
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
        path = f"/json/2/{model}/{quote(method, safe='')}"
        reply = self._peer.request(path, dict(args), headers, deadline)
        if isinstance(reply, Answer):
            return None, reply
        value, unreadable = read_json(reply.body)
        if 200 <= reply.status < 300:
            return value, unreadable or OK
        answer = of_status(reply.status, reply.headers)
        # Other servers have names and messages too, which are not for us to show.
        if isinstance(value, dict) and value.keys() >= {"name", "message", "arguments", "debug"}:
            name = value["name"] if isinstance(value["name"], str) else ""
            call = Call(database, model, method)
            error = of_error(name, value["message"], call, reply.status, value["debug"])
            answer = Answer(
                error.verdict, error.code, error.detail, answer.retry_after, error.error
            )
        return None, answer

    def probe(self, model: str, method: str, deadline: float) -> Answer:
        """Say whether the method is there and may be called, without running any of it.

        Odoo refuses record ids for a method that is @api.model, and cannot browse these for any
        other: either way it stops after it has found the method and before it calls it.
        """
        _value, answer = self.call(model, method, {"ids": 0.5}, deadline)
        if answer.error == "builtins.TypeError":
            return Answer(
                Verdict.CONNECTION, "wrong_signature", f"{method} is there without @api.model."
            )
        return (
            UNTRIED
            if answer.accepted or answer.error == "werkzeug.exceptions.UnprocessableEntity"
            else answer
        )
