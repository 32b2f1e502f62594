"""A column of times to seconds since the epoch, UTC: what cannot be told is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from detector.series import F64, I64
from outage_window.errors import InputError
from outage_window.sources import arrow
from outage_window.sources.reading import TimeUnit
from outage_window.zones import zone_of

Place = Callable[[int], str]

TimeKind = Literal["zoned", "local", "s", "ms", "us", "ns"]
"""With an offset, without one, or as numbers of a unit."""

UNITS: dict[TimeUnit, float] = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
FIRST, LAST = 946_684_800, 4_102_444_800
"""2000-01-01 and 2100-01-01: between them the number of digits tells s, ms, us and ns apart."""

EARLIEST, LATEST = 0, 7_258_118_400
"""1970-01-01 and 2200-01-01: no export is from outside, whatever its times are written in."""

_BOUNDS = "a time outside of 1970 to 2200"
_QUARTER = 900 * 10**9
_NUMBER = r"^[+-]?\d+(\.\d*)?$"
_ZONED = r":\d\d(:\d\d([.,]\d*)?)?\s*(Z|[+-]\d\d(:?\d\d)?)$"
_EXPECTED = "expected a time such as 2024-01-22T15:30:00Z"


def seconds(column: Any, place: Place, zone: str | None, unit: TimeUnit | None) -> F64:
    """Convert an Arrow column of times, shape (n,); `place` names a row in an `InputError`.

    Taken: text with an offset, text without one if `zone` says where, numbers since the epoch whose
    unit can be told or is given, and Arrow's own timestamps. Missing times, times with an offset
    beside times without, and local times that occur twice or never are refused; so is every time
    outside of `EARLIEST` to `LATEST`.
    """
    return seconds_and_kind(column, place, zone, unit)[0]


def seconds_and_kind(
    column: Any, place: Place, zone: str | None, unit: TimeUnit | None
) -> tuple[F64, TimeKind]:
    """As `seconds`, with how the times are written, in which all parts of a file must agree."""
    if column.null_count:
        raise InputError(place(_first(arrow.nulls(column))), f"no time; {_EXPECTED}")
    found, kind = _converted(column, place, zone, unit)
    good = plausible(found)
    if not good.all():
        raise InputError(place(_first(~good)), f"{_BOUNDS}; {_EXPECTED}")
    return found, kind


def plausible(time: F64) -> NDArray[np.bool_]:
    """Where a time is one that an export can hold, shape (n,)."""
    return (time >= EARLIEST) & (time < LATEST)


def _converted(
    column: Any, place: Place, zone: str | None, unit: TimeUnit | None
) -> tuple[F64, TimeKind]:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.tz and column.type.unit == "s":
        return arrow.integers(column) / 1.0, "zoned"  # the same, since whole seconds are exact
    if pa.types.is_timestamp(column.type):
        try:
            nanoseconds = arrow.integers(_as_time(column, column.type.tz, pa))
        except pa.ArrowInvalid:
            row = _unreadable(column, column.type.tz)
            raise InputError(place(row), f"{_BOUNDS}; {_EXPECTED}") from None
        return _zoned(nanoseconds) if column.type.tz else _local(nanoseconds, zone, place)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _epoch(_numbers(column), unit, place)
    if pa.types.is_date(column.type):
        return _converted(column.cast(pa.timestamp("s")), place, zone, unit)
    return _text(column.cast(pa.string()), place, zone, unit)


def _as_time(column: Any, zone: str | None, pa: Any) -> Any:
    kind = pa.timestamp("ns", tz="UTC" if zone else None)
    return column if column.type == kind else column.cast(kind)


def _zoned(nanoseconds: I64) -> tuple[F64, TimeKind]:
    return nanoseconds / 1e9, "zoned"


def _text(
    column: Any, place: Place, zone: str | None, unit: TimeUnit | None
) -> tuple[F64, TimeKind]:
    import pyarrow as pa

    try:  # nearly always right, and the fastest by far
        return _zoned(arrow.integers(_as_time(column, "UTC", pa)))
    except pa.ArrowInvalid:
        return _classified(column, place, zone, unit)


def _classified(
    column: Any, place: Place, zone: str | None, unit: TimeUnit | None
) -> tuple[F64, TimeKind]:
    """Every row must be of the first row's class: with an offset, without one, or a number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    written = column
    column = pc.utf8_upper(pc.utf8_trim_whitespace(column))
    numeric = arrow.truths(pc.match_substring_regex(column, _NUMBER))
    zoned = arrow.truths(pc.match_substring_regex(column, _ZONED))
    classes = np.where(numeric, 2, np.where(zoned, 1, 0))
    other = classes != classes[0]
    if numeric[0] and not other.any():
        return _epoch(_numbers(column), unit, place)
    offset = "UTC" if zoned[0] else None
    readable = column if not other.any() else column.slice(0, int(np.argmax(other)))
    try:
        nanoseconds = arrow.integers(_as_time(readable, offset, pa))
    except pa.ArrowInvalid:
        row = _unreadable(readable, offset)
        shown = written[row].as_py()[:40]
        raise InputError(place(row), f"cannot read the time {shown!r}; {_EXPECTED}") from None
    if other.any():
        raise _mixed(written, int(np.argmax(other)), place)
    return _zoned(nanoseconds) if offset else _local(nanoseconds, zone, place)


