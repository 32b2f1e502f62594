"""Cells to the columns that a chart can draw: a min/max envelope that keeps spikes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from detector.cells import Cells
from detector.series import F64
from reports.facts import Curve

COLUMNS = 800
"""About as many columns as the plot has pixels; more cells than that are drawn as an envelope."""
DIGITS = 6


def curve(cells: Cells, columns: int = COLUMNS) -> Curve:
    """One column a cell where there is room, else `columns` of equal length over the whole time."""
    minutes = (cells.end - cells.start) / 60.0
    if len(cells.start) <= columns:
        first = np.arange(len(cells.start))
        last = first
    else:
        begin, end = float(cells.start[0]), float(cells.end[-1])
        column = ((cells.start - begin) / (end - begin) * columns).astype(np.int64)
        first = np.flatnonzero(np.diff(column, prepend=-1))
        last = np.append(first[1:], len(column)) - 1
    mean = _mean(first, len(cells.start))
    return Curve(
        start=tuple(cells.start[first].tolist()),
        end=tuple(cells.end[last].tolist()),
        low=_plain(np.fmin.reduceat(cells.ratio, first)),
        high=_plain(np.fmax.reduceat(cells.ratio, first)),
        expected=_plain(mean(cells.expected)),
        usual_low=_plain(mean(cells.low)),
        usual_high=_plain(mean(cells.high)),
        per_minute=_plain(np.add.reduceat(cells.attempts, first) / np.add.reduceat(minutes, first)),
    )


def _mean(first: np.typing.NDArray[np.intp], size: int) -> Callable[[F64], F64]:
    count = np.diff(first, append=size)

    def mean(values: F64) -> F64:
        total: F64 = np.add.reduceat(values, first)
        return total / count

    return mean


def _plain(values: F64) -> tuple[float | None, ...]:
    """Six digits are more than a chart or a table can show."""
    return tuple(
        None if value != value else float(f"{value:.{DIGITS}g}") for value in values.tolist()
    )
