"""Local hours against the standard library, an hour at a time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detector.zones import local_hours_ahead


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Berlin", "America/Bogota", "Australia/Sydney", "UTC"]
)
def test_every_hour_of_two_years_is_as_far_ahead_as_the_zone_says(zone: str) -> None:
    hours = np.arange(473_000, 473_000 + 2 * 8766)
    ours = local_hours_ahead(hours, zone)
    for hour, ahead in zip(hours[::7], ours[::7], strict=True):
        moment = dt.datetime.fromtimestamp(int(hour) * 3600, ZoneInfo(zone))
        offset = moment.utcoffset()
        assert offset is not None
        assert ahead == offset.total_seconds() // 3600


def test_fixed_offsets() -> None:
    hours = np.array([1, 2, 3])
    assert local_hours_ahead(hours, "-05:00").tolist() == [-5, -5, -5]
    assert local_hours_ahead(hours, "+05:45").tolist() == [5, 5, 5]
    assert local_hours_ahead(hours[:0], "+05:45").tolist() == []
