# Times of every writing to seconds, and the refusal of what cannot be told.
from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_window.errors import InputError
from outage_window.sources.times import seconds

NOON = datetime(2024, 1, 18, 12, tzinfo=UTC).timestamp()


def place(row: int) -> str:
    return f"row {row}"


def read(values: Sequence[Any], kind: Any = None, **how: Any) -> list[float]:
    column = pa.array(values, kind)
    return list(seconds(column, place, how.get("zone"), how.get("unit")))


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-18T12:00:00Z",
        "2024-01-18t12:00:00z",
        "2024-01-18 12:00Z",
        " 2024-01-18T12:00:00Z ",
        "2024-01-18T12:00:00.000+00:00",
        "2024-01-18T07:00:00-05:00",
        "2024-01-18T17:30:00+0530",
        "1705579200",
        "1705579200.0",
        "1705579200000",
        "1705579200000000",
    ],
)
def test_one_moment_written_in_many_ways(text: str) -> None:
    assert read([text, text]) == [NOON, NOON]


@given(
    st.lists(
        st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001
        min_size=1,
        max_size=5,
    ),
    st.integers(-14 * 60, 14 * 60),
)
def test_offsets_are_taken_off(moments: list[datetime], minutes: int) -> None:
    zoned = [m.replace(tzinfo=timezone(timedelta(minutes=minutes))) for m in moments]
    got = read([moment.isoformat() for moment in zoned])
    assert np.allclose(got, [moment.timestamp() for moment in zoned], rtol=0, atol=1e-6)


def test_typed_columns() -> None:
    whole = datetime.fromtimestamp(NOON, UTC)
    assert read([whole], pa.timestamp("us", tz="Asia/Tokyo")) == [NOON]
    assert read([int(NOON)], pa.int64()) == [NOON]
    assert read([NOON + 0.25], pa.float64()) == [NOON + 0.25]
    assert read([date(2024, 1, 18)], pa.date32(), zone="UTC") == [NOON - 43200]
    assert read([whole.replace(tzinfo=None)], pa.timestamp("ms"), zone="UTC") == [NOON]


def test_a_named_zone_and_its_summer_time() -> None:
    texts = ["2024-01-18 12:00:00", "2024-07-18 12:00:00"]
    winter, summer = read(texts, zone="Europe/Madrid")
    assert winter == NOON - 3600
    assert summer == datetime(2024, 7, 18, 10, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("clock", ["2024-10-27 02:30:00", "2024-03-31 02:30:00"])
def test_an_hour_that_occurs_twice_or_never(clock: str) -> None:
    with pytest.raises(InputError, match=r"row 1.*twice or never") as error:
        read([clock.replace("02:30", "00:30"), clock], zone="Europe/Madrid")
    assert "Europe/Madrid" in str(error.value)


@pytest.mark.parametrize(
    ("values", "row", "expected"),
    [
        (["2024-01-18T12:00:00Z", "2024-01-18T12:01:00"], 1, "offset"),
        (["2024-01-18T12:00:00", "2024-01-18T12:01:00Z"], 1, "offset"),
        (["2024-01-18T12:00:00Z", "1705579200"], 1, "offset"),
        (["2024-01-18T12:00:00", "2024-01-18T12:01:00"], 0, "--time-zone"),
        (["2024-01-18T12:00:00Z", "2024-13-18T12:00:00Z"], 1, "2024-13-18"),
        (["2024-01-18T12:00:00Z"] * 100 + ["x"] + ["2024-01-18T12:00:00Z"] * 9, 100, "offset"),
        (["2024-01-18T12:00:00Z", None], 1, "no time"),
        (["1705579200", "1705579260000"], 0, "--time-unit"),
        (["0", "60"], 0, "--time-unit"),
        (["1e9", "2e9"], 0, "cannot read the time '1e9'"),
        (["yesterday"], 0, "cannot read the time 'yesterday'"),
    ],
)
def test_refused_with_the_row(values: list[str], row: int, expected: str) -> None:
    with pytest.raises(InputError) as error:
        read(values, pa.string())
    assert error.value.where == f"row {row}"
    assert expected in error.value.expected


def test_a_unit_that_is_given_settles_it() -> None:
    assert read(["0", "60"], unit="s") == [0, 60]
    assert read([0, 60_000], pa.int64(), unit="ms") == [0, 60]


@pytest.mark.parametrize("text", ["1912-04-15T02:20:00Z", "2201-01-01T00:00:00Z"])
def test_no_export_is_from_then(text: str) -> None:
    with pytest.raises(InputError, match=r"row 1: .* 1970 to 2200"):
        read(["2024-01-18T12:00:00Z", text])


def test_a_typed_time_beyond_all_bounds() -> None:
    with pytest.raises(InputError, match=r"row 2: .* 1970 to 2200"):
        read([0, 0, -(2**62), 0], pa.timestamp("ms", tz="UTC"))


def test_not_a_number_is_no_time() -> None:
    with pytest.raises(InputError, match="row 1"):
        read([NOON, float("inf")], pa.float64())
