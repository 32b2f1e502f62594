"""One window with the alerts and events that belong to it: the facts of one incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detector.estimate import Origin
from detector.model import Cells, Window
from outage_window.assess import Assessment
from outage_window.document import window_id
from outage_window.sources.alerts import SELF
from outage_window.sources.reading import UNASSIGNED
from reports.facts import AlertFact, EventFact, Incident
from webhooks.model import Event
from webhooks.times import NS

ALERT_REACH = 1800.0
"""An alert meets an incident up to this many seconds before its start and after its end."""

EVENT_REACH = 7200.0
DAY = 86400.0
REACH_BEFORE = {"change": DAY, "declared_start": DAY, "declared_end": DAY, "ticket": DAY}
REACH_AFTER = {"declared_start": DAY, "declared_end": DAY, "ticket": DAY}
CHART_REACH = 7200.0


def facts(
    assessment: Assessment,
    index: int,
    *,
    alerts: Sequence[AlertFact] | None,
    events: Sequence[Event],
    zone: str,
    command: str,
    incident_id: str | None = None,
    truncated_alerts: int = 0,
    inputs: Sequence[Origin] = (),
) -> Incident:
    """Gather the facts of window `index` of an assessment.

    `alerts` and `events` may be those of every service and time: what belongs is chosen here. An
    event without a service belongs to all. None for `alerts` means that no source of alerts was
    asked. `inputs` are those besides the series and the attempts per user.
    """
    assert assessment.detection is not None  # a window was detected in something
    window = assessment.detection.windows[index]
    cells, gaps = _nearby(assessment.detection.cells, window)
    return Incident(
        id=incident_id or window_id(assessment.service, window),
        service=assessment.service,
        state="ongoing" if window.status == "ongoing" else "closed",
        zone=zone,
        as_of=window.as_of,
        window=window,
        no_window_because="",
        users=assessment.users[index],
        alerts=_joined(alerts or (), assessment.service, assessment.detection.windows, index),
        events=_events(events, assessment.service, window),
        cells=cells,
        data_gaps=gaps,
        truncated_alerts=truncated_alerts,
        rule=assessment.rules[index],
        inputs=tuple(dict.fromkeys((*assessment.origins, *assessment.user_origins, *inputs))),
        command=command,
        alerts_known=alerts is not None,
    )


def _joined(
    alerts: Sequence[AlertFact], service: str, windows: Sequence[Window], index: int
) -> tuple[AlertFact, ...]:
    """The alerts of the service that join this window rather than another, in order of time."""
    own = [alert for alert in alerts if _of_service(alert, service)]
    joined = [alert for alert in own if _incident_of(alert, windows) == index]
    return tuple(sorted(joined, key=lambda alert: (alert.fired_at, alert.name)))


def _of_service(alert: AlertFact, service: str) -> bool:
    """Our own voice is no evidence, whatever its service."""
    if alert.labels.get("outage_window") == SELF:
        return False
    return service_of(alert.labels) == service


def service_of(labels: Mapping[str, str]) -> str:
    """The service that an alert speaks of: its label `service`, else `job`, else unassigned."""
    return labels.get("service") or labels.get("job") or UNASSIGNED


def _incident_of(alert: AlertFact, windows: Sequence[Window]) -> int | None:
    """The window that an alert joins: of those it meets the largest overlap, then the earliest."""
    met = [
        (-_overlap(alert, window), window.onset, index)
        for index, window in enumerate(windows)
        if _meets(alert, window)
    ]
    return min(met)[2] if met else None


def _until(window: Window) -> float:
    return float("inf") if window.status == "ongoing" else window.until


def _ended(alert: AlertFact) -> float:
    return float("inf") if alert.resolved_at is None else alert.resolved_at


def _meets(alert: AlertFact, window: Window) -> bool:
    """Whether the alert was alive at some time of [start - 30 min, end + 30 min)."""
    starts, ends = window.onset - ALERT_REACH, _until(window) + ALERT_REACH
    return alert.fired_at < ends and max(_ended(alert), alert.fired_at) >= starts


def _overlap(alert: AlertFact, window: Window) -> float:
    """Seconds that both last together, up to the latest data."""
    return max(min(_ended(alert), window.until) - max(alert.fired_at, window.onset), 0.0)


def _events(events: Sequence[Event], service: str, window: Window) -> tuple[EventFact, ...]:
    """Events of the service from two hours before to two hours after; some kinds reach a day."""
    found = []
    for event in events:
        time = event.time / NS
        starts = window.onset - REACH_BEFORE.get(event.type, EVENT_REACH)
        ends = _until(window) + REACH_AFTER.get(event.type, EVENT_REACH)
        if event.service in ("", service) and starts <= time <= ends:
            found.append(EventFact(time, event.type, event.text, event.team))
    return tuple(sorted(found, key=lambda fact: (fact.time, fact.type, fact.text)))


def _nearby(
    cells: Cells | None, window: Window
) -> tuple[Cells | None, tuple[tuple[float, float], ...]]:
    """The cells around the window that a chart shows, and the stretches without any."""
    if cells is None:
        return None, ()
    around = max(CHART_REACH, 0.5 * (window.until - window.onset))
    near = (cells.end > window.onset - around) & (cells.start < window.until + around)
    part = Cells(
        cells.start[near],
        cells.end[near],
        cells.attempts[near],
        cells.errors[near],
        cells.ratio[near],
        cells.expected[near],
        cells.low[near],
        cells.high[near],
    )
    if not len(part.start):
        return part, ()
    step = float(np.median(part.end - part.start))
    missing = part.start[1:] - part.end[:-1] > 0.5 * step
    return part, tuple(
        (float(end), float(start))
        for end, start in zip(part.end[:-1][missing], part.start[1:][missing], strict=True)
    )
