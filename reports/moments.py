"""The moments that matter in an incident: who noticed first, when, and how long it took."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from detector.estimate import Estimate
from reports import times
from reports.facts import AlertFact, Correction, CorrectionField, EventFact, Incident

NEAR = 7200.0
"""A change this long (seconds) before an edge, or less, is named as near in time."""

EARLIEST = 1800.0
"""What came longer (seconds) before the onset was of something else: a ticket, or an answer."""

SELF = ("outage_window", "self")
"""Alerts of the program's own voice carry this label; they are no evidence."""

_MILESTONES = (
    (
        "time_to_acknowledge",
        "Time to acknowledge (TTA)",
        "acknowledged",
        "first acknowledgement",
        "no acknowledgement was given",
    ),
    (
        "time_to_identify",
        "Time to identify the cause",
        "identified",
        "cause recorded as identified",
        "no identified cause was given",
    ),
    (
        "time_to_mitigate",
        "Time to the first mitigation",
        "mitigating",
        "first mitigation",
        "no mitigation was given",
    ),
)
"""Name in JSON, label, event type, what its first event is called, and what is said without one."""

Means = Literal["alert", "ticket", "report", "not_known"]


@dataclass(frozen=True, slots=True)
class Detected:
    """How and when the incident was noticed first, among what was given; `time` None: not known."""

    means: Means
    time: float | None
    what: str


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay since the onset; `flag` says so when it is no possible delay, else it is empty.

    `told` when its end is the time of an alert or event, rather than measured.
    """

    seconds: Estimate
    flag: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """A change (or mitigation) and how long (seconds) it came before an edge of the window.

    `within` when it lies inside the edge's interval, so that which came first is not known;
    `in_words` has no more precision than the edge: `8 min before the onset`.
    """

    event: EventFact
    before: float
    within: bool
    in_words: str


def counts(alert: AlertFact) -> bool:
    """Whether an alert is evidence: the program's own are not."""
    return alert.labels.get(SELF[0]) != SELF[1]


def alerts_of(incident: Incident) -> tuple[AlertFact, ...]:
    """The alerts that count: all but the program's own."""
    return tuple(alert for alert in incident.alerts if counts(alert))


def first_alert(incident: Incident) -> AlertFact | None:
    """The alert with the earliest `startsAt`."""
    return min(alerts_of(incident), key=lambda a: a.fired_at, default=None)


def events_of(incident: Incident, *types: str) -> tuple[EventFact, ...]:
    """The events of these types, by time."""
    return tuple(sorted((e for e in incident.events if e.type in types), key=lambda e: e.time))


def about_it(incident: Incident, kind: str) -> tuple[EventFact, ...]:
    """The events of a type that can be about the incident: the others came long before it."""
    onset = -math.inf if incident.window is None else incident.window.onset
    return tuple(e for e in events_of(incident, kind) if e.time >= onset - EARLIEST)


def declared_start(incident: Incident) -> EventFact | None:
    """The start that people declared: their correction, else the earliest event."""
    said = _corrected(incident, "declared_start")
    return said or next(iter(events_of(incident, "declared_start")), None)


def declared_end(incident: Incident) -> EventFact | None:
    """The end that people declared: their correction, else the latest event."""
    said = _corrected(incident, "declared_end")
    return said or next(reversed(events_of(incident, "declared_end")), None)


def correction(incident: Incident, field: CorrectionField) -> Correction | None:
    """What people say of a field now; None where they say nothing, or took it back."""
    found = [one for one in incident.corrections if one.field == field and one.value]
    return found[-1] if found else None


def _corrected(
    incident: Incident, field: Literal["declared_start", "declared_end"]
) -> EventFact | None:
    said = correction(incident, field)
    if said is None:
        return None
    return EventFact(times.parsed(said.value), field, "corrected", said.by)


def detected(incident: Incident) -> Detected:
    """The earliest of first alert, first ticket and first report (`detected_by`).

    A ticket or report from more than half an hour before the onset is of something else.
    """
    found: list[tuple[float, int, Detected]] = []
    alert = first_alert(incident)
    if alert is not None:
        found.append((alert.fired_at, 0, Detected("alert", alert.fired_at, alert.name)))
    kinds: tuple[tuple[str, Means], ...] = (("ticket", "ticket"), ("detected_by", "report"))
    for rank, (kind, means) in enumerate(kinds, start=1):
        for event in about_it(incident, kind)[:1]:
            found.append((event.time, rank, Detected(means, event.time, event.text)))
    return min(found, key=lambda f: f[:2])[2] if found else Detected("not_known", None, "")


