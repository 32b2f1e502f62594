"""RFC 3339 times to integers of nanoseconds, exactly: `datetime` would cut them to microseconds."""

from __future__ import annotations

import re
from datetime import date

from webhooks.model import Refused

NS = 1_000_000_000

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9}))?(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EXPECTED = "expected an RFC 3339 time with its zone, such as 2024-01-22T15:30:00Z"
OLDEST, NEWEST = 0, 7_258_118_400 * NS
"""1970-01-01 and 2200-01-01: no alert, event or attempt is from outside."""
ZERO_YEARS = ("0001", "0000")
"""Go's zero time is in the year 1, or the year before it in zones west of Greenwich."""


def parse_time(text: object, field: str) -> int:
    """Nanoseconds since the epoch, UTC; raise `Refused` naming `field`.

    Up to nine fractional digits are kept. A time without a zone, or outside of the years 1970 to
    2200 (64 bits of nanoseconds hold them with room to reckon), is refused.
    """
    moment = _nanoseconds(text, field)
    if not OLDEST <= moment < NEWEST:
        raise Refused(field, "expected a time between the years 1970 and 2200")
    return moment


def parse_end(text: object, field: str) -> int | None:
    """As `parse_time`, but Go's zero time (year 1, in whatever zone) means "not ended": None."""
    if isinstance(text, str) and text[:4] in ZERO_YEARS:
        return None
    return parse_time(text, field)


def _nanoseconds(text: object, field: str) -> int:
    match = _RFC3339.fullmatch(text) if isinstance(text, str) and len(text) <= 40 else None
    if match is None:
        raise Refused(field, _EXPECTED)
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    if hour > 23 or minute > 59 or second > 59:
        raise Refused(field, _EXPECTED)
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise Refused(field, _EXPECTED) from None
    seconds = days * 86400 + hour * 3600 + minute * 60 + second - _offset(match, field)
    return seconds * NS + int((match[7] or "").ljust(9, "0"))


def _offset(match: re.Match[str], field: str) -> int:
    if match[8]:
        return 0
    hours, minutes = int(match[10]), int(match[11])
    if hours > 23 or minutes > 59:
        raise Refused(field, _EXPECTED)
    return (hours * 3600 + minutes * 60) * (1 if match[9] == "+" else -1)
