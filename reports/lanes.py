"""The lanes of a chart: alerts, changes, tickets and declared times, a row each, in marks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports import moments, times
from reports.facts import Incident

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#333333"
_EVENTS = (
    ("changes", ("change",), "^"),
    ("tickets, reports", ("ticket", "detected_by"), "o"),
    (
        "actions, notes",
        ("acknowledged", "escalated", "identified", "investigating", "mitigating", "note"),
        "|",
    ),
)
KINDS = {"change": "change", "ticket": "ticket", "detected_by": "report"}
PLURAL = {"action or note": "actions and notes", "declared stretch": "declared stretches"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, or with `end` a stretch, in seconds; `open` when it has not ended.

    `kind` names it in a count: one `ticket`, two `tickets`.
    """

    kind: str
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
        found.append(
            Lane(
                name,
                marker,
                tuple(Mark(KINDS.get(e.type, "action or note"), e.time) for e in events),
            )
        )
    found.append(Lane("declared", "|", _declared(incident)))
    return tuple(lane for lane in found if lane.marks)


def limits(incident: Incident) -> tuple[float, float]:
    """What the chart spans (seconds): the curve, and every mark within an hour of them."""
    assert incident.curve is not None
    begin, end = incident.curve.start[0], incident.curve.end[-1]
    marks = [mark.time for lane in lanes(incident) for mark in lane.marks]
    near = [t for t in marks if begin - times.HOUR <= t <= end + times.HOUR]
    pad = 0.01 * (end - begin)
    return min([begin, *near]) - pad, max([end, *near]) + pad


def within(incident: Incident) -> tuple[Lane, ...]:
    """The rows with the marks that the chart's limits let one see, and no others."""
    begin, end = limits(incident)
    rows = [(row, tuple(m for m in row.marks if _seen(m, begin, end))) for row in lanes(incident)]
    return tuple(replace(row, marks=marks) for row, marks in rows if marks)


def counted(incident: Incident) -> str:
    """What is drawn, in words: `2 changes, 2 tickets, 1 report`; empty when nothing is."""
    found = Counter(mark.kind for lane in within(incident) for mark in lane.marks)
    return ", ".join(
        f"{n} {kind if n == 1 else PLURAL.get(kind, kind + 's')}" for kind, n in found.items()
    )


def _seen(mark: Mark, begin: float, end: float) -> bool:
    stop = end if mark.open else mark.time if mark.end is None else mark.end
    return mark.time <= end and stop >= begin


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
        Mark("alert", a.fired_at, a.resolved_at, a.resolved_at is None)
        for a in moments.alerts_of(incident)
    )


def _declared(incident: Incident) -> tuple[Mark, ...]:
    start, end = moments.declared_start(incident), moments.declared_end(incident)
    if start is not None and end is not None and end.time >= start.time:
        return (Mark("declared stretch", start.time, end.time),)
    return tuple(Mark("declared time", e.time) for e in (start, end) if e is not None)
