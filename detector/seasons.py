"""Hours of the week in a service's own zone: where a time falls, and reading a weekly profile."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from detector.series import F64

HOUR = 3600.0
WEEK_HOURS = 168
_MONDAY = 4 * 24  # 1970-01-01 was a Thursday: the first Monday came 96 hours later.


def local_hours(time: F64, zone: str) -> F64:
    """Hours since a local Monday midnight, not wrapped: 168 of them a week, DST included.

    `time` in seconds since the epoch, shape (m,). Offsets are looked up once an hour: zones change
    theirs on the hour or half hour, where a few minutes in the wrong bin of a profile do no harm.
    """
    hours = np.floor(time / HOUR).astype(np.int64)
    unique, place = np.unique(hours, return_inverse=True)
    offsets = np.array([_offset(int(hour), zone) for hour in unique])
    local: F64 = time / HOUR + offsets[place] - _MONDAY
    return local


def _offset(hour: int, zone: str) -> float:
    """Find the hours that local time is ahead of UTC in that hour since the epoch."""
    if zone == "UTC":
        return 0.0
    if zone[:1] in "+-":
        hours, minutes = zone[1:].split(":")
        return (1 if zone[0] == "+" else -1) * (int(hours) + int(minutes) / 60)
    moment = dt.datetime.fromtimestamp(hour * HOUR, ZoneInfo(zone))
    ahead = moment.utcoffset()
    return 0.0 if ahead is None else ahead.total_seconds() / HOUR


def read_profile(profile: F64, hours: F64) -> F64:
    """Values of a weekly profile of shape (168,), linear between the middles of its hours."""
    at = np.mod(hours - 0.5, WEEK_HOURS)
    low = np.floor(at).astype(np.int64)
    part = at - low
    value: F64 = profile[low % WEEK_HOURS] * (1 - part) + profile[(low + 1) % WEEK_HOURS] * part
    return value
