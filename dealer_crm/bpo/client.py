"""The calls to the BPO's receiver, in either protocol: deliver outcomes, ask, test.

Errors of the peer or the network do not raise: each call ends in an ``Answer``. Several threads may
use one client at once.
"""

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import Any

import requests

from .answer import Answer, Verdict, of_batch, of_result, read_json, unreadable
from .http import TOTAL_TIMEOUT, Endpoint, Peer, Reply
from .json2 import Json2
from .jsonrpc import JsonRpc

MODEL = "crm.lead"
METHOD = "update_from_dealer_callback"
BATCH_METHOD = "update_from_dealer_callbacks"
CAPABILITIES_METHOD = "dealer_callback_capabilities"
KEY_EXPIRY_METHOD = "dealer_callback_key_expiry"
CAPABILITIES = ("batch", "reopened", "reconcile", "key_expiry")
BATCH_SIZE = 50
# Length of the key's beginning by which Odoo looks keys up (INDEX_SIZE in its code).
KEY_INDEX = 8

# The receiver announced batches, but its batch method is gone or takes other arguments.
_NO_BATCH = ("method_missing", "wrong_signature")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROTOCOLS = {"jsonrpc": JsonRpc, "json2": Json2}


class Client(AbstractContextManager):
    """One connection to a BPO. Each call takes at most 45 seconds, including all its requests."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None = None) -> None:
        """Prepare the client; no request is made.

        :param session: a session of ``http.new_session`` to share, or with other certificates;
            whoever made it closes it
        :raise ValueError: if the protocol is not in ``PROTOCOLS``
        """
        if endpoint.protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {endpoint.protocol!r}")
        self.endpoint = endpoint
        self._peer = Peer(endpoint, session)
        self._protocol = PROTOCOLS[endpoint.protocol](endpoint, self._peer)
        #: the receiver announced batches but cannot take them: send outcomes one by one
        self.batch_missing = False

    def __exit__(self, *_exc_info: object) -> None:
        self.close()

    def send(self, payload: Mapping[str, Any]) -> Answer:
        """Deliver one outcome."""
        return self._clean(self._send(payload, _deadline()))

    def send_batch(self, payloads: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Deliver up to ``BATCH_SIZE`` outcomes in one call; return one answer each, in order.

        For a receiver that announced ``batch``. If it refuses the whole call, or its batch method
        is gone, the outcomes are sent one by one until the time of the call is used up; the rest
        get the answer ``timeout``.
        """
        if len(payloads) > BATCH_SIZE:
            raise ValueError(f"{len(payloads)} payloads, at most {BATCH_SIZE}")
        if not payloads:
            return []
        deadline = _deadline()
        answers = None if self.batch_missing else self._send_together(payloads, deadline)
        if answers is None:
            answers = [self._send(payload, deadline) for payload in payloads]
        return [self._clean(answer) for answer in answers]

    def capabilities(self) -> dict[str, Any]:
        """Return what the receiver announces: {name: True} for some of ``CAPABILITIES``.

        ``instance`` is added with the uuid of the BPO's database, if the receiver tells it. The
        result is {} if the receiver cannot be asked.
        """
        value, _answer = self._call(CAPABILITIES_METHOD, {}, _deadline())
        if not isinstance(value, dict):
            return {}
        announced = {name: True for name in CAPABILITIES if value.get(name) is True}
        instance = value.get("instance")
        if isinstance(instance, str) and _UUID.fullmatch(instance):
            announced["instance"] = instance
        return announced

    def key_expires_at(self) -> tuple[datetime | None, Answer]:
        """Return when our key ends, as a naive UTC datetime (None: never), and the answer.

        For a receiver that announced ``key_expiry``. The date means nothing unless the answer is
        accepted. The argument is the beginning of the key, by which Odoo looks keys up; the request
        contains the whole key anyway.
        """
        value, answer = self.call(KEY_EXPIRY_METHOD, {"key_index": self.endpoint.key[:KEY_INDEX]})
        if value in (None, False):
            return None, answer
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
            aware = moment.astimezone(timezone.utc) if moment.tzinfo else moment
        except (AttributeError, TypeError, ValueError, OverflowError):
            return None, unreadable("The answer is not a date.")
        return aware.replace(tzinfo=None, microsecond=0), answer

    def call(self, method: str, args: Mapping[str, Any]) -> tuple[Any, Answer]:
        """Call a method of the BPO's leads that only reads.

        :param args: by name and in the order of the method's signature (JSON-2 uses the names,
            JSON-RPC the order)
        :return: the value and an accepted answer, or None and what went wrong
        """
        value, answer = self._call(method, args, _deadline())
        return value, self._clean(answer)

    def test(self) -> Answer:
        """Check whether outcomes can be delivered, without changing anything at the BPO.

        The answer says exactly what is wrong.
        """
        deadline = _deadline()
        _value, answer = self._call(CAPABILITIES_METHOD, {}, deadline)
        if answer.code == "method_missing":
            answer = self._protocol.probe(MODEL, METHOD, deadline)
        if answer.code == "not_found":
            answer = self._explain_not_found(answer, deadline)
        return self._clean(answer)

    def close(self) -> None:
        """Close the connections, unless the session was given by the caller."""
        self._peer.close()

    def _call(self, method: str, args: Mapping[str, Any], deadline: float) -> tuple[Any, Answer]:
        """Return the method's value and an accepted answer, or None and what went wrong."""
        return self._protocol.call(MODEL, method, args, deadline)

    def _send(self, payload: Mapping[str, Any], deadline: float) -> Answer:
        value, answer = self._call(METHOD, {"payload": payload}, deadline)
        return of_result(value, payload.get("event_id")) if answer.accepted else answer

    def _send_together(
        self, payloads: Sequence[Mapping[str, Any]], deadline: float
    ) -> list[Answer] | None:
        """Call the batch method; return one answer each, or None to send them one by one."""
        value, answer = self._call(BATCH_METHOD, {"payloads": list(payloads)}, deadline)
        self.batch_missing = answer.code in _NO_BATCH
        if self.batch_missing:
            return None
        if answer.accepted:
            answers = of_batch(value, [payload.get("event_id") for payload in payloads])
            whole_call = not isinstance(value, list)
        else:
            answers = [answer] * len(payloads)
            whole_call = True
        # A refusal of the whole call does not tell which of the payloads is wrong.
        return None if whole_call and answers[0].verdict is Verdict.MESSAGE else answers

    def _clean(self, answer: Answer) -> Answer:
        return answer.cleaned(self.endpoint.key)

    def _explain_not_found(self, answer: Answer, deadline: float) -> Answer:
        """Find out what a "page not found" means: a wrong address, database or protocol."""
        reply = self._peer.request("/web/version", None, {}, deadline)
        is_page = isinstance(reply, Reply) and reply.status == 200
        match read_json(reply.body)[0] if is_page else None:
            case {"version_info": [int(version), *_]}:
                if self.endpoint.protocol == "json2" and version >= 19:
                    code, detail = "wrong_database", "answers, but does not serve this database."
                else:
                    code, detail = "protocol_missing", "does not have this protocol."
                return Answer(answer.verdict, code, f"Odoo {version} {detail}")
        detail = f"{answer.detail}; no Odoo answers at this address."
        return Answer(answer.verdict, "not_found", detail)


def _deadline() -> float:
    return time.monotonic() + TOTAL_TIMEOUT
