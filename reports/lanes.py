"""The lanes of a chart: alerts, changes, tickets and declared times, a row each, in marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import moments, times
from reports.facts import Incident

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#333333"
_EVENTS = (
    ("changes", ("change",), "^"),
    ("tickets", ("ticket", "detected_by"), "o"),
    (
        "actions, notes",
        ("acknowledged", "escalated", "identified", "investigating", "mitigating", "note"),
        "|",
    ),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, or with `end` a stretch, in seconds; `open` when it has not ended."""

    time: float
    end: float | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of marks with its name and the marker that stands for a moment."""

    name: str
    marker: str
    marks: tuple[Mark, ...]


def lanes(incident: Incident) -> tuple[Lane, ...]:
    """The rows that have something in them, from top to bottom."""
    found = [Lane("alerts", "v", _alerts(incident))]
    for name, types, marker in _EVENTS:
        events = moments.events_of(incident, *types)
        found.append(Lane(name, marker, tuple(Mark(e.time) for e in events)))
    found.append(Lane("declared", "|", _declared(incident)))
    return tuple(lane for lane in found if lane.marks)


def draw(axis: Axes, rows: tuple[Lane, ...], until: float) -> None:
    """Draw the rows; stretches that have not ended run to `until` (seconds) with an arrow."""
    for y, lane in enumerate(rows):
        for mark in lane.marks:
            stop = until if mark.open else mark.end
            if stop is not None:
                span = (mark.time / times.DAY, stop / times.DAY)
                axis.plot(span, (y, y), color=INK, lw=3.5, alpha=0.45, solid_capstyle="butt")
            if mark.open:
                axis.plot([until / times.DAY], [y], ">", color=INK, ms=5, clip_on=False)
        starts = [mark.time / times.DAY for mark in lane.marks]
        ends = [m.end / times.DAY for m in lane.marks if m.end is not None and lane.marker == "|"]
        points = starts + ends
        axis.plot(points, [y] * len(points), lane.marker, color=INK, ms=6, mew=1.4, ls="none")
    axis.set_yticks(range(len(rows)), [lane.name for lane in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def _alerts(incident: Incident) -> tuple[Mark, ...]:
    return tuple(
        Mark(a.fired_at, a.resolved_at, a.resolved_at is None) for a in moments.alerts_of(incident)
    )


def _declared(incident: Incident) -> tuple[Mark, ...]:
    start, end = moments.declared_start(incident), moments.declared_end(incident)
    if start is not None and end is not None and end.time >= start.time:
        return (Mark(start.time, end.time),)
    return tuple(Mark(e.time) for e in (start, end) if e is not None)
