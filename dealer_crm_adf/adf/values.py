"""Read numbers and moments as people write them; None if a text is not one."""

import re
from datetime import datetime, timezone

from dateutil import parser

MAX_NUMBER = 10**12
CURRENCY = r"[A-Z]{0,3}[$€£¥₱₹]|[A-Z]{3}"
NUMBER = re.compile(
    rf"(?:{CURRENCY})?\s?(\d[\d.,' ]{{0,20}})(?:\s?(?:{CURRENCY}|-|k?m|mi|miles))?", re.IGNORECASE
)
#: seconds from UTC, of the zones that RFC 822 names
OFFSETS = {
    "EDT": -4 * 3600,
    "EST": -5 * 3600,
    "CDT": -5 * 3600,
    "CST": -6 * 3600,
    "MDT": -6 * 3600,
    "MST": -7 * 3600,
    "PDT": -7 * 3600,
    "PST": -8 * 3600,
}


def to_number(text: str) -> float | None:
    """``$24,500.00``, ``24.500,00 EUR`` and ``24 500`` as a number of 0 or more."""
    found = NUMBER.fullmatch(text)
    if not found:
        return None
    digits = re.sub("[' ]", "", found[1]).rstrip(".,")
    marks = re.findall("[.,]", digits)
    whole, decimals = digits, "0"
    if marks and digits.count(marks[-1]) == 1:
        whole, _mark, decimals = digits.rpartition(marks[-1])
        if len(marks) == 1 and len(decimals) == 3:
            # It separates thousands: nobody gives a price in three decimals.
            whole, decimals = digits, "0"
    number = float(f"{re.sub('[.,]', '', whole)}.{decimals}")
    return number if number < MAX_NUMBER else None


def to_moment(text: str) -> datetime | None:
    """A moment in any usual notation, in UTC; without a zone if the text gives none."""
    if len(text) > 50 or not re.search(r"\d{4}", text):
        return None
    try:
        moment = parser.parse(text, tzinfos=_get_offset)
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    return moment if 1970 <= moment.year <= 2100 else None


def _get_offset(name: str | None, offset: int | None) -> int | None:
    """Offset of a time zone from UTC in seconds; None if it is not known."""
    return OFFSETS.get(name or "") if offset is None else offset