def _mixed(column: Any, row: int, place: Place) -> InputError:
    shown = column[row].as_py()[:40]
    return InputError(
        place(row),
        f"the time {shown!r} is not of the kind of those before it;"
        " expected an offset (or Z) on every row or on none",
    )


def _unreadable(column: Any, zone: str | None) -> int:
    """The first row that is no time: halve until one is left."""
    import pyarrow as pa

    low, length = 0, len(column)
    while length > 1:
        half = length // 2
        try:
            _as_time(column.slice(low, half), zone, pa)
            low, length = low + half, length - half
        except pa.ArrowInvalid:
            length = half
    return low


def _numbers(column: Any) -> Any:
    """Whole numbers where all are: a float would round nanoseconds."""
    import pyarrow as pa

    try:
        return arrow.integers(column)
    except pa.ArrowInvalid:
        return arrow.floats(column)


def _epoch(values: Any, unit: TimeUnit | None, place: Place) -> tuple[F64, TimeKind]:
    finite = np.isfinite(values)
    if not finite.all():
        raise InputError(place(_first(~finite)), f"the time is not a finite number; {_EXPECTED}")
    chosen = unit or unit_of(values)
    if chosen is None:
        row = _first((values < FIRST) | (values >= LAST * 1e9)) if len(values) else 0
        raise InputError(
            place(row),
            "cannot tell the unit of a numeric time between 2000 and 2100;"
            " --time-unit s, ms, us or ns settles it",
        )
    return values / UNITS[chosen], chosen


def unit_of(values: Any) -> TimeUnit | None:
    """The only unit in which all of the numbers, shape (n,), are between 2000 and 2100, or None."""
    if not np.isfinite(values).all():
        return None
    for unit, scale in UNITS.items():
        if FIRST * scale <= values.min() and values.max() < LAST * scale:
            return unit
    return None


def _local(nanoseconds: I64, zone: str | None, place: Place) -> tuple[F64, TimeKind]:
    """Times of day in a zone; offsets change on quarters of an hour, so each is asked for once."""
    if zone is None:
        raise InputError(
            place(0), "the time has no zone; expected an offset or Z, or --time-zone to say which"
        )
    where = zone_of(zone, "--time-zone")
    quarters, index = np.unique(nanoseconds // _QUARTER, return_inverse=True)
    naive = [datetime(1970, 1, 1) + timedelta(seconds=900 * int(q)) for q in quarters]  # noqa: DTZ001
    early = np.array([_offset(moment, where, 0) for moment in naive])
    late = np.array([_offset(moment, where, 1) for moment in naive])
    twice = (early != late)[index]
    if twice.any():
        raise InputError(
            place(_first(twice)),
            f"this local time occurs twice or never in {zone} (the clocks change);"
            " expected times with an offset",
        )
    return nanoseconds / 1e9 - early[index], "local"


def _offset(moment: datetime, zone: tzinfo, fold: int) -> float:
    offset = moment.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None  # every zone of `zone_of` has one
    return offset.total_seconds()


def _first(mask: Any) -> int:
    return int(np.argmax(np.asarray(mask)))
