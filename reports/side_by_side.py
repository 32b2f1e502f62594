"""Times side by side: measured, alerted and declared; the phases; how it was noticed, in steps."""

from __future__ import annotations

from datetime import tzinfo

from detector.estimate import Estimate
from reports import detection, moments, numbers, times
from reports.escape import note
from reports.facts import Incident
from reports.postmortem import Edge, Phase, Step


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


def phases(incident: Incident) -> tuple[Phase, ...]:
    """The phases of the window, where it has several."""
    window = incident.window
    if window is None or len(window.phases) < 2:
        return ()
    return tuple(
        Phase(
            f"Phase {i}",
            times.utc(p.start),
            times.utc(p.end),
            times.about(p.end - p.start),
            numbers.show(p.error_ratio).value,
        )
        for i, p in enumerate(window.phases, start=1)
    )


def steps(incident: Incident) -> tuple[Step, ...]:
    """The delay of detection in its parts: what happened, when, how long after what, and from where
    that is known."""
    found: list[Step] = []
    above = ""
    for one in detection.told(incident):
        since = "" if one.previous in ("", above) else f" since {detection.SINCE[one.previous]}"
        found.append(
            Step(
                one.label,
                numbers.show(one.at).value,
                "at the onset" if one.since_previous is None else _length(one.since_onset),
                "" if one.since_previous is None else _length(one.since_previous, since),
                "; ".join(part for part in (one.source, one.flag) if part),
            )
        )
        above = one.id
    return tuple(found)


def _length(seconds: Estimate, since: str = "") -> str:
    """A duration with its interval in brackets; nothing where there is none."""
    if seconds.status == "not_derivable":
        return ""
    shown = numbers.show(seconds)
    interval = f" ({shown.interval})" if " to " in shown.interval else ""
    return f"{shown.value}{interval}{since}"
