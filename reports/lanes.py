"""The lanes of a chart: alerts, changes, tickets, actions and declared times, a row each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports import moments, times
from reports.facts import EventFact, Incident

_EVENTS = (
    ("changes", "change", "^", ("change",)),
    ("tickets", "ticket", "o", ("ticket",)),
    ("reports", "report", "D", ("detected_by",)),
    ("acknowledged", "acknowledgement", "s", ("acknowledged",)),
    ("escalated", "escalation", "P", ("escalated",)),
    ("milestones", "milestone", "X", ("investigating", "identified", "mitigating")),
    ("notes", "note", "|", ("note",)),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, or with `end` a stretch, in seconds; `open` when it has not ended.

    `kind` names it in a count: one `ticket`, two `tickets`; `text` is what it was.
    """

    kind: str
    time: float
    end: float | None = None
    open: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of marks with its name and the marker that stands for a moment."""

    name: str
    marker: str
    marks: tuple[Mark, ...]


def lanes(incident: Incident) -> tuple[Lane, ...]:
    """The rows that have something in them, from top to bottom."""
    found = [Lane("alerts", "v", _alerts(incident))]
    for name, kind, marker, types in _EVENTS:
        events = moments.events_of(incident, *types)
        found.append(Lane(name, marker, tuple(_event(kind, event) for event in events)))
    found.append(_declared(incident))
    return tuple(lane for lane in found if lane.marks)


def limits(incident: Incident) -> tuple[float, float]:
    """What the chart spans (seconds): the curve, and every mark within an hour of them."""
    return _limits(incident, lanes(incident))


def _limits(incident: Incident, every: Sequence[Lane]) -> tuple[float, float]:
    assert incident.curve is not None
    begin, end = incident.curve.start[0], incident.curve.end[-1]
    marks = [mark.time for lane in every for mark in lane.marks]
    near = [t for t in marks if begin - times.HOUR <= t <= end + times.HOUR]
    pad = 0.01 * (end - begin)
    return min([begin, *near]) - pad, max([end, *near]) + pad


def within(incident: Incident) -> tuple[Lane, ...]:
    """The rows with the marks that the chart's limits let one see, and no others."""
    every = lanes(incident)
    begin, end = _limits(incident, every)
    rows = [(row, tuple(m for m in row.marks if _seen(m, begin, end))) for row in every]
    return tuple(replace(row, marks=marks) for row, marks in rows if marks)


def counted(incident: Incident) -> str:
    """What is drawn, in words: `2 changes, 2 tickets, 1 report`; empty when nothing is."""
    found = Counter(mark.kind for lane in within(incident) for mark in lane.marks)
    return ", ".join(f"{n} {_plural(kind) if n > 1 else kind}" for kind, n in found.items())


def _plural(kind: str) -> str:
    return f"{kind}es" if kind.endswith("ch") else f"{kind}s"


def _seen(mark: Mark, begin: float, end: float) -> bool:
    stop = end if mark.open else mark.time if mark.end is None else mark.end
    return mark.time <= end and stop >= begin


def _alerts(incident: Incident) -> tuple[Mark, ...]:
    return tuple(
        Mark("alert", a.fired_at, a.resolved_at, a.resolved_at is None, a.name)
        for a in moments.alerts_of(incident)
    )


def _event(kind: str, event: EventFact) -> Mark:
    return Mark(kind, event.time, text=event.text)


def _declared(incident: Incident) -> Lane:
    """A stretch where both ends are declared, in order; else what there is, with its name."""
    start, end = moments.declared_start(incident), moments.declared_end(incident)
    if start is not None and end is not None and end.time >= start.time:
        return Lane("declared", "|", (Mark("declared stretch", start.time, end.time),))
    name = "declared" if start and end else "declared start" if start else "declared end"
    marks = tuple(Mark("declared time", e.time) for e in (start, end) if e is not None)
    return Lane(name, "|", marks)
