"""Draws the lanes of a chart: marks in rows, each named at its left, and the measured window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.chart_style import Theme
from reports.lanes import Lane, Mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from detector.results import Window

LANE_HEIGHT = 0.19
"""Inches."""
MOST_ROWS = 3
"""Alerts that fire at the same time lie in so many rows; more of them lie on each other."""
CROWD = 80
"""More marks than this in a row lie on each other even when they are evenly spread."""
APART = 0.02
"""Marks nearer than this part of the chart's span touch."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of marks; the first of a lane carries its name."""

    name: str
    lane: Lane
    marks: tuple[Mark, ...]


def rows(lanes: Sequence[Lane], begin: float, end: float) -> tuple[Row, ...]:
    """The lanes in lines; one whose stretches lie on each other takes up to three.

    A lane of several marks says how many: some may hide others.
    """
    found: list[Row] = []
    for lane in lanes:
        n = len(lane.marks)
        name = f"{lane.name} ({n})" if n > 1 else lane.name
        for i, marks in enumerate(_packed(lane, begin, end)):
            found.append(Row(name if i == 0 else "", lane, tuple(marks)))
    return tuple(found)


def _packed(lane: Lane, begin: float, end: float) -> list[list[Mark]]:
    """The marks of a lane in lines: each where there is room, else where room comes first."""
    if all(mark.end is None and not mark.open for mark in lane.marks):
        return [list(lane.marks)]
    lines: list[list[Mark]] = []
    free: list[float] = []
    for mark in sorted(lane.marks, key=lambda m: m.time):
        stop = end if mark.open or mark.end is None else mark.end
        room = [i for i, at in enumerate(free) if at <= mark.time]
        if not room and len(lines) < MOST_ROWS:
            lines.append([])
            free.append(0.0)
            room = [len(lines) - 1]
        i = room[0] if room else free.index(min(free))
        lines[i].append(mark)
        free[i] = max(free[i], stop, max(mark.time, begin) + APART * (end - begin))
    return lines


def draw(
    axis: Axes, drawn: Sequence[Row], window: Window | None, until: float, look: Theme
) -> None:
    """Draw the rows, the measured window last; stretches that have not ended run to `until`
    (seconds) with an arrow."""
    for y, row in enumerate(drawn):
        _row(axis, y, row, until, look)
    names = [row.name for row in drawn]
    if window is not None:
        _measured(axis, len(names), window, look)
        names.append("measured")
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def _row(axis: Axes, y: int, row: Row, until: float, look: Theme) -> None:
    label = f"_{row.lane.name}"  # named at the left, so not in the legend
    bars = [(m.time, until if m.open else m.end) for m in row.marks]
    spans = [(start, stop - start) for start, stop in bars if stop is not None]
    if spans:
        axis.broken_barh(spans, (y - 0.14, 0.28), fc=look.rim, ec=look.rim, lw=0.5, label=label)
    if any(mark.open for mark in row.marks):
        _arrow(axis, y, until, look.ink, 5, label)
    points = [mark.time for mark in row.marks]
    thin, crowd = row.lane.marker == "|", len(row.marks) > CROWD
    if thin:
        points += [mark.end for mark in row.marks if mark.end is not None]
    axis.plot(
        points,
        [y] * len(points),
        row.lane.marker,
        color=look.ink,
        # A rim of paper keeps marks apart that touch; the rims of a crowd would hide it.
        mec=look.ink if thin or crowd else look.paper,
        mew=1.5 if thin else 0.6,
        ms=7 if row.lane.marker in "sD" else 8,
        ls="none",
        label=label,
    )


def _arrow(axis: Axes, y: int, at: float, color: str, size: float, label: str) -> None:
    axis.plot([at], [y], ">", color=color, ms=size, mew=0, clip_on=False, label=label)


def _measured(axis: Axes, y: int, window: Window, look: Theme) -> None:
    """The phases as bars, and the interval of each edge as a line with ends."""
    label = "_measured"
    spans = [(phase.start, phase.end - phase.start) for phase in window.phases]
    axis.broken_barh(spans, (y - 0.25, 0.5), fc=look.window, ec=look.window, lw=0.8, label=label)
    for edge in (window.start, window.end):
        if edge.low is not None and edge.high is not None:
            span, at = (edge.low, edge.high), (y, y)
            axis.plot(span, at, "|-", color=look.ink, lw=1.3, ms=8, mew=1.2, label=label, zorder=4)
    if window.end.value is None and window.provisional_end is None:
        _arrow(axis, y, window.until, look.window, 10, label)
