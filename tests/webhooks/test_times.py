"""Times of senders: exact to the nanosecond, or refused by name."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.model import Refused
from webhooks.times import NS, parse_end, parse_time


def test_keeps_all_nine_digits():
    assert parse_time("2026-11-20T17:54:26.376976884Z", "t") % NS == 376976884


def test_offset_is_taken_off():
    assert parse_time("2024-05-03T10:00:00-05:00", "t") == parse_time("2024-05-03T15:00:00Z", "t")


@given(st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)), st.integers(-1439, 1439))  # noqa: DTZ001
def test_agrees_with_datetime(moment, minutes):
    shifted = moment.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{shifted:%Y-%m-%dT%H:%M:%S.%f}{sign}{size // 60:02d}:{size % 60:02d}"
    elapsed = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (elapsed.days * 86400 + elapsed.seconds) * NS + elapsed.microseconds * 1000
    assert parse_time(text, "t") == expected


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00-05:00"])
def test_zero_time_means_not_ended(zero):
    assert parse_end(zero, "endsAt") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-01-22",
        "2024-01-22T15:30:00",
        "2024-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-22T24:00:00Z",
        "2024-01-22T15:30:60Z",
        "2024-01-22T15:30:00.1234567890Z",
        "2024-01-22T15:30:00+99:00",
        "9999-12-31T23:59:59Z",
        "1500-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2262-04-11T23:47:16.854775807Z",
        "٢٠٢٤-01-22T15:30:00Z",
        "2024-01-22T15:30:00Z\n",
        1705937400,
        None,
        ["2024-01-22T15:30:00Z"],
    ],
)
def test_refuses_by_field(text):
    with pytest.raises(Refused) as refusal:
        parse_time(text, "alerts[3].startsAt")
    assert refusal.value.field == "alerts[3].startsAt"
