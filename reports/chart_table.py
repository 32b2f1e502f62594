"""The chart as a coarse table on round times, for those who cannot see the picture."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from reports import times
from reports.facts import Curve, Incident


@dataclass(frozen=True, slots=True)
class TableRow:
    """One stretch of the chart: [`start`, `end`) in seconds since the epoch, UTC.

    `covered` is how many seconds of it the curve has columns for: less than its length in the first
    and last row, and where data are missing. `attempts` is the sum over those, None where a part of
    them is not known. `lowest` and `highest` are the extremes of the error ratio (or level) of the
    intervals that touch the row, `expected` is the mean over time; None where there is no value.
    """

    start: float
    end: float
    covered: float
    attempts: float | None
    lowest: float | None
    highest: float | None
    expected: float | None
    in_window: bool


def table(incident: Incident, most: int = 16) -> tuple[TableRow, ...]:
    """Rows of equal length on round times that cover the curve, `most` or fewer; none without one.

    Their length is the shortest of 1, 2, 5, 10, 15, 30 minutes, 1, 2, 3, 6, 12 hours, 1, 2, 5, 10 …
    days that gives so few.
    """
    curve, window = incident.curve, incident.window
    if curve is None or not curve.start:
        return ()
    onset, until = (math.inf, -math.inf) if window is None else (window.onset, window.until)
    begin, end = curve.start[0], curve.end[-1]
    step = round_step(begin, end, most)
    marks = [step * n for n in range(math.floor(begin / step), math.ceil(end / step) + 1)]
    return tuple(
        _row(curve, start, stop, start < until and stop > onset)
        for start, stop in itertools.pairwise(marks)
    )


def round_step(begin: float, end: float, most: int) -> float:
    """The shortest round length (seconds) of which `most` or fewer cover [`begin`, `end`)."""
    if most < 2:
        raise ValueError(f"two rows or more, not {most}: a time lies on the border of any length")
    return next(
        step for step in _steps() if math.ceil(end / step) - math.floor(begin / step) <= most
    )


def _steps() -> Iterator[float]:
    yield from (n * times.MINUTE for n in (1, 2, 5, 10, 15, 30))
    yield from (n * times.HOUR for n in (1, 2, 3, 6, 12))
    for power in itertools.count():
        yield from (n * times.DAY * 10**power for n in (1, 2, 5))


def _row(curve: Curve, start: float, end: float, in_window: bool) -> TableRow:
    touched = [i for i, (a, b) in enumerate(_spans(curve)) if b > start and a < end]
    inside = {i: min(curve.end[i], end) - max(curve.start[i], start) for i in touched}
    lows = [low for i in touched if (low := curve.low[i]) is not None]
    highs = [high for i in touched if (high := curve.high[i]) is not None]
    levels = [(level, inside[i]) for i in touched if (level := curve.expected[i]) is not None]
    time = math.fsum(seconds for _, seconds in levels)
    return TableRow(
        start=start,
        end=end,
        covered=math.fsum(inside.values()),
        attempts=_attempts(curve, inside),
        lowest=min(lows, default=None),
        highest=max(highs, default=None),
        expected=math.fsum(level * s for level, s in levels) / time if levels else None,
        in_window=in_window,
    )


def _spans(curve: Curve) -> Iterator[tuple[float, float]]:
    return zip(curve.start, curve.end, strict=True)


def _attempts(curve: Curve, inside: dict[int, float]) -> float | None:
    """The sum over columns, of one that crosses the row's border the part inside."""
    rates = [(curve.per_minute[i], seconds) for i, seconds in inside.items()]
    known = [rate * seconds / times.MINUTE for rate, seconds in rates if rate is not None]
    return math.fsum(known) if known and len(known) == len(rates) else None
