"""Check and parse the payload that a dealer sends: the outcome of a lead endorsed to it."""

import json
import math
import uuid
from datetime import datetime
from types import SimpleNamespace
from typing import Any

OUTCOMES = ("won", "lost", "reopened")
SCHEMA_VERSION = 1
MAX_BYTES = 32 * 1024
MAX_NAME = 1024  # generous: a long name is no reason to refuse an outcome
MAX_INTEGER = 2**31 - 1  # PostgreSQL's int4, which holds ids and sequences


class PayloadError(ValueError):
    """The payload can never be applied; the message names the field."""

    def __init__(self, field: str, problem: str):
        super().__init__(f'Field "{field}" {problem}.')
        self.field = field


def read_outcome(payload: Any) -> SimpleNamespace:
    """Check ``payload`` and return its values; optional texts are "" if absent.

    Unknown keys are kept in ``raw`` and otherwise ignored, so that later versions may add keys.
    ``None``, ``False`` and ``""`` mean "absent".

    :raises PayloadError: naming the first field that is missing, of the wrong type,
        too long or unknown
    """
    if not isinstance(payload, dict):
        raise PayloadError("payload", "must be an object")
    raw = _dump(payload)
    version = _integer(payload, "schema_version")
    if version != SCHEMA_VERSION:
        raise PayloadError("schema_version", f"must be {SCHEMA_VERSION}")
    outcome = _text(payload, "outcome", 16, required=True)
    if outcome not in OUTCOMES:
        raise PayloadError("outcome", f"must be one of {', '.join(OUTCOMES)}")
    for field in ("date_won", "date_lost"):
        _moment(payload, field)
    return SimpleNamespace(
        event_id=_event_id(payload),
        sequence=_integer(payload, "sequence"),
        bpo_source_lead_id=_integer(payload, "bpo_source_lead_id"),
        outcome=outcome,
        occurred_at=_moment(payload, "occurred_at", required=True),
        dealer_instance=_text(payload, "dealer_instance", 64, required=True),
        dealer_company=_text(payload, "dealer_company", MAX_NAME),
        dealer_lead_id=_integer(payload, "dealer_lead_id", required=False),
        dealer_lead_name=_text(payload, "dealer_lead_name", MAX_NAME),
        lost_reason=_text(payload, "lost_reason", MAX_NAME, required=outcome == "lost"),
        lost_notes=_text(payload, "lost_notes", 20_000),
        sale_order=_sale_order(payload),
        actor=_text(payload, "actor", MAX_NAME),
        raw=raw,
    )


def peek_event_id(payload: Any) -> str:
    """The event id of a payload that may be invalid; "" if it has none."""
    event_id = payload.get("event_id") if isinstance(payload, dict) else None
    return event_id[:64] if isinstance(event_id, str) else ""


def _dump(payload: dict) -> str:
    # ASCII only: escapes the characters that PostgreSQL refuses (NUL, lone surrogates).
    try:
        raw = json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise PayloadError("payload", "must be plain JSON") from None
    if len(raw) > MAX_BYTES and len(json.dumps(payload, ensure_ascii=False)) > MAX_BYTES:
        raise PayloadError("payload", f"must be at most {MAX_BYTES} characters")
    return raw


def _integer(values: dict, field: str, required: bool = True) -> int:
    value = values.get(field)
    if not required and value in (None, False, 0, ""):
        return 0
    if value is None:
        raise PayloadError(field, "is missing")
    if isinstance(value, bool) or not isinstance(value, int):
        raise PayloadError(field, "must be an integer")
    if not 1 <= value <= MAX_INTEGER:
        raise PayloadError(field, f"must be between 1 and {MAX_INTEGER}")
    return value


def _text(values: dict, field: str, limit: int, required: bool = False) -> str:
    value = values.get(field)
    if value is None or value is False:
        value = ""
    if not isinstance(value, str):
        raise PayloadError(field, "must be a text")
    if len(value) > limit:
        raise PayloadError(field, f"must be at most {limit} characters")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise PayloadError(field, "contains characters that cannot be stored")
    value = value.strip()
    if required and not value:
        raise PayloadError(field, "is missing")
    return value


def _event_id(values: dict) -> str:
    text = _text(values, "event_id", 64, required=True)
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise PayloadError("event_id", "must be a UUID") from None


def _moment(values: dict, field: str, required: bool = False) -> str:
    text = _text(values, field, 40, required=required)
    if text:
        try:
            datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise PayloadError(field, "must be a date and time in ISO 8601") from None
    return text


def _sale_order(values: dict) -> str:
    """The orders as a text, e.g. "S00012 (1250.00 EUR), S00013 (80.00 USD)".

    A dealer sends all orders in ``sale_orders`` and the first one also in ``sale_order``; older
    versions only send the latter.
    """
    first, orders = values.get("sale_order"), values.get("sale_orders")
    text = "" if first is None or first is False else _order(first, "sale_order")
    if orders is None or orders is False:
        return text
    if not isinstance(orders, list):
        raise PayloadError("sale_orders", "must be a list")
    return ", ".join(filter(None, (_order(order, "sale_orders") for order in orders))) or text


def _order(order: Any, field: str) -> str:
    if not isinstance(order, dict):
        kind = "be an object" if field == "sale_order" else "hold objects"
        raise PayloadError(field, f"must {kind}")
    name = _text(order, "name", MAX_NAME)
    currency = _text(order, "currency", MAX_NAME)
    amount = order.get("amount_total", 0)
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not math.isfinite(amount):
        raise PayloadError(f"{field}.amount_total", "must be a number")
    return f"{name} ({amount:.2f} {currency})".replace(" )", ")") if name else ""
