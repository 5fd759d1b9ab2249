"""The payload of one outcome: a small JSON object, frozen when the stage changes."""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any

SCHEMA_VERSION = 1
MAX_BYTES = 20_000
KEYS = (
    "schema_version",
    "event_id",
    "sequence",
    "bpo_source_lead_id",
    "outcome",
    "occurred_at",
    "date_won",
    "date_lost",
    "lost_reason",
    "lost_notes",
    "dealer_lead_id",
    "dealer_lead_name",
    "dealer_instance",
    "dealer_company",
    "sale_order",
    "sale_orders",
    "actor",
)
SALE_ORDER_KEYS = ("name", "amount_total", "currency")
CUT_MARK = "… [cut here; the dealer's lead has it all]"
# Names are cut to this when the payload is too large even without its notes. A dozen of them fit.
NAME_BYTES = 512


def freeze(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload as it is stored and sent: plain JSON values, in the order of ``KEYS``.

    Dates become ISO 8601 (a naive datetime is UTC, as in Odoo), other objects their text. Keys not
    in ``KEYS`` are left out. The JSON is at most ``MAX_BYTES`` of UTF-8: the notes are cut first,
    with a visible mark; if that is not enough, the names are cut and the last orders left out. The
    same payload always gives the same result.
    """
    payload = {**payload, "schema_version": SCHEMA_VERSION}
    frozen = {key: _plain(payload[key]) for key in KEYS if key in payload}
    if isinstance(frozen.get("sale_order"), dict):
        frozen["sale_order"] = _order(frozen["sale_order"])
    if isinstance(frozen.get("sale_orders"), list):
        orders = frozen["sale_orders"]
        frozen["sale_orders"] = [_order(order) for order in orders if isinstance(order, dict)]
    notes = frozen.get("lost_notes")
    if not (isinstance(notes, str) and len(notes) > MAX_BYTES) and _size(frozen) <= MAX_BYTES:
        return frozen
    without = {**frozen, "lost_notes": ""} if isinstance(notes, str) else frozen
    if _size(without) > MAX_BYTES - NAME_BYTES:
        without = _drop_orders(_shorten_names(without), MAX_BYTES - NAME_BYTES)
    if isinstance(notes, str):
        without["lost_notes"] = _cut(notes, MAX_BYTES - _size(without))
    return without


def to_json(value: Any) -> bytes:
    """Return `value` as it goes over the wire: compact JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Return `value` as JSON types only, without characters that UTF-8 cannot encode."""
    if value is None or value is False:
        # Odoo uses False for "no value"; no key of the payload is a boolean.
        return None
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        utc = value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return f"{utc.isoformat(timespec='seconds')}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    # str() of a subclass (Markup, a lazy translation) may return the subclass; join() gives a str.
    text = "".join((str(value),))
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _size(value: Any) -> int:
    """Return the bytes of `value` as JSON with the default separators, the longest form in use."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text) if text.isascii() else len(text.encode())


def _order(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return the order's values in the order of ``SALE_ORDER_KEYS``."""
    return {key: order[key] for key in SALE_ORDER_KEYS if key in order}


def _shorten_names(value: Any) -> Any:
    """Return `value` with each text but the (empty) notes at most ``NAME_BYTES`` long."""
    if isinstance(value, str):
        return _cut(value, NAME_BYTES, "…")
    if isinstance(value, dict):
        return {key: _shorten_names(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shorten_names(item) for item in value]
    return value


def _drop_orders(values: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return `values` with as many of its first orders as fit into `limit` bytes in all."""
    orders = values.get("sale_orders")
    if not orders or _size(values) <= limit:
        return values
    left = limit - _size({**values, "sale_orders": []})
    kept = []
    for order in orders:
        left -= _size(order) + len(", ")
        if left < 0:
            break
        kept.append(order)
    return {**values, "sale_orders": kept}


def _cut(text: str, limit: int, mark: str = CUT_MARK) -> str:
    """Return `text`, or its longest beginning that with `mark` takes at most `limit` bytes of JSON."""
    if len(text) <= limit and _size(text) - len('""') <= limit:
        return text
    left = limit - len(mark.encode()) + len('""')
    # A character takes at least one byte.
    lengths = range(1, max(limit, 0) + 1)
    return text[: bisect_right(lengths, left, key=lambda length: _size(text[:length]))] + mark
