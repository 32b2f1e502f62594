"""Cells to the columns that a chart can draw: a min/max envelope that keeps spikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from detector.cells import Cells
from detector.series import F64
from reports.facts import Curve

COLUMNS = 800
"""About as many columns as the plot has pixels; more cells than that are drawn as an envelope."""
DIGITS = 6
NOTHING = Curve((), (), (), (), (), (), (), ())
"""No column at all."""


@dataclass(frozen=True, slots=True)
class _Intervals:
    """What is drawn in columns; arrays of shape (n,), n at least 1, ordered by time."""

    start: F64
    end: F64
    low: F64
    high: F64
    expected: F64
    usual_low: F64
    usual_high: F64
    attempts: F64


def curve(cells: Cells, columns: int = COLUMNS) -> Curve:
    """One column a cell where there is room, else `columns` of equal length over the whole time."""
    ratio, usual = cells.ratio, (cells.expected, cells.low, cells.high)
    return _reduced(
        _Intervals(cells.start, cells.end, ratio, ratio, *usual, cells.attempts), columns
    )


def cut(known: Curve, start: float, end: float, columns: int = COLUMNS) -> Curve:
    """Those columns of a curve that touch [`start`, `end`), in seconds, put into fewer if need be.

    Columns into which others are put are as many of equal length; none may touch it at all.
    """
    values = {field.name: np.array(getattr(known, field.name), float) for field in fields(known)}
    near = (values["end"] > start) & (values["start"] < end)
    if not near.any():
        return NOTHING
    values = {name: one[near] for name, one in values.items()}
    values["attempts"] = values.pop("per_minute") * (values["end"] - values["start"]) / 60.0
    return _reduced(_Intervals(**values), columns)


def _reduced(given: _Intervals, columns: int) -> Curve:
    minutes = (given.end - given.start) / 60.0
    if len(given.start) <= columns:
        first = np.arange(len(given.start))
        last = first
    else:
        begin, end = float(given.start[0]), float(given.end[-1])
        column = ((given.start - begin) / (end - begin) * columns).astype(np.int64)
        first = np.flatnonzero(np.diff(column, prepend=-1))
        last = np.append(first[1:], len(column)) - 1
    mean = _mean(first, len(given.start))
    return Curve(
        start=tuple(given.start[first].tolist()),
        end=tuple(given.end[last].tolist()),
        low=_plain(np.fmin.reduceat(given.low, first)),
        high=_plain(np.fmax.reduceat(given.high, first)),
        expected=_plain(mean(given.expected)),
        usual_low=_plain(mean(given.usual_low)),
        usual_high=_plain(mean(given.usual_high)),
        per_minute=_plain(np.add.reduceat(given.attempts, first) / np.add.reduceat(minutes, first)),
    )


def _mean(first: np.typing.NDArray[np.intp], size: int) -> Callable[[F64], F64]:
    count = np.diff(first, append=size)

    def mean(values: F64) -> F64:
        total: F64 = np.add.reduceat(values, first)
        return total / count

    return mean


def _plain(values: F64) -> tuple[float | None, ...]:
    """Six digits are more than a chart or a table can show."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.floor(np.log10(np.abs(values)))
    power = np.clip(DIGITS - 1 - np.where(np.isfinite(size), size, 0.0), -300, 300)
    # Powers above 1 are exact, those below are not.
    up, down = 10.0 ** np.maximum(power, 0), 10.0 ** np.maximum(-power, 0)
    rounded = np.rint(values * up / down) * down / up
    return tuple(None if value != value else value for value in rounded.tolist())
