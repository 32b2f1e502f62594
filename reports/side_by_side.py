"""Times side by side: measured, alerted and declared; the phases; how it was noticed, in steps."""

from __future__ import annotations

from datetime import tzinfo

from reports import moments, numbers, times
from reports.escape import note
from reports.facts import Incident
from reports.postmortem import Edge, Step

STEPS = (
    ("ticket", "First ticket"),
    ("detected_by", "First report"),
    ("acknowledged", "Acknowledged"),
    ("escalated", "Escalated"),
    ("identified", "Cause identified"),
    ("mitigating", "Mitigation begun"),
)


def edges(incident: Incident, zone: tzinfo | None) -> tuple[Edge, ...]:
    """Measured, alerted and declared times side by side."""
    rows = []
    window = incident.window
    if window is not None:
        start, end = numbers.show(window.start, zone), numbers.show(window.end, zone)
        length = numbers.show(window.duration_seconds)
        ended = "none yet" if window.end.value is None else end.value + note("end")
        begun, lasted = start.value + note("start"), length.value + note("duration_seconds")
        rows.append(Edge("Measured", begun, ended, start.local, end.local, lasted))
        named = "Measured, 95 % interval"
        rows.append(Edge(named, start.interval, end.interval, "", "", length.interval))
    else:
        rows.append(Edge("Measured", "not derivable", "not derivable", "", "", "not derivable"))
    alerts = moments.alerts_of(incident)
    ends = [a.resolved_at for a in alerts]
    last = None if None in ends else max((e for e in ends if e is not None), default=None)
    none = "none" if incident.alerts_known else "not known"
    first = min((a.fired_at for a in alerts), default=None)
    firing = "still firing" if alerts else none
    named = "Alerts, first fired to last resolved"
    rows.append(_edge(named, (first, last), zone, (none, firing), ("first_alert", "")))
    told = (moments.declared_start(incident), moments.declared_end(incident))
    times_said = tuple(None if event is None else event.time for event in told)
    missing, marks = ("none given", "none given"), ("declared_start", "declared_end")
    rows.append(_edge("Declared by people", times_said, zone, missing, marks))
    return tuple(rows)


def _edge(
    name: str,
    span: tuple[float | None, ...],
    zone: tzinfo | None,
    missing: tuple[str, str],
    marks: tuple[str, str],
) -> Edge:
    start, end = span
    length = times.about(end - start) if start is not None and end is not None else ""
    shown = [
        instead if at is None else times.utc(at) + (note(mark) if mark else "")
        for at, instead, mark in zip(span, missing, marks, strict=True)
    ]
    local = ["" if at is None or zone is None else times.local(at, zone) for at in span]
    return Edge(name, shown[0], shown[1], local[0], local[1], length)


def phases(incident: Incident) -> tuple[Step, ...]:
    """The phases of the window, where it has several."""
    window = incident.window
    if window is None or len(window.phases) < 2:
        return ()
    return tuple(
        Step(
            f"Phase {i}",
            times.utc(p.start),
            times.utc(p.end),
            times.about(p.end - p.start),
            numbers.show(p.error_ratio).value,
        )
        for i, p in enumerate(window.phases, start=1)
    )


def steps(incident: Incident) -> tuple[Step, ...]:
    """The detection delay in its parts: what happened, when, and how long after the onset."""
    alert, window = moments.first_alert(incident), incident.window
    marks = [] if window is None else [("Onset (measured)", window.onset)]
    if alert is not None:
        marks.append((f"First alert fired ({alert.name})", alert.fired_at))
        if alert.received_at is not None:
            marks.append(("First alert delivered", alert.received_at))
    for kind, name in STEPS:
        marks += [(name, e.time) for e in moments.about_it(incident, kind)[:1]]
    marks.sort(key=lambda mark: mark[1])
    since = "the onset"
    return tuple(
        Step(
            name,
            times.utc(at),
            "",
            "" if window is None else times.apart(at - window.onset, since),
            "",
        )
        for name, at in marks
    )
