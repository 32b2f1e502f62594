"""One window with the alerts and events that belong to it: the facts of one incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.cells import Cells
from detector.estimate import Origin
from detector.model import Detection
from detector.results import Window
from detector.shown import first_shown
from outage_window.assess import Assessment
from outage_window.ids import new_id
from outage_window.joining import until
from reports.envelope import curve
from reports.facts import AlertFact, EventFact, Incident, State
from reports.findings import near_findings
from webhooks.model import Event
from webhooks.times import NS

EVENT_REACH = 7200.0
DAY = 86400.0
REACH_BEFORE = {"change": DAY, "declared_start": DAY, "declared_end": DAY, "ticket": DAY}
REACH_AFTER = {"declared_start": DAY, "declared_end": DAY, "ticket": DAY}
CHART_REACH = 7200.0


@dataclass(frozen=True, slots=True)
class Nearby:
    """The cells around a window that a chart shows, None where there are none, and the stretches
    [start, end) among them without any, in seconds since the epoch."""

    cells: Cells | None
    gaps: tuple[tuple[float, float], ...] = ()


def facts(
    assessment: Assessment,
    index: int,
    *,
    alerts: Sequence[AlertFact] | None,
    events: Sequence[Event],
    zone: str,
    command: str,
    incident_id: str | None = None,
    state: State | None = None,
    inputs: Sequence[Origin] = (),
    told_by: Sequence[Origin] = (),
    near: Nearby | None = None,
) -> Incident:
    """Gather the facts of window `index` of an assessment.

    `alerts` are those that joined the window; None means that no source of alerts was asked.
    `events` may be those of every service and time: what belongs is chosen here, and an event
    without a service belongs to all. `inputs` are those besides the series and the attempts per
    user, `told_by` those that hold the alerts and events. `state` is the window's own unless given.
    `near` is what `nearby` tells of the window, where that is known already.
    """
    window = assessment.judged.windows[index]
    measured = _measured(assessment, index, near or nearby(assessment.judged, window))
    incident = replace(
        measured,
        id=incident_id or measured.id,
        state=state or measured.state,
        zone=zone,
        alerts=tuple(alerts or ()),
        alerts_known=alerts is not None,
        truncated_alerts=max((alert.truncated for alert in alerts or ()), default=0),
        events=_events(events, assessment.service, window),
        inputs=tuple(dict.fromkeys((*measured.inputs, *inputs))),
        command=command,
        told_by=tuple(told_by),
    )
    return _completed(incident, assessment, window, events)


def _measured(assessment: Assessment, index: int, near: Nearby) -> Incident:
    """What the assessment alone tells of a window, before anybody is heard."""
    window = assessment.judged.windows[index]
    return Incident(
        id=new_id(assessment.service, window.onset),
        service=assessment.service,
        state=window.status,
        zone="UTC",
        as_of=window.as_of,
        window=window,
        no_window_because="",
        users=assessment.users[index],
        alerts=(),
        events=(),
        curve=None if near.cells is None else curve(near.cells),
        data_gaps=near.gaps,
        truncated_alerts=0,
        rule=assessment.rules[index],
        findings=assessment.findings[index],
        splits=assessment.splits[index] if assessment.splits else (),
        error_budget=assessment.budgets[index],
        inputs=(*assessment.origins, *assessment.user_origins),
        command="",
    )


def _completed(
    incident: Incident, assessment: Assessment, window: Window, events: Sequence[Event]
) -> Incident:
    """The incident with what its events decide, beside the findings of its figures, and with the
    first scrape that shows its window."""
    near = near_findings(incident, _changes(events, incident.service), _extent(assessment))
    shown = first_shown(assessment.judged, window).from_inputs(window.start.inputs)
    return replace(incident, findings=(*incident.findings, *near), first_shown=shown)


def _changes(events: Sequence[Event], service: str) -> list[float]:
    """When the service was changed, as far as events of any time tell."""
    kept = (e for e in events if e.type == "change" and e.service in ("", service))
    return [event.time / NS for event in kept]


def _extent(assessment: Assessment) -> tuple[float, float] | None:
    """From when to when the service was watched at all."""
    series = None if assessment.detection is None else assessment.detection.series
    if series is None or not len(series.start):
        return None
    return float(series.start.min()), float(series.end.max())


def _events(events: Sequence[Event], service: str, window: Window) -> tuple[EventFact, ...]:
    """Events of the service from two hours before to two hours after; some kinds reach a day."""
    found = []
    for event in events:
        time = event.time / NS
        starts = window.onset - REACH_BEFORE.get(event.type, EVENT_REACH)
        ends = until(window) + REACH_AFTER.get(event.type, EVENT_REACH)
        if event.service in ("", service) and starts <= time <= ends:
            found.append(event_fact(event))
    return tuple(sorted(found, key=lambda fact: (fact.time, fact.type, fact.text)))


def event_fact(event: Event) -> EventFact:
    """An event as a report tells it."""
    return EventFact(event.time / NS, event.type, event.text, event.team)


def reach_of(window: Window) -> tuple[float, float]:
    """From when to when a chart of the window goes, where there are data (seconds)."""
    around = max(CHART_REACH, 0.5 * (window.until - window.onset))
    return window.onset - around, window.until + around


def nearby(detection: Detection, window: Window) -> Nearby:
    """The cells around a window that a chart shows."""
    cells = detection.between(*reach_of(window))
    if cells is None or not len(cells.start):
        return Nearby(None)
    step = float(np.median(cells.end - cells.start))
    missing = cells.start[1:] - cells.end[:-1] > 0.5 * step
    gaps = zip(cells.end[:-1][missing].tolist(), cells.start[1:][missing].tolist(), strict=True)
    return Nearby(cells, tuple(gaps))
