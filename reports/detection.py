"""The delay of detection in its parts: from the onset to the escalation, step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from detector.estimate import Estimate, Status
from reports import moments
from reports.facts import AlertFact, Incident
from reports.timeline import ASKED

NOT_KEPT = "an earlier version kept this incident, without the times of its scrapes"
NO_EARLIER = "no earlier step is known"
FOR_STATE = "ALERTS_FOR_STATE, back-filled from Prometheus"
SENDING = "Alertmanager does not tell it: group_wait and sending lie before delivery"
CLOCKS = "it was delivered before it fired: the clocks of sender and receiver differ"
HOLDS = f"bounds, if it is about these errors; {FOR_STATE}, tells the time"
ALERTING = (
    ("rule_true", "Rule true"),
    ("fired", "First alert fired"),
    ("sent", "Notification sent"),
    ("delivered", "First alert delivered"),
)
"""The steps of an alert, by id and in words."""
PEOPLE = (
    ("acknowledged", "Acknowledged", "no acknowledgement was given"),
    ("escalated", "Escalated", "no escalation was given"),
)
NOTICED = {"ticket": "Noticed by a ticket", "report": "Noticed by a report"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `at` (time), and how long after the onset and after the step `previous` (seconds).

    `previous` is the nearest step before it whose time is known as a point: steps of which only a
    range or nothing is known lie within the part of the next one, so that the parts of all steps
    with a point add up to `since_onset`. It is empty, and `since_previous` None, for the first
    step alone. `source` says where it is from, `flag` why a part can be none, else both are empty.
    """

    id: str
    label: str
    at: Estimate
    since_onset: Estimate
    since_previous: Estimate | None
    previous: str
    source: str
    flag: str = ""


@dataclass(frozen=True, slots=True)
class _Point:
    """A step before it is held against others; by what it is it cannot lie before those `after`."""

    id: str
    label: str
    at: Estimate
    source: str = ""
    after: tuple[str, ...] = ()

    @property
    def order(self) -> float:
        """Where it lies among others: a range by its start, what is not known before nothing."""
        found = self.at.low if self.at.value is None else self.at.value
        return -math.inf if found is None else found


def detection(incident: Incident) -> tuple[Step, ...]:
    """All steps: onset, first scrape, those of the first alert, and what people did, by time.

    What cannot be told is refused with the reason, and of a step between two that are known the
    range is told. Every step of an alert is there, also where none fired; a ticket or report only
    where it noticed the incident first. Onset and alert stand in the order in which one causes the
    next, whatever their times: a part that is then negative is flagged.
    """
    points = _with_people(incident, [*_measured(incident), *_alert(incident)])
    onset, known = points[0], None
    found = []
    for point in points:
        since = None if point is onset else _part(point, known)
        found.append(
            Step(
                point.id,
                point.label,
                point.at,
                _apart(point, onset),
                since,
                "" if known is None else known.id,
                point.source,
                _flag(point, known, since),
            )
        )
        known = known if point.at.value is None else point
    return tuple(found)


def told(incident: Incident) -> tuple[Step, ...]:
    """The steps that say something: neighbours refused for one reason as one, and no event that was
    not given; without a window nothing of the onset, which is refused elsewhere."""
    kept: list[Step] = []
    for one in detection(incident):
        if _says_nothing(one, incident):
            continue
        if kept and _same_refusal(kept[-1].at, one.at):
            label = f"{kept[-1].label}, {one.label[:1].lower()}{one.label[1:]}"
            kept[-1] = replace(kept[-1], label=label)
        else:
            kept.append(one)
    return tuple(kept)


def _says_nothing(one: Step, incident: Incident) -> bool:
    unasked = {kind for kind, *_ in PEOPLE}
    if incident.window is None:
        unasked |= {"onset", "first_scrape"}
    return one.at.status == "not_derivable" and one.id in unasked


def _same_refusal(one: Estimate, other: Estimate) -> bool:
    refused = one.status == other.status == "not_derivable"
    return refused and (one.reason, one.needs) == (other.reason, other.needs)


