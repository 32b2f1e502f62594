"""Rows of a table, one a service and interval: their numbers, and what is impossible about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.series import F64, I64
from outage_window.sources import arrow, tabular
from outage_window.sources.columns import Columns
from outage_window.sources.formatted import Unit
from outage_window.sources.numbers import floats
from outage_window.sources.reading import Reading
from outage_window.sources.times import TimeKind, seconds_and_kind

RowsQuantity = Literal["counts", "ratio", "level"]

MOST = 2.0**53
"""Above this a float counts no longer: no number of attempts is there by right."""

FAULTS = (
    "",
    "a negative value",
    "an infinite value, or one beyond all counting",
    "an error ratio above 1 (expected 0 to 1)",
    "negative attempts",
    "infinite attempts, or beyond all counting",
    "errors exceed attempts",
)


@dataclass(frozen=True, slots=True)
class Written:
    """How a table is written: all parts of a file must agree, since each is read by itself."""

    quantity: RowsQuantity
    times: TimeKind
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of a table in its own order; arrays of shape (n,).

    `attempts` is None for a series without them. `value` is the errors, the error ratio or the
    level, NaN where missing. `fault` is 0 or the index in `FAULTS` of what is impossible about a
    row. `service` is the index of the row's service in `names`.
    """

    time: F64
    attempts: F64 | None
    value: F64
    fault: NDArray[np.int8]
    service: I64
    names: tuple[str, ...]
    written: Written
    place: tabular.Place


def read(table: tabular.Table, found: Columns, reading: Reading) -> TableRows:
    """The numbers of a table whose columns are known; `InputError` where one is none."""
    column = table.columns[found.time]
    time, kind = seconds_and_kind(column, table.place, reading.time_zone, reading.time_unit)
    attempts, value, units = _values(table, found)
    quantity: RowsQuantity = "counts"
    if attempts is None:
        quantity = "level" if found.ratio is None else "ratio"
    fault = faults_of(attempts, value, found.ratio is not None)
    if attempts is not None and found.ratio is not None:
        with np.errstate(invalid="ignore"):  # infinity times 0, which is a fault already
            value = _whole(attempts, value * attempts)
    service, names = _services(table, found.service, reading.service)
    written = Written(quantity, kind, units)
    return TableRows(time, attempts, value, fault, service, names, written, table.place)


def _services(
    table: tabular.Table, column: str | None, default: str
) -> tuple[I64, tuple[str, ...]]:
    """The service of each row; rows without one belong to `default`."""
    if column is None:
        return np.zeros(table.rows, np.int64), (default,)
    codes, texts = arrow.codes(table.columns[column])
    index, names = _known(tuple(texts), default)
    if codes.min(initial=0) >= 0 and index[-1] > index[:-1].max(initial=-1):
        names = names[:-1]  # no row belongs to the default
    return index[codes], names


@lru_cache(maxsize=4)  # parts of a file often have the same services
def _known(texts: tuple[str | None, ...], default: str) -> tuple[I64, tuple[str, ...]]:
    """The names that texts stand for, and the number of each text among them; the last is that of
    no text."""
    known: dict[str, int] = {}
    index = [known.setdefault((t or "").strip() or default, len(known)) for t in (*texts, default)]
    return np.array(index), tuple(known)


def _values(table: tabular.Table, found: Columns) -> tuple[F64 | None, F64, tuple[Unit, ...]]:
    """Attempts (if any), then errors or ratio or level, and the units in which they are shown."""
    units: list[Unit] = []

    def column(name: str, unit: Unit = "") -> F64:
        values, told = floats(table.columns[name], name, table.place, unit)
        units.append(told)
        return values

    attempts = None if found.attempts is None else column(found.attempts)
    if found.errors is not None:
        value = column(found.errors)
    elif found.ratio is not None:
        value = column(found.ratio, "%")
    else:
        assert found.level is not None  # one of the three is there
        value = column(found.level, "/s")
    return attempts, value, tuple(units)


def faults_of(attempts: F64 | None, value: F64, ratio: bool) -> NDArray[np.int8]:
    """What is impossible about each row, as an index of `FAULTS`, 0 if nothing; NaN is no fault.

    `value` is an error ratio if `ratio`, else errors or a level.
    """
    fault = np.zeros(len(value), dtype=np.int8)
    if attempts is not None and not ratio:
        good = (value >= 0) & (value <= attempts) & (attempts <= MOST)
        if good.all():
            return fault  # as nearly always
    bad: list[NDArray[np.bool_]] = [value < 0, value > MOST, (value > 1) & ratio]
    if attempts is not None:
        bad += [attempts < 0, attempts > MOST, (value > attempts) & (not ratio)]
    for code, where in reversed(list(enumerate(bad, 1))):
        fault[where] = code
    return fault


def _whole(attempts: F64, errors: F64) -> F64:
    """Errors made from a ratio are whole where attempts are: a ratio is often rounded."""
    known = attempts[np.isfinite(attempts)]
    return np.rint(errors) if np.array_equal(known, np.rint(known)) else errors
