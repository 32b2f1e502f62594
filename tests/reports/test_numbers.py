# Numbers, times and durations as text: no digit too many, no interval too narrow, no lost zone.
from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.estimate import Estimate
from reports import times
from reports.numbers import show

from .incidents import at


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.25123, 0.2490, 0.2534, ("25.1 %", "24.9 % to 25.4 %")),
        (0.25123, 0.19, 0.31, ("25 %", "19 % to 31 %")),
        (0.0004, 0.0003, 0.0005, ("0.04 %", "0.03 % to 0.05 %")),
        (0.123456, 0.123456, 0.123456, ("12.3 %", "exact")),
        (0.0, 0.0, 0.0, ("0.0 %", "exact")),
        (1.0, 1.0, 1.0, ("100.0 %", "exact")),
    ],
)
def test_ratios(value, low, high, expected):
    shown = show(Estimate(value, low, high, "ratio", "measured", "m"))
    assert (shown.value, shown.interval) == expected


def test_counts_are_whole_and_grouped():
    shown = show(Estimate.estimated(1234567.8, 1230000, 1240000, "errors", "m"))
    assert (shown.value, shown.interval) == ("1,235,000", "1,230,000 to 1,240,000")
    assert show(Estimate.exact(557, "users", "m")).value == "557"


def test_measured_counts_are_printed_whole_so_that_they_add_up():
    def printed(value, low, high, status="measured", unit="users"):
        shown = show(Estimate(value, low, high, unit, status, "m"))
        return shown.value, shown.interval

    assert printed(10385, 10352, 10401) == ("10,385", "10,352 to 10,401")
    assert printed(10377, 10340, 10396) == ("10,377", "10,340 to 10,396")
    assert printed(8, 5, 12) == ("8", "5 to 12")
    assert printed(10385, 10352, 10401, unit="attempts") == ("10,385", "10,352 to 10,401")
    assert printed(10387, 10352, 10401, "estimated") == ("10,390", "10,350 to 10,410")


@pytest.mark.parametrize("unit", ["ratio", "errors", "seconds", "time", "level"])
def test_only_what_was_counted_or_declared_is_exact(unit):
    shown = {
        status: show(Estimate(1.0, 1.0, 1.0, unit, status, "m")).interval
        for status in ("measured", "declared", "estimated")
    }
    assert shown == {"measured": "exact", "declared": "exact", "estimated": "not known"}


@given(
    st.sampled_from(["ratio", "attempts", "users", "seconds"]),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
    st.sampled_from([1, 1e-3, 1e-6]),
)
def test_printed_interval_holds_the_interval_and_the_value(unit, numbers, scale):
    low, value, high = sorted(x * scale * (1 if unit == "ratio" else 1e6) for x in numbers)
    shown = show(Estimate.estimated(value, low, high, unit, "m"))
    if shown.interval == "not known":
        assert low == high
        return
    factor = 0.01 if unit == "ratio" else 1
    first, point, last = (
        _read(text) * factor
        for text in (
            *shown.interval.split(" to ")[:1],
            shown.value,
            shown.interval.split(" to ")[1],
        )
    )
    # Rounding forgives a billionth of the last digit, and the last digit of a count is 1.
    slack = 2e-9 * max(high, 1e-6 if unit == "ratio" else 1.0)
    assert first <= low + slack
    assert last >= high - slack
    assert first <= point <= last


def _read(text):
    if text.endswith("%") or not text[-1].isalpha():
        return float(text.removesuffix(" %").replace(",", ""))
    unit = {"h": 3600, "min": 60, "s": 1}
    return sum(int(n) * unit[u] for n, u in re.findall(r"(\d+) (h|min|s)", text))


def test_times_are_to_the_second_only_when_they_are_known_to_about_a_minute():
    def printed(half):
        noon = at("2024-05-03 12:00:31")
        return show(Estimate.estimated(noon, noon - half, noon + half, "time", "m"))

    assert printed(14).value == "2024-05-03T12:00:31Z"
    assert printed(14).interval == "2024-05-03T12:00:17Z to 12:00:45Z"
    assert printed(300).value == "2024-05-03T12:01Z"
    assert printed(300).interval == "2024-05-03T11:55Z to 12:06Z"
    assert printed(43200).interval == "2024-05-03T00:00Z to 2024-05-04T00:01Z"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (41, "41 s"),
        (60, "1 min"),
        (118, "1 min 58 s"),
        (3600, "1 h"),
        (3605, "1 h 5 s"),
        (328_800, "91 h 20 min"),
        (-604, "−10 min 4 s"),
        (59.6, "1 min"),
    ],
)
def test_durations(seconds, expected):
    assert times.span(seconds) == expected


def test_the_local_zone_has_date_and_offset_on_both_sides_of_a_change_of_clocks():
    zone = times.local_zone("Europe/Berlin")
    assert times.local(at("2024-10-27 00:30"), zone) == "2024-10-27T02:30:00+02:00"
    assert times.local(at("2024-10-27 01:30"), zone) == "2024-10-27T02:30:00+01:00"
    assert times.local(at("2024-05-04 02:00"), times.local_zone("-05:00")).startswith(
        "2024-05-03T21"
    )


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "+00:00"])
def test_utc_has_no_zone_beside_it(name):
    assert times.local_zone(name) is None


@given(st.floats(0, 4e9), st.sampled_from(["-05:00", "+05:45", "America/Bogota", "Asia/Tokyo"]))
def test_utc_and_local_are_the_same_moment(time, name):
    local = times.local(time, times.local_zone(name))
    assert datetime.fromisoformat(local) == datetime.fromisoformat(times.utc(time))
    assert abs(datetime.fromisoformat(local).timestamp() - time) <= 0.5


def test_refusals_say_why_and_what_would_help():
    shown = show(Estimate.not_derivable("users", "no ids were given", "attempts per user"))
    assert shown.value == "not derivable, because no ids were given (needed: attempts per user)"