def _measured(incident: Incident) -> list[_Point]:
    """Onset and first scrape, as the metrics tell them."""
    window = incident.window
    if window is None:
        refused = _refused(incident.no_window_because, "metrics that show the window")
        return [
            _Point("onset", "Onset", refused),
            _Point("first_scrape", "First scrape that shows it", refused),
        ]
    declared = window.start.status == "declared"
    onset = _Point(
        "onset",
        "Onset (proposed)" if declared else "Onset (measured)",
        window.start,
        window.start.method if declared else "the metrics around it",
    )
    shown = incident.first_shown or _refused(NOT_KEPT)
    source = "" if shown.status == "not_derivable" else shown.method
    first = _Point("first_scrape", "First scrape that shows it", shown, source, ("onset",))
    return [onset, first]


def _alert(incident: Incident) -> list[_Point]:
    """The four steps of the first alert."""
    alert = moments.first_alert(incident)
    if alert is None:
        known = incident.alerts_known
        reason = "no alert fired" if known else "no source of alerts was given"
        refused = _refused(reason, None if known else "alerts")
        return [_Point(name, label, refused) for name, label in ALERTING]
    from_ = alert.source or "its file"
    source = f"startsAt, as {from_} gave it"
    if alert.backfilled == "prometheus":
        source = "the first evaluation at which it fired, in ALERTS of Prometheus"
    at = Estimate.exact(alert.fired_at, "time", f"startsAt of {alert.name}")
    fired = _Point("fired", f"First alert fired ({alert.name})", at, source)
    points = [_rule_true(incident, alert), fired, *_delivered(alert)]
    return [replace(p, at=p.at.from_inputs(p.at.inputs or incident.told_by)) for p in points]


def _rule_true(incident: Incident, alert: AlertFact) -> _Point:
    """When the condition began to hold: as Prometheus tells, else within bounds, else refused."""
    name, label = ALERTING[0]
    since, fired = alert.active_since, alert.fired_at
    if since is not None:
        # Prometheus cuts this time to the second, and nothing else.
        late = since + 1 if since == math.floor(since) else since
        high = max(min(late, fired), since)
        status: Status = "measured" if high == since else "estimated"
        method = "value of ALERTS_FOR_STATE, cut to the second"
        at = Estimate(since, since, high, "time", status, method)
        return _Point(name, label, at, "ALERTS_FOR_STATE of Prometheus")
    shown = incident.first_shown
    if incident.window is None or shown is None or shown.low is None:
        return _Point(name, label, _refused("no delivery tells it", FOR_STATE))
    if fired < shown.low:
        reason = "no delivery tells it, and it fired before the first scrape that shows the outage"
        return _Point(name, label, _refused(reason, FOR_STATE))
    method = "first scrape that shows it to first alert fired"
    at = Estimate(None, shown.low, fired, "time", "estimated", method)
    at = at.from_inputs((*shown.inputs, *incident.told_by))
    return _Point(name, label, at, HOLDS, ("onset", "first_scrape"))


def _delivered(alert: AlertFact) -> list[_Point]:
    """When it was sent, which is only known within bounds, and when it was delivered."""
    (sent, sent_label), (came, came_label) = ALERTING[2:]
    if alert.received_at is None:
        refused = _refused("no delivery of it is known", "the webhook of Alertmanager, not a file")
        if alert.backfilled in ASKED:
            asked = alert.backfilled.capitalize()
            reason = f"it was never delivered here, only back-filled from {asked}"
            refused = _refused(reason, "a route of Alertmanager that leads here")
        return [_Point(sent, sent_label, refused), _Point(came, came_label, refused)]
    received = Estimate.exact(alert.received_at, "time", "reception of the first delivery")
    between = _refused(CLOCKS)
    if alert.received_at >= alert.fired_at:
        method = "first alert fired to first alert delivered"
        between = Estimate(None, alert.fired_at, alert.received_at, "time", "estimated", method)
    return [
        _Point(sent, sent_label, between, "" if between.low is None else SENDING),
        _Point(came, came_label, received, "reception of its first delivery, by the clock here"),
    ]


