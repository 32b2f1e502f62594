"""Times and durations as text: ISO 8601 UTC first, one optional local zone with date and offset."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


def local_zone(name: str) -> tzinfo | None:
    """The zone of an IANA name or an offset such as `-05:00`; None when it is UTC itself.

    Raises `ValueError` or `KeyError` for a name that is neither.
    """
    if name in ("UTC", "Etc/UTC", "Z", "+00:00"):
        return None
    match = _OFFSET.fullmatch(name)
    if match is None:
        return ZoneInfo(name)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)


def parsed(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 time; `ValueError` for other text."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with its zone: {text}")
    return moment.timestamp()


def utc(time: float, step: float = 1.0) -> str:
    """`2024-05-03T14:43:10Z`; to the minute (`14:43Z`) when `step` is a minute or more."""
    moment = datetime.fromtimestamp(_rounded(time, step), UTC)
    return moment.strftime("%Y-%m-%dT%H:%MZ" if step >= MINUTE else "%Y-%m-%dT%H:%M:%SZ")


def local(time: float, zone: tzinfo, step: float = 1.0) -> str:
    """`2024-05-03T09:43:10-05:00` in the zone, with the date and the offset of that moment."""
    moment = datetime.fromtimestamp(_rounded(time, step), zone)
    return moment.isoformat(timespec="minutes" if step >= MINUTE else "seconds")


def date(time: float) -> str:
    """The day of a moment, UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def between(low: float, high: float, step: float = 1.0) -> str:
    """`A to B`, rounded outwards; the second date is left out when it is the first one."""
    first = utc(math.floor(low / step) * step, step)
    last = utc(math.ceil(high / step) * step, step)
    if first == last:
        return first
    return f"{first} to {last[11:] if last[:10] == first[:10] else last}"


def span(seconds: float, step: float = 1.0) -> str:
    """`11 h 15 min`, `2 min 5 s`, `41 s`; a negative one begins with a minus sign."""
    whole = int(_rounded(abs(seconds), step))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes or (not hours and step >= MINUTE) else []
    parts += [f"{rest} s"] if step < MINUTE and (rest or not parts) else []
    return ("−" if seconds < 0 and whole else "") + " ".join(parts)


def about(seconds: float, step: float = 1.0) -> str:
    """A duration as precise as a sentence needs: to the second below ten minutes."""
    return span(seconds, step if abs(seconds) < 10 * MINUTE else MINUTE)


def apart(seconds: float, of: str, step: float = 1.0) -> str:
    """`17 min after OF`, `2 min 5 s before OF`, or `at OF`."""
    if abs(seconds) < 0.5:
        return f"at {of}"
    return f"{about(abs(seconds), step)} {'after' if seconds > 0 else 'before'} {of}"


def time_step(width: float) -> float:
    """Seconds to which a time (or duration) with an interval that wide is worth printing."""
    return 1.0 if width <= 2 * MINUTE else MINUTE


def _rounded(value: float, step: float) -> float:
    unit = MINUTE if step >= MINUTE else 1.0
    return math.floor(value / unit + 0.5) * unit
