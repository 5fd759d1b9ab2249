"""Odoo's JSON-2 API (Odoo 19 and later)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from .answer import NO_KEY, OK, UNTRIED, Answer, Verdict, read_json
from .errors import Call, no_api_model, of_error, of_status
from .http import Endpoint, Peer


class Json2:
    """``POST /json/2/<model>/<method>`` with the key as bearer token."""

    def __init__(self, endpoint: Endpoint, peer: Peer) -> None:
        self.endpoint = endpoint
        self._peer = peer

    def call(
        self, model: str, method: str, args: Mapping[str, Any], deadline: float
    ) -> tuple[Any, Answer]:
        """Return the method's value and an accepted answer, or None and what went wrong."""
        key, database = self.endpoint.key, self.endpoint.database
        # Key and database go into headers. Check them first: http.client's error would quote them.
        if not key:
            return None, NO_KEY
        if not key.isascii() or not key.isprintable() or key != key.strip():
            detail = "The key contains blanks or characters other than ASCII."
            return None, Answer(Verdict.CONNECTION, "access_denied", detail)
        if not database or not database.isascii() or not database.isprintable():
            detail = "The name of the database is empty or not ASCII."
            return None, Answer(Verdict.CONNECTION, "wrong_database", detail)
        headers = {"Authorization": f"bearer {key}", "X-Odoo-Database": database}
        path = f"/json/2/{model}/{quote(method, safe='')}"
        reply = self._peer.request(path, dict(args), headers, deadline)
        if isinstance(reply, Answer):
            return None, reply
        value, failure = read_json(reply.body)
        if 200 <= reply.status < 300:
            return value, failure or OK
        answer = of_status(reply.status, reply.headers)
        # Only an error of Odoo has these keys. Texts of other servers are not shown.
        if isinstance(value, dict) and value.keys() >= {"name", "message", "arguments", "debug"}:
            name = value["name"] if isinstance(value["name"], str) else ""
            call = Call(database, model, method)
            error = of_error(name, value["message"], call, reply.status, value["debug"])
            answer = replace(error, retry_after=answer.retry_after)
        return None, answer

    def probe(self, model: str, method: str, deadline: float) -> Answer:
        """Check that the method exists and may be called, without running it.

        Record ids are sent that no record can have. Odoo refuses ids for a method that is
        @api.model and fails to browse these for any other: in both cases after it found the method
        and before it calls it.
        """
        _value, answer = self.call(model, method, {"ids": 0.5}, deadline)
        if answer.error == "builtins.TypeError":
            return no_api_model(method)
        if answer.accepted or answer.error == "werkzeug.exceptions.UnprocessableEntity":
            return UNTRIED
        return answer