def _with_people(incident: Incident, causes: Sequence[_Point]) -> list[_Point]:
    """Each thing that people did before the first step of the alert that came after it.

    The onset stays first; what was not given stands at the end.
    """
    given, missing = _people(incident)
    points = list(causes)
    for one in sorted(given, key=lambda point: point.order):
        later = (i for i, p in enumerate(points) if i and p.order > one.order)
        points.insert(next(later, len(points)), one)
    return points + missing


def _people(incident: Incident) -> tuple[list[_Point], list[_Point]]:
    """What people did, and what was not given of it."""
    given, missing = [], []
    seen = moments.detected(incident)
    if seen.means in NOTICED and seen.time is not None:
        at = Estimate(seen.time, seen.time, seen.time, "time", "declared", f"first {seen.means}")
        at = at.from_inputs(incident.told_by)
        given.append(_Point(seen.means, NOTICED[seen.means], at, f"“{seen.what}”"))
    for kind, label, none in PEOPLE:
        for event in moments.about_it(incident, kind)[:1]:
            method = f"first event of type {kind}"
            at = Estimate(event.time, event.time, event.time, "time", "declared", method)
            by = f"as {event.team} recorded it" if event.team else "as it was recorded"
            given.append(_Point(kind, label, at.from_inputs(incident.told_by), by))
        if not moments.about_it(incident, kind):
            missing.append(_Point(kind, label, _refused(none, f"an event of type {kind}")))
    return given, missing


def _part(point: _Point, known: _Point | None) -> Estimate:
    """How long after the nearest step with a point it came."""
    if known is None:
        if point.at.status == "not_derivable":
            return _unknown(point.at)
        return Estimate.not_derivable("seconds", NO_EARLIER)
    return _apart(point, known)


def _apart(point: _Point, earlier: _Point) -> Estimate:
    """How long one came after another; the interval is the difference of theirs."""
    at, from_ = point.at, earlier.at
    for one in (at, from_):
        if one.status == "not_derivable":
            return _unknown(one)
    if point is earlier:
        return Estimate.exact(0.0, "seconds", "the onset itself")
    assert from_.value is not None  # only steps with a point are counted from
    low, high = _bounds(at)
    first, last = _bounds(from_)
    least, most = round(low - last, 6), round(high - first, 6)
    if earlier.id in point.after:
        least = max(least, 0.0)
    status: Status = "estimated"
    if least == most:
        status = "declared" if "declared" in (at.status, from_.status) else "measured"
    value = None if at.value is None else round(at.value - from_.value, 6)
    method = f"{_lower(point.label)} - {_lower(earlier.label)}"
    inputs = tuple(dict.fromkeys((*from_.inputs, *at.inputs)))
    return Estimate(value, least, most, "seconds", status, method, inputs=inputs)


def _flag(point: _Point, known: _Point | None, since: Estimate | None) -> str:
    """Why a part is none or may be none; empty where it is a possible delay."""
    if known is None or since is None or since.low is None or since.high is None or since.low >= 0:
        return ""
    if since.high >= 0:
        return f"zero or negative is possible: which came first, {known.label} or it, is not known"
    if point.id == "delivered":
        return f"negative: {CLOCKS}"
    flag = f"negative: it came before “{known.label}”"
    about = point.id in ("rule_true", "fired") and known.id in ("onset", "first_scrape")
    return f"{flag}, so that it is about something else or earlier" if about else flag


def _bounds(at: Estimate) -> tuple[float, float]:
    if at.low is not None and at.high is not None:
        return at.low, at.high
    assert at.value is not None  # what has no interval has a point
    return at.value, at.value


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _unknown(at: Estimate) -> Estimate:
    return Estimate.not_derivable("seconds", at.reason or "its time is not known", at.needs)


def _refused(reason: str, needs: str | None = None) -> Estimate:
    return Estimate.not_derivable("time", reason or "no window was measured", needs)
