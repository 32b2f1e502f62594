"""What is known of one service in one pass, and the facts where that holds no window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outage_window.assess import Assessment
from outage_window.incident_facts import EVENT_REACH, event_fact
from outage_window.kept import StoredIncident
from reports.facts import AlertFact, Correction, EventFact, Incident, State
from webhooks.model import Event

NS = 10**9


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known of one service at `now` (nanoseconds).

    `assessment` is None while there is no data to judge, and `blind` says why. `data_until`
    (seconds) is how far the samples reach. `stored` are the service's incidents since `horizon`
    (nanoseconds), where the data begins, `corrections` what people say of each by its id,
    `planned` (seconds) when metrics have no say, since maintenance was announced.
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
    corrections: Mapping[str, tuple[Correction, ...]]
    planned: Sequence[tuple[float, float]] = ()


def why(scene: Scene, start: float) -> str:
    """Why no window is known around `start` (seconds), where an alert fired or people say so."""
    if scene.assessment is None or scene.assessment.detection is None:
        return scene.blind or "no metrics of this service are known"
    if scene.assessment.not_assessed is not None:
        return f"the metrics could not be assessed: {scene.assessment.not_assessed}"
    if scene.data_until is None or scene.data_until < start:
        return "the metrics do not reach that time"
    if any(begins <= start < ends for begins, ends in scene.planned):
        return "maintenance was announced for that time, so that its metrics have no say"
    return "the metrics stayed quiet: no elevated errors around that time"


def windowless(
    scene: Scene,
    identity: str,
    state: State,
    because: str,
    alerts: Sequence[AlertFact],
    command: str,
    extent: tuple[float, float] | None = None,
) -> Incident:
    """The facts of an incident that only alerts, people, or a window that went away, speak of.

    Its events are those near the alerts, and near `extent` (seconds) where that is given.
    """
    ordered = sorted(alerts, key=lambda alert: (alert.fired_at, alert.name))
    spans = [(a.fired_at, a.resolved_at or scene.now / NS) for a in ordered]
    spans += [] if extent is None else [extent]
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
        events=_around(spans, scene.events),
        curve=None,
        data_gaps=(),
        truncated_alerts=max((alert.truncated for alert in ordered), default=0),
        rule=None,
        inputs=scene.assessment.origins if scene.assessment else (),
        command=command,
    )


def _around(spans: Sequence[tuple[float, float]], events: Sequence[Event]) -> tuple[EventFact, ...]:
    """The events from the first of the spans (seconds) to the last, and near them; without spans,
    none."""
    if not spans:
        return ()
    first = min(start for start, _ in spans) - EVENT_REACH
    last = max(end for _, end in spans) + EVENT_REACH
    return tuple(event_fact(event) for event in events if first <= event.time / NS <= last)


def declared(scene: Scene, identity: str, edges: tuple[int, int | None], command: str) -> Incident:
    """What people declared (`edges` in nanoseconds), where metrics and alerts tell nothing."""
    start = edges[0] / NS
    end = scene.now / NS if edges[1] is None else edges[1] / NS
    because = why(scene, start)
    return windowless(scene, identity, "declared", because, (), command, (start, max(start, end)))
