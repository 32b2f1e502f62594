"""Cells to what a chart can draw: steps with breaks, and a min/max envelope that keeps spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.cells import Cells
from detector.series import F64

COLUMNS = 800
"""About as many columns as the plot has pixels; more cells than that are drawn as an envelope."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Columns of a chart; arrays of shape (m,). NaN where a column has no value.

    `low` and `high` are the extremes of the cells in the column, so that a spike of one cell shows;
    `expected`, `usual_low` and `usual_high` and `per_minute` (attempts) are means over the column.
    """

    start: F64
    end: F64
    low: F64
    high: F64
    expected: F64
    usual_low: F64
    usual_high: F64
    per_minute: F64


def envelope(cells: Cells, columns: int = COLUMNS) -> Envelope:
    """One column a cell where there is room, else `columns` of equal length over the whole time."""
    minutes = (cells.end - cells.start) / 60.0
    if len(cells.start) <= columns:
        bands = (cells.expected, cells.low, cells.high)
        rate = cells.attempts / minutes
        return Envelope(cells.start, cells.end, cells.ratio, cells.ratio, *bands, rate)
    begin, end = float(cells.start[0]), float(cells.end[-1])
    column = ((cells.start - begin) / (end - begin) * columns).astype(np.int64)
    first = np.flatnonzero(np.diff(column, prepend=-1))
    count = np.diff(first, append=len(column))

    def mean(values: F64) -> F64:
        total: F64 = np.add.reduceat(values, first)
        return total / count

    return Envelope(
        start=cells.start[first],
        end=cells.end[np.append(first[1:], len(column)) - 1],
        low=np.fmin.reduceat(cells.ratio, first),
        high=np.fmax.reduceat(cells.ratio, first),
        expected=mean(cells.expected),
        usual_low=mean(cells.low),
        usual_high=mean(cells.high),
        per_minute=np.add.reduceat(cells.attempts, first) / np.add.reduceat(minutes, first),
    )


def steps(start: F64, end: F64, value: F64) -> tuple[F64, F64]:
    """(x, y) of a step line over [`start`, `end`) each, broken (NaN) where time is left out."""
    hole = np.append(start[1:] > end[:-1] + 0.5 * (end[:-1] - start[:-1]), False)
    x = np.stack([start, end, end], axis=1)
    y = np.stack([value, value, np.where(hole, np.nan, value)], axis=1)
    return x.ravel(), y.ravel()
