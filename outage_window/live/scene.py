"""What is known of one service in one pass, and the facts where that holds no window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outage_window.assess import Assessment
from outage_window.incident_facts import EVENT_REACH
from outage_window.store.incidents import StoredIncident
from reports.facts import AlertFact, EventFact, Incident, State
from webhooks.model import Event

NS = 10**9


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known of one service at `now` (nanoseconds).

    `assessment` is None while there is no data to judge, and `blind` says why. `data_until`
    (seconds) is how far the samples reach. `stored` are the service's incidents since `horizon`
    (nanoseconds), where the data begins.
    """

    service: str
    zone: str
    now: int
    horizon: int
    assessment: Assessment | None
    blind: str
    data_until: float | None
    alerts: Sequence[AlertFact]
    events: Sequence[Event]
    stored: Sequence[StoredIncident]


def why(scene: Scene, start: float) -> str:
    """Why no window is known around an alert that fired at `start` (seconds)."""
    if scene.assessment is None or scene.assessment.detection is None:
        return scene.blind or "no metrics of this service are known"
    if scene.assessment.not_assessed is not None:
        return f"the metrics could not be assessed: {scene.assessment.not_assessed}"
    if scene.data_until is None or scene.data_until < start:
        return "the metrics do not reach the alert"
    return "the metrics stayed quiet: no elevated errors around the alert"


def windowless(
    scene: Scene,
    identity: str,
    state: State,
    because: str,
    alerts: Sequence[AlertFact],
    command: str,
) -> Incident:
    """The facts of an incident that only alerts, or a window that went away, speak of."""
    ordered = sorted(alerts, key=lambda alert: (alert.fired_at, alert.name))
    events: tuple[EventFact, ...] = ()
    if ordered:
        first = ordered[0].fired_at - EVENT_REACH
        last = max(a.resolved_at or scene.now / NS for a in ordered) + EVENT_REACH
        events = tuple(
            EventFact(e.time / NS, e.type, e.text, e.team)
            for e in scene.events
            if first <= e.time / NS <= last
        )
    return Incident(
        id=identity,
        service=scene.service,
        state=state,
        zone=scene.zone,
        as_of=scene.now / NS,
        window=None,
        no_window_because=because,
        users=None,
        alerts=tuple(ordered),
        events=events,
        curve=None,
        data_gaps=(),
        truncated_alerts=max((alert.truncated for alert in ordered), default=0),
        rule=None,
        inputs=scene.assessment.origins if scene.assessment else (),
        command=command,
    )
