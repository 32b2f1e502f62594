"""The rows of one service to its series: sorted, repaired where no guess is needed, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.series import F64, Bool, Counts, Levels, Series, table
from outage_window.assess import ServiceData
from outage_window.sources.reading import Marks
from outage_window.sources.tables import FAULTS, Rows, RowsQuantity

TOO_LITTLE = "too little data"
"""How the reason of a service begins that is sound but cannot be judged."""

FREQUENT = 0.2
"""A difference of times that this share of the rows has is the usual one; else the median is."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """The rows of all files of one service, in the order of the files; arrays of shape (n,)."""

    parts: tuple[Rows, ...]
    part: NDArray[np.int64]
    time: F64
    attempts: F64 | None
    value: F64

    def place(self, row: int) -> str:
        part = self.parts[int(self.part[row])]
        first = int(np.argmax(self.part == self.part[row]))
        return part.place(int(part.number[row - first]))

    def at(self, rows: NDArray[np.int64]) -> tuple[F64, F64 | None, F64]:
        attempts = None if self.attempts is None else self.attempts[rows]
        return self.time[rows], attempts, self.value[rows]


def _unusable(parts: Sequence[Rows]) -> str | None:
    """The first impossible row of a service, with its line; None when there is none."""
    for part in parts:
        if part.fault.any():
            row = int(np.argmax(part.fault > 0))
            return f"{part.place(int(part.number[row]))}: {FAULTS[part.fault[row]]}"
    if len({part.quantity for part in parts}) > 1:
        files = " and ".join(dict.fromkeys(part.origin.name for part in parts))
        return f"{files} give different quantities for the same service"
    return None


def service_data(service: str, parts: Sequence[Rows], marks: Marks | None) -> ServiceData:
    """Make the series of one service; what was repaired stands in its notes.

    Rows are sorted; duplicates that agree are dropped, those that disagree refuse the service; rows
    with missing numbers are no observation. `marks` defaults to `start`. Gaps stay gaps.
    """
    origins = tuple(dict.fromkeys(part.origin for part in parts))
    refused = _unusable(parts)
    if refused is not None:
        return ServiceData(service, None, origins, refused)
    joined = _join(parts)
    notes: list[str] = []
    rows = _ordered(joined, notes)
    time = joined.time[rows]
    again = np.flatnonzero(np.diff(time) == 0)
    if len(again):
        refused = _disagreeing(joined, rows, again)
        if refused is not None:
            return ServiceData(service, None, origins, refused)
        notes.append(f"{_rows(len(again))} given twice with the same numbers: used once")
        rows = np.delete(rows, again + 1)
    if len(rows) < 2:
        return ServiceData(
            service,
            None,
            origins,
            f"{TOO_LITTLE}: {_rows(len(rows))} with numbers",
            tuple(notes),
        )
    if step_of(joined.time[rows]) <= 0:
        refused = "most rows are less than a millisecond apart; expected rows of intervals"
        return ServiceData(service, None, origins, refused, tuple(notes))
    series = _series(*joined.at(rows), parts[0].quantity, marks or "start")
    notes.insert(0, f"step {series.step:g} s; time marks the {marks or 'start'} of an interval")
    return ServiceData(service, series, origins, notes=tuple(notes))


def step_of(time: F64) -> float:
    """The usual difference of sorted times, shape (n,) with n > 1: the most frequent one.

    Where none is frequent (jitter), the median. Rows left out must not make it longer.
    """
    differences = np.round(np.diff(time), 3)
    values, counts = np.unique(differences, return_counts=True)
    best = int(np.argmax(counts))
    usual = counts[best] >= FREQUENT * len(differences)
    return float(values[best] if usual else np.median(differences))


def _join(parts: Sequence[Rows]) -> _Joined:
    attempts = [part.attempts for part in parts if part.attempts is not None]
    return _Joined(
        parts=tuple(parts),
        part=np.repeat(np.arange(len(parts)), [len(part.time) for part in parts]),
        time=np.concatenate([part.time for part in parts]),
        attempts=np.concatenate(attempts) if attempts else None,
        value=np.concatenate([part.value for part in parts]),
    )


def _ordered(joined: _Joined, notes: list[str]) -> NDArray[np.int64]:
    """The rows that hold numbers, in order of time."""
    known = ~np.isnan(joined.value)
    if joined.attempts is not None:
        known &= ~np.isnan(joined.attempts)
    if not known.all():
        left = _rows(int((~known).sum()))
        notes.append(f"{left} with an empty number left out: no attempts are no observation")
    rows = np.flatnonzero(known)
    time = joined.time[rows]
    if (np.diff(time) < 0).any():
        notes.append("rows were not in order of time: sorted")
        rows = rows[np.argsort(time, kind="stable")]
    return rows


def _disagreeing(joined: _Joined, rows: NDArray[np.int64], again: NDArray[np.int64]) -> str | None:
    _, attempts, value = joined.at(rows)
    differ: Bool = value[again] != value[again + 1]
    if attempts is not None:
        differ |= attempts[again] != attempts[again + 1]
    if not differ.any():
        return None
    first = again[np.argmax(differ)]
    one, other = sorted((int(rows[first]), int(rows[first + 1])))
    return (
        f"{joined.place(one)} and {joined.place(other)} disagree about the same time"
        f" ({int(differ.sum())} such times); expected one row a service and interval"
    )


def _series(
    time: F64, attempts: F64 | None, value: F64, quantity: RowsQuantity, marks: Marks
) -> Series:
    """Intervals of a step each; where the next mark comes sooner, the interval is shorter."""
    step = step_of(time)
    length = np.full(len(time), step)
    between = np.diff(time)
    if marks == "start":
        length[:-1] = np.minimum(step, between)
        start, end = time, time + length
    else:
        length[1:] = np.minimum(step, between)
        start, end = time - length, time
    if attempts is None:
        return Levels(start, end, value, step, "ratio" if quantity == "ratio" else "level")
    if (between >= step).all():
        return table(start, step, attempts, value)
    return Counts(start, end, attempts, value, np.arange(len(time)), step)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"
