"""Rows of a table, one a service and interval, to the series of each service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.estimate import Origin
from detector.series import F64, I64
from outage_window.sources import arrow, tabular
from outage_window.sources import columns as columns_of
from outage_window.sources.columns import Columns
from outage_window.sources.files import Source
from outage_window.sources.formatted import Unit
from outage_window.sources.numbers import floats
from outage_window.sources.reading import Reading
from outage_window.sources.times import seconds

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
class Rows:
    """The rows of one service in one file, as they stand there; arrays of shape (n,).

    `attempts` is None for a series without them. `value` is the errors, the error ratio or the
    level, NaN where missing. `number` is the row's number in the file, `fault` is 0 or the
    index in `FAULTS` of what is impossible about it.
    """

    service: str
    origin: Origin
    quantity: RowsQuantity
    time: F64
    attempts: F64 | None
    value: F64
    number: I64
    fault: NDArray[np.int8]
    place: tabular.Place


def read(source: Source, reading: Reading) -> list[Rows]:
    """Read one table: the rows of each service, services in the order of their names."""
    found = columns_of.recognise(tabular.names(source), reading, source.name)
    table = tabular.load(source, found.wanted())
    time = seconds(table.columns[found.time], table.place, reading.time_zone, reading.time_unit)
    attempts, value, fault = _values(table, found)
    quantity: RowsQuantity = "counts"
    if attempts is None:
        quantity = "level" if found.ratio is None else "ratio"
    origin = source.origin(table.rows)
    rows = []
    for service, index in split(table, found.service, reading.service):
        part = None if attempts is None else attempts[index]
        rows.append(
            Rows(
                service,
                origin,
                quantity,
                time[index],
                part,
                value[index],
                index,
                fault[index],
                table.place,
            )
        )
    return rows


def split(table: tabular.Table, column: str | None, default: str) -> list[tuple[str, I64]]:
    """The services of a table, sorted by name, with the numbers of their rows, ascending.

    Rows without a service belong to `default`.
    """
    if column is None:
        return [(default, np.arange(table.rows))]
    codes, found = arrow.codes(table.columns[column])
    names = [*((name or "").strip() or default for name in found), default]
    order = np.argsort(codes, kind="stable")
    present, first = np.unique(codes[order], return_index=True)
    parts: dict[str, list[I64]] = {}
    for code, index in zip(present, np.split(order, first[1:]), strict=True):
        parts.setdefault(names[code], []).append(index)
    return [(name, np.sort(np.concatenate(parts[name]))) for name in sorted(parts)]


def _values(table: tabular.Table, found: Columns) -> tuple[F64 | None, F64, NDArray[np.int8]]:
    """Attempts (if any), errors or ratio or level, and what is impossible about each row."""

    def column(name: str | None, unit: Unit = "") -> F64 | None:
        return None if name is None else floats(table.columns[name], name, table.place, unit)

    attempts, errors, ratio = column(found.attempts), column(found.errors), column(found.ratio, "%")
    level = column(found.level, "/s")
    value = next(v for v in (errors, ratio, level) if v is not None)
    fault = faults_of(attempts, value, ratio is not None)
    if attempts is not None and ratio is not None:
        with np.errstate(invalid="ignore"):  # infinity times 0, which is a fault already
            value = _whole(attempts, ratio * attempts)
    return attempts, value, fault


def faults_of(attempts: F64 | None, value: F64, ratio: bool) -> NDArray[np.int8]:
    """What is impossible about each row, as an index of `FAULTS`, 0 if nothing; NaN is no fault.

    `value` is an error ratio if `ratio`, else errors or a level.
    """
    bad: list[NDArray[np.bool_]] = [value < 0, value > MOST, (value > 1) & ratio]
    if attempts is not None:
        bad += [attempts < 0, attempts > MOST, (value > attempts) & (not ratio)]
    fault = np.zeros(len(value), dtype=np.int8)
    for code, where in reversed(list(enumerate(bad, 1))):
        fault[where] = code
    return fault


def _whole(attempts: F64, errors: F64) -> F64:
    """Errors made from a ratio are whole where attempts are: a ratio is often rounded."""
    known = attempts[np.isfinite(attempts)]
    return np.rint(errors) if np.array_equal(known, np.rint(known)) else errors


def services(rows: Sequence[Rows]) -> dict[str, list[Rows]]:
    """The parts of each service over all files, services sorted by name."""
    found: dict[str, list[Rows]] = {}
    for part in rows:
        found.setdefault(part.service, []).append(part)
    return {name: found[name] for name in sorted(found)}
