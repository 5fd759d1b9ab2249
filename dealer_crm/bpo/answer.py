"""What an answer of the BPO means, and what to do about it: see ``Verdict``."""

import enum
import html
import json
import math
import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

DETAIL_LENGTH = 500
RETRY_AFTER_RANGE = (1.0, 86_400.0)
# Hold the connection after this many unreadable answers in a row.
UNREADABLE_LIMIT = 5
ACCEPTED_STATUSES = ("applied", "duplicate", "stale")


class Verdict(enum.Enum):
    """What to do about an answer."""

    #: the BPO has the outcome: mark it delivered
    ACCEPTED = "accepted"
    #: retry later
    TRANSIENT = "transient"
    #: hold the connection and probe it; the row is not at fault
    CONNECTION = "connection"
    #: park the row: the BPO will never accept this payload
    MESSAGE = "message"
    #: retry later; a connection error after UNREADABLE_LIMIT of them in a row
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Answer:
    """One answer, classified.

    `code` is a short word for programs (``applied``, ``refused``, ``http_503``, ...); `detail` is
    what the peer or the system said, for people; `retry_after` is in seconds; `error` is the class
    of the peer's exception, if it named one. ``Client`` returns answers that are ``cleaned``.
    """

    verdict: Verdict
    code: str
    detail: str = ""
    retry_after: float | None = None
    error: str = ""

    @property
    def accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED

    def cleaned(self, *secrets: str) -> "Answer":
        """Return the answer for logs and the database: short, no secrets, no control characters."""
        if not self.detail and not self.error:
            return self
        detail = readable(redact(self.detail, *secrets))[:DETAIL_LENGTH]
        error = readable(redact(self.error, *secrets))[:100]
        return replace(self, detail=detail, error=error)


OK = Answer(Verdict.ACCEPTED, "ok")
#: the receiver's method exists, but was not called: only a real outcome would test it fully
UNTRIED = Answer(Verdict.ACCEPTED, "untried")
NO_KEY = Answer(Verdict.CONNECTION, "no_key")


def unreadable(detail: str, code: str = "wrong_envelope") -> Answer:
    """Return that an answer cannot be read, and why."""
    return Answer(Verdict.UNREADABLE, code, detail)


def redact(text: str, *secrets: str) -> str:
    """Return `text` with each of `secrets` masked, also when escaped for JSON, a URL or HTML."""
    for secret in secrets:
        if not secret:
            continue
        spellings = {secret, quote(secret, safe=""), quote(secret), html.escape(secret)}
        quoted = repr(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False)
        spellings.update(spelling[1:-1] for spelling in quoted)
        for spelling in sorted(spellings, key=len, reverse=True):
            text = text.replace(spelling, "***")
    return text


def of_result(value: Any, event_id: str | None = None) -> Answer:
    """Return what the receiver's return value means.

    A receiver written by others may answer anything. Whatever is not a refusal counts as accepted,
    because sending again would apply the outcome twice; the answer is kept as `detail`.

    :param event_id: of the payload that was sent
    """
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], (bool, dict)):
        # A single answer, wrapped in a list as a batch receiver would.
        answer = of_result(value[0], event_id)
        return _own_words(value) if answer.accepted else answer
    if value is None or value is True:
        return Answer(Verdict.ACCEPTED, "accepted")
    if value is False:
        return Answer(Verdict.MESSAGE, "rejected", "The BPO answered false.")
    if not isinstance(value, dict):
        if value:
            return _own_words(value)
        return unreadable(f"The receiver answered an empty {type(value).__name__}.")
    answered = value.get("event_id")
    if event_id and isinstance(answered, str) and answered.lower() != event_id.lower():
        return unreadable("The receiver answered about another event.")
    ok, status = value.get("ok"), value.get("status")
    message = value.get("message") if isinstance(value.get("message"), str) else ""
    # Receivers that do not use ``ok`` refuse in another common form.
    refused = "ok" not in value and (value.get("success") is False or bool(value.get("error")))
    if ok is False or status == "rejected" or refused:
        if value.get("retryable") is True:
            delay = parse_retry_after(value.get("retry_after"))
            return Answer(Verdict.TRANSIENT, "retry_later", message, delay)
        return Answer(Verdict.MESSAGE, "rejected", message)
    if isinstance(status, str) and status in ACCEPTED_STATUSES:
        return Answer(Verdict.ACCEPTED, status, message)
    if ok is True:
        return Answer(Verdict.ACCEPTED, "accepted", message)
    return _own_words(value)


def _own_words(value: Any) -> Answer:
    """Return the acceptance by a receiver written by others, with its answer as JSON."""
    try:
        words = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        words = "…"
    return Answer(Verdict.ACCEPTED, "own_words", words)


def of_batch(value: Any, event_ids: Sequence[str | None]) -> list[Answer]:
    """Return what a batch receiver's return value means for each payload that was sent.

    An answer that names an event belongs to that event; one without an event belongs to the payload
    at the same position. A payload without an answer counts as unreadable and is sent again.
    """
    if not isinstance(value, list):
        if len(event_ids) == 1:
            return [of_result(value, event_ids[0])]
        # A single True or None must not accept fifty outcomes: each needs its own answer.
        answer = of_result(value)
        if answer.accepted:
            answer = unreadable("The receiver did not answer each payload.")
        return [answer] * len(event_ids)
    named: dict[Any, Any] = {}
    for item in value:
        if isinstance(item, dict) and isinstance(item.get("event_id"), str):
            named[item["event_id"]] = item
    answers = []
    for position, event_id in enumerate(event_ids):
        if event_id in named:
            answers.append(of_result(named[event_id], event_id))
        elif len(value) == len(event_ids):
            answers.append(of_result(value[position], event_id))
        else:
            answers.append(unreadable("The receiver left this event out."))
    return answers


def read_json(body: bytes) -> tuple[Any, Answer | None]:
    """Return the value in `body` and None, or None and why it cannot be read."""
    try:
        return json.loads(body), None
    except RecursionError:
        return None, unreadable("The answer is nested too deeply.", "not_json")
    except ValueError:
        return None, unreadable(_describe_kind(body), "not_json")


def _describe_kind(body: bytes) -> str:
    """Return a sentence about the kind of content in `body`, quoting nothing of it.

    Otherwise an admin could read pages of internal servers by entering their address here.
    """
    start = body[:1_000].lstrip().lower()
    if not start:
        return "The answer is empty."
    if start.startswith(b"<?xml"):
        return "The answer is XML."
    if start.startswith(b"<"):
        return "The answer is an HTML page."
    if b"\0" in start:
        return "The answer is neither JSON nor text."
    if start[:1] in b'{["':
        return "The answer begins like JSON but is not valid JSON."
    return "The answer is text, not JSON."


def parse_retry_after(value: Any, now: float | None = None) -> float | None:
    """Return the seconds to wait, from 1 to 86,400.

    None if `value` is neither a number of seconds nor an HTTP date.

    :param now: POSIX time that a date is counted from; the present by default
    """
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            value = float(text)
        else:
            try:
                moment = parsedate_to_datetime(text).timestamp()
                value = moment - (time.time() if now is None else now)
            except (TypeError, ValueError, OverflowError):
                return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return None
    low, high = RETRY_AFTER_RANGE
    return float(min(max(value, low), high))


def readable(text: str) -> str:
    """Return `text` on one line, without characters that PostgreSQL or a terminal cannot handle."""
    printable = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text[:4_000]
    )
    return " ".join(printable.split())
