"""What the BPO is asked, whatever the protocol: to take one outcome or many, a question, a test.

Nothing here raises for what the peer or the network does: each call ends in an ``Answer``. A client may
be used by several threads at once.
"""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import requests

from .answer import Answer, Verdict, of_batch, of_result, read_json
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
# Odoo's own (INDEX_SIZE of res.users.apikeys).
KEY_INDEX = 8

# A receiver that announced batches and has none by now, or another.
_NO_BATCH = ("method_missing", "wrong_signature")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROTOCOLS = {"jsonrpc": JsonRpc, "json2": Json2}


class Client:
    """One connection to a BPO. Each call takes 45 seconds at most, all its steps together."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None = None) -> None:
        """Nothing is called yet.

        :param session: one made by ``http.new_session``, to be shared or with other certificates; the
            caller closes it
        :raise ValueError: for a protocol that is not in ``PROTOCOLS``
        """
        if endpoint.protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {endpoint.protocol!r}")
        self.endpoint = endpoint
        self._peer = Peer(endpoint, session)
        self._protocol = PROTOCOLS[endpoint.protocol](endpoint, self._peer)
        #: the receiver announced batches and cannot take them: outcomes go one by one
        self.batch_missing = False

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.close()

    def send(self, payload: Mapping[str, Any]) -> Answer:
        """Deliver one outcome."""
        return self._clean(self._send(payload, _deadline()))

    def send_batch(self, payloads: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Deliver up to ``BATCH_SIZE`` outcomes to a receiver that announced ``batch``; one answer each, in order.

        A refusal of the whole call says nothing about the single message, nor does a batch method that is
        gone: they are then sent one by one, as far as the time of the call goes; the rest is answered
        ``timeout``.
        """
        if len(payloads) > BATCH_SIZE:
            raise ValueError(f"{len(payloads)} payloads, at most {BATCH_SIZE}")
        if not payloads:
            return []
        deadline = _deadline()
        refused = self.batch_missing
        if not refused:
            value, answer = self._call(BATCH_METHOD, {"payloads": list(payloads)}, deadline)
            self.batch_missing = answer.code in _NO_BATCH
            if answer.accepted:
                answers = of_batch(value, [payload.get("event_id") for payload in payloads])
                refused = not isinstance(value, list) and answers[0].verdict is Verdict.MESSAGE
            else:
                answers = [answer] * len(payloads)
                refused = self.batch_missing or answer.verdict is Verdict.MESSAGE
        if refused:
            answers = [self._send(payload, deadline) for payload in payloads]
        return [self._clean(answer) for answer in answers]

    def capabilities(self) -> dict[str, Any]:
        """Return which of ``CAPABILITIES`` the receiver announces, and its database's uuid as ``instance`` where
        it says so; {} also where it cannot be asked.
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
        """Return when our key ends (UTC, naive; None: never) by a receiver that announced ``key_expiry``, and its
        answer: what is not accepted says nothing.

        The BPO is told the part of the key by which Odoo looks keys up; the request bears all of it anyway.
        """
        value, answer = self.call(KEY_EXPIRY_METHOD, {"key_index": self.endpoint.key[:KEY_INDEX]})
        if value in (None, False):
            return None, answer
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
            aware = moment.astimezone(timezone.utc) if moment.tzinfo else moment
        except (AttributeError, TypeError, ValueError, OverflowError):
            return None, Answer(Verdict.UNREADABLE, "wrong_envelope", "The answer is no date.")
        return aware.replace(tzinfo=None, microsecond=0), answer

    def call(self, method: str, args: Mapping[str, Any]) -> tuple[Any, Answer]:
        """Call a method of the BPO's leads, for what only reads: the value and an accepted answer, or None
        and why not.

        :param args: by name and in the order of the method's signature (JSON-2 goes by the names, JSON-RPC
            by the order)
        """
        value, answer = self._call(method, args, _deadline())
        return value, self._clean(answer)

    def test(self) -> Answer:
        """Say whether outcomes can be delivered, and if not exactly why; nothing changes at the BPO."""
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

    def _clean(self, answer: Answer) -> Answer:
        return answer.cleaned(self.endpoint.key)

    def _explain_not_found(self, answer: Answer, deadline: float) -> Answer:
        """Tell apart, after a page that is not there, a wrong address, database and protocol."""
        reply = self._peer.request("/web/version", None, {}, deadline)
        value = (
            read_json(reply.body)[0] if isinstance(reply, Reply) and reply.status == 200 else None
        )
        info = value.get("version_info") if isinstance(value, dict) else None
        if not isinstance(info, list) or not info or not isinstance(info[0], int):
            return Answer(
                answer.verdict, "not_found", f"{answer.detail}; no Odoo answers at this address."
            )
        if self.endpoint.protocol == "json2" and info[0] >= 19:
            return Answer(
                answer.verdict,
                "wrong_database",
                f"Odoo {info[0]} answers and does not serve this database.",
            )
        return Answer(
            answer.verdict, "protocol_missing", f"Odoo {info[0]} answers, without this protocol."
        )


def _deadline() -> float:
    return time.monotonic() + TOTAL_TIMEOUT
