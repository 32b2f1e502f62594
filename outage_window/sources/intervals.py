"""The rows of one service to its series: sorted, repaired where no guess is needed, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.estimate import Origin
from detector.series import F64, Bool, Counts, Levels, Series, table
from outage_window.assess import ServiceData
from outage_window.sources.pieces import Rows
from outage_window.sources.reading import Marks
from outage_window.sources.tables import FAULTS, RowsQuantity

TOO_LITTLE = "too little data"
"""How the reason of a service begins that is sound but cannot be judged."""

FREQUENT = 0.2
"""A difference of times that this share of the rows has is the usual one; else the median is."""


def service_data(rows: Rows, origins: tuple[Origin, ...], marks: Marks | None) -> ServiceData:
    """Make the series of one service; what was repaired stands in its notes.

    Rows are sorted; duplicates that agree are dropped, those that disagree refuse the service; rows
    with missing numbers are no observation. `origins` are the files that the rows are of. `marks`
    defaults to `start`. Gaps stay gaps.
    """
    notes: list[str] = []

    def refused(reason: str) -> ServiceData:
        return ServiceData(rows.service, None, origins, reason, tuple(notes))

    if rows.fault.any():
        row = int(np.argmax(rows.fault > 0))
        return refused(f"{rows.place(row)}: {FAULTS[rows.fault[row]]}")
    if rows.quantity is None:
        files = " and ".join(dict.fromkeys(origin.name for origin in origins))
        return refused(f"{files} give different quantities for the same service")
    order = _ordered(rows, notes)
    time, attempts, value = _at(rows, order)
    between = np.diff(time)
    again = np.flatnonzero(between == 0)
    if len(again):
        reason = _disagreeing(rows, order, again)
        if reason is not None:
            notes.clear()
            return refused(reason)
        notes.append(f"{_rows(len(again))} given twice with the same numbers: used once")
        time, attempts, value = _at(rows, np.delete(_every(rows, order), again + 1))
        between = np.diff(time)
    if len(time) < 2:
        return refused(f"{TOO_LITTLE}: {_rows(len(time))} with numbers")
    step = _usual(between)
    if step <= 0:
        return refused("most rows are less than a millisecond apart; expected rows of intervals")
    observed = _Observed(time, between, attempts, value)
    series = _series(observed, step, rows.quantity, marks or "start")
    notes.insert(0, f"step {series.step:g} s; time marks the {marks or 'start'} of an interval")
    return ServiceData(rows.service, series, origins, notes=tuple(notes))


Order = NDArray[np.int64] | None
"""Which rows of a service, in order; None: all of them as they are."""


def _every(rows: Rows, order: Order) -> NDArray[np.int64]:
    return np.arange(len(rows.time)) if order is None else order


def _at(rows: Rows, order: Order) -> tuple[F64, F64 | None, F64]:
    if order is None:
        return rows.time, rows.attempts, rows.value
    attempts = None if rows.attempts is None else rows.attempts[order]
    return rows.time[order], attempts, rows.value[order]


def step_of(time: F64) -> float:
    """The usual difference of sorted times, shape (n,) with n > 1: the most frequent one.

    Where none is frequent (jitter), the median. Rows left out must not make it longer.
    """
    return _usual(np.diff(time))


def _usual(between: F64) -> float:
    differences = np.round(between, 3)
    if (differences == differences[0]).all():  # nearly always, and quickly seen
        return float(differences[0])
    values, counts = np.unique(differences, return_counts=True)
    best = int(np.argmax(counts))
    usual = counts[best] >= FREQUENT * len(differences)
    return float(values[best] if usual else np.median(differences))


def _ordered(rows: Rows, notes: list[str]) -> Order:
    """The rows that hold numbers, in order of time."""
    total = rows.value if rows.attempts is None else rows.value + rows.attempts
    known = ~np.isnan(total)
    order: Order = None
    if not known.all():
        left = _rows(int((~known).sum()))
        notes.append(f"{left} with an empty number left out: no attempts are no observation")
        order = np.flatnonzero(known)
    time = rows.time if order is None else rows.time[order]
    if (time[1:] < time[:-1]).any():
        notes.append("rows were not in order of time: sorted")
        order = _every(rows, order)[np.argsort(time, kind="stable")]
    return order


def _disagreeing(rows: Rows, order: Order, again: NDArray[np.int64]) -> str | None:
    every = _every(rows, order)
    _, attempts, value = _at(rows, order)
    differ: Bool = value[again] != value[again + 1]
    if attempts is not None:
        differ |= attempts[again] != attempts[again + 1]
    if not differ.any():
        return None
    first = again[np.argmax(differ)]
    one, other = sorted((int(every[first]), int(every[first + 1])))
    return (
        f"{rows.place(one)} and {rows.place(other)} disagree about the same time"
        f" ({int(differ.sum())} such times); expected one row a service and interval"
    )


@dataclass(frozen=True, slots=True)
class _Observed:
    """Rows in order: their times, the differences of these, attempts (if any) and values."""

    time: F64
    between: F64
    attempts: F64 | None
    value: F64


def _series(rows: _Observed, step: float, quantity: RowsQuantity, marks: Marks) -> Series:
    """Intervals of a step each; where the next mark comes sooner, the interval is shorter."""
    time, between, attempts, value = rows.time, rows.between, rows.attempts, rows.value
    even = bool((between >= step).all())
    if attempts is not None and even:
        return table(time if marks == "start" else time - step, step, attempts, value)
    length = np.full(len(time), step)
    if marks == "start":
        length[:-1] = np.minimum(step, between)
        start, end = time, time + length
    else:
        length[1:] = np.minimum(step, between)
        start, end = time - length, time
    if attempts is None:
        return Levels(start, end, value, step, "ratio" if quantity == "ratio" else "level")
    return Counts(start, end, attempts, value, np.arange(len(time)), step)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"
