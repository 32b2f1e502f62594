"""Local hours of a service's zone: how far ahead of UTC, daylight-saving changes included."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from detector.series import I64

MONDAY = 4
"""1970-01-01 was a Thursday: days since the epoch, plus 3, modulo 7 make a weekday from Monday."""


def local_hours_ahead(hours: I64, zone: str) -> I64:
    """Whole hours that local time is ahead of UTC in each of `hours` since the epoch, UTC.

    Zones half an hour off are taken as the hour before: all that matters is that the same hour of
    a service's day always falls into the same place.
    """
    if zone == "UTC" or not len(hours):
        return np.zeros(len(hours), dtype=np.int64)
    if zone[:1] in "+-":
        whole = int(zone[1:].split(":")[0])
        return np.full(len(hours), whole if zone[0] == "+" else -whole, dtype=np.int64)
    first, last = int(hours.min()), int(hours.max())
    table = _offsets(first, last, ZoneInfo(zone))
    ahead: I64 = table[hours - first]
    return ahead


def _offsets(first: int, last: int, zone: ZoneInfo) -> I64:
    """The offset of every hour from `first` to `last`, looked up closely only where it changes."""
    table = np.empty(last - first + 1, dtype=np.int64)
    for begin in range(first, last + 1, 24):
        end = min(begin + 24, last + 1)
        offset = _offset(begin, zone)
        table[begin - first : end - first] = offset
        if _offset(end - 1, zone) != offset:
            for hour in range(begin, end):
                table[hour - first] = _offset(hour, zone)
    return table


def _offset(hour: int, zone: ZoneInfo) -> int:
    ahead = dt.datetime.fromtimestamp(hour * 3600, zone).utcoffset()
    return 0 if ahead is None else int(ahead.total_seconds() // 3600)