def time_to_detect(incident: Incident) -> Delay:
    """TTD: onset to the first alert, ticket or report, whichever came first."""
    seen = detected(incident)
    what = {"alert": "first alert", "ticket": "first ticket", "report": "first report"}
    if seen.time is None:
        reason = "neither an alert nor a ticket or report is among the inputs"
        return _refused(reason, "alerts, or an event of type ticket or detected_by")
    return _since_onset(incident, seen.time, what[seen.means])


def time_to(incident: Incident, kind: str, what: str, missing: str) -> Delay:
    """Onset to the first event of a kind, such as `acknowledged`.

    One from more than half an hour before the onset is of something else.
    """
    for event in about_it(incident, kind)[:1]:
        return _since_onset(incident, event.time, what)
    if events_of(incident, kind):
        missing += " but what came long before the onset"
    return _refused(missing, f"an event of type {kind}")


def time_to_recover(incident: Incident) -> Delay:
    """TTR: onset to the measured recovery, which is the duration of the window."""
    if incident.window is None:
        return _refused(incident.no_window_because, "metrics that show the window")
    if incident.window.end.value is None:
        reason = incident.window.end.reason or "there is no recovery yet"
        return _refused(reason, incident.window.end.needs)
    return Delay(incident.window.duration_seconds)


def delays(incident: Incident) -> tuple[tuple[str, str, Delay], ...]:
    """(Name in JSON, label, delay) of every delay since the onset."""
    return (
        ("time_to_detect", "Time to detect (TTD)", time_to_detect(incident)),
        *(
            (name, label, time_to(incident, kind, what, missing))
            for name, label, kind, what, missing in _MILESTONES
        ),
        ("time_to_recover", "Time to recover (TTR)", time_to_recover(incident)),
    )


def near_onset(incident: Incident) -> tuple[Near, ...]:
    """Changes up to two hours before the onset (or inside its interval), nearest first."""
    window = incident.window
    if window is None:
        return ()
    return _near(events_of(incident, "change"), window.start, "the onset")


def near_recovery(incident: Incident) -> tuple[Near, ...]:
    """Changes and mitigations up to two hours before the recovery, none before the onset."""
    window = incident.window
    if window is None or window.end.value is None:
        return ()
    inside = [
        e for e in events_of(incident, "change", "mitigating") if e.time > _high(window.start)
    ]
    return _near(tuple(inside), window.end, "the recovery")


def _near(events: tuple[EventFact, ...], edge: Estimate, name: str) -> tuple[Near, ...]:
    found = [near_edge(e, edge, name) for e in events if e.time <= _high(edge)]
    return tuple(sorted((n for n in found if n.before <= NEAR), key=lambda n: abs(n.before)))


def near_edge(event: EventFact, edge: Estimate, name: str) -> Near:
    """How long an event came before an edge (`the onset`), which has a value."""
    assert edge.value is not None
    low = edge.value if edge.low is None else edge.low
    before = edge.value - event.time
    if low <= event.time <= _high(edge):
        return Near(event, before, True, f"at {name}, within its interval")
    step = times.time_step(_high(edge) - low)
    return Near(event, before, False, times.apart(-before, name, step))


def _since_onset(incident: Incident, time: float, what: str) -> Delay:
    window = incident.window
    if window is None:
        return _refused(incident.no_window_because, "metrics that show the window")
    start = window.start
    low, high = (start.low, start.high) if start.low is not None else (start.value, start.value)
    assert low is not None
    assert high is not None
    onset = "proposed onset" if start.status == "declared" else "measured onset"
    seconds = Estimate.estimated(
        time - window.onset, time - high, time - low, "seconds", f"{what} - {onset}"
    ).from_inputs(start.inputs)
    if time < low:
        return Delay(seconds, f"negative: the {what} came before the {onset}", told=True)
    if time <= high:
        flag = f"zero or negative is possible: the {what} lies inside its interval"
        return Delay(seconds, flag, told=True)
    return Delay(seconds, told=True)


def _refused(reason: str, needs: str | None) -> Delay:
    return Delay(Estimate.not_derivable("seconds", reason, needs))


def _high(edge: Estimate) -> float:
    high = edge.value if edge.high is None else edge.high
    assert high is not None
    return high
