"""The moments that detection passes, from the onset to the escalation, and where each is from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from detector.estimate import Estimate, Status
from reports import moments
from reports.facts import AlertFact, Incident
from reports.timeline import ASKED

NOT_KEPT = "an earlier version kept this incident, without the times of its scrapes"
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
class Point:
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


def passed(incident: Incident) -> tuple[Point, ...]:
    """All moments, the onset first: what cannot be told is refused with the reason.

    Every step of an alert is there, also where none fired; a ticket or report only where it noticed
    the incident first. Onset and alert stand in the order in which one causes the next, whatever
    their times; what people did stands before the first step of the alert that came after it, and
    what was not given at the end.
    """
    return tuple(_with_people(incident, [*_measured(incident), *_alert(incident)]))


def _measured(incident: Incident) -> list[Point]:
    """Onset and first scrape, as the metrics tell them."""
    window = incident.window
    if window is None:
        refused = _refused(incident.no_window_because, "metrics that show the window")
        return [
            Point("onset", "Onset", refused),
            Point("first_scrape", "First scrape that shows it", refused),
        ]
    declared = window.start.status == "declared"
    onset = Point(
        "onset",
        "Onset (proposed)" if declared else "Onset (measured)",
        window.start,
        window.start.method if declared else "the metrics around it",
    )
    shown = incident.first_shown or _refused(NOT_KEPT)
    source = "" if shown.status == "not_derivable" else shown.method
    first = Point("first_scrape", "First scrape that shows it", shown, source, ("onset",))
    return [onset, first]


def _alert(incident: Incident) -> list[Point]:
    """The four steps of the first alert."""
    alert = moments.first_alert(incident)
    if alert is None:
        known = incident.alerts_known
        reason = "no alert fired" if known else "no source of alerts was given"
        refused = _refused(reason, None if known else "alerts")
        return [Point(name, label, refused) for name, label in ALERTING]
    from_ = alert.source or "its file"
    source = f"startsAt, as {from_} gave it"
    if alert.backfilled == "prometheus":
        source = "the first evaluation at which it fired, in ALERTS of Prometheus"
    at = Estimate.exact(alert.fired_at, "time", f"startsAt of {alert.name}")
    fired = Point("fired", f"First alert fired ({alert.name})", at, source)
    points = [_rule_true(incident, alert), fired, *_delivered(alert)]
    return [replace(p, at=p.at.from_inputs(p.at.inputs or incident.told_by)) for p in points]


def _rule_true(incident: Incident, alert: AlertFact) -> Point:
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
        return Point(name, label, at, "ALERTS_FOR_STATE of Prometheus")
    shown = incident.first_shown
    if incident.window is None or shown is None or shown.low is None:
        return Point(name, label, _refused("no delivery tells it", FOR_STATE))
    if fired < shown.low:
        reason = "no delivery tells it, and it fired before the first scrape that shows the outage"
        return Point(name, label, _refused(reason, FOR_STATE))
    method = "first scrape that shows it to first alert fired"
    at = Estimate(None, shown.low, fired, "time", "estimated", method)
    at = at.from_inputs((*shown.inputs, *incident.told_by))
    return Point(name, label, at, HOLDS, ("onset", "first_scrape"))


def _delivered(alert: AlertFact) -> list[Point]:
    """When it was sent, which is only known within bounds, and when it was delivered."""
    (sent, sent_label), (came, came_label) = ALERTING[2:]
    if alert.received_at is None:
        refused = _refused("no delivery of it is known", "the webhook of Alertmanager, not a file")
        if alert.backfilled in ASKED:
            asked = alert.backfilled.capitalize()
            reason = f"it was never delivered here, only back-filled from {asked}"
            refused = _refused(reason, "a route of Alertmanager that leads here")
        return [Point(sent, sent_label, refused), Point(came, came_label, refused)]
    received = Estimate.exact(alert.received_at, "time", "reception of the first delivery")
    between = _refused(CLOCKS)
    if alert.received_at >= alert.fired_at:
        method = "first alert fired to first alert delivered"
        between = Estimate(None, alert.fired_at, alert.received_at, "time", "estimated", method)
    return [
        Point(sent, sent_label, between, "" if between.low is None else SENDING),
        Point(came, came_label, received, "reception of its first delivery, by the clock here"),
    ]


def _with_people(incident: Incident, causes: Sequence[Point]) -> list[Point]:
    """Each thing that people did before the first step of the alert that came after it.

    The onset stays first; what was not given stands at the end.
    """
    given, missing = _people(incident)
    points = list(causes)
    for one in sorted(given, key=lambda point: point.order):
        later = (i for i, p in enumerate(points) if i and p.order > one.order)
        points.insert(next(later, len(points)), one)
    return points + missing


def _people(incident: Incident) -> tuple[list[Point], list[Point]]:
    """What people did, and what was not given of it."""
    given, missing = [], []
    seen = moments.detected(incident)
    if seen.means in NOTICED and seen.time is not None:
        at = Estimate(seen.time, seen.time, seen.time, "time", "declared", f"first {seen.means}")
        at = at.from_inputs(incident.told_by)
        given.append(Point(seen.means, NOTICED[seen.means], at, f"“{seen.what}”"))
    for kind, label, none in PEOPLE:
        for event in moments.about_it(incident, kind)[:1]:
            method = f"first event of type {kind}"
            at = Estimate(event.time, event.time, event.time, "time", "declared", method)
            by = f"as {event.team} recorded it" if event.team else "as it was recorded"
            given.append(Point(kind, label, at.from_inputs(incident.told_by), by))
        if not moments.about_it(incident, kind):
            late = " but what came long before the onset"
            reason = none + (late if moments.events_of(incident, kind) else "")
            missing.append(Point(kind, label, _refused(reason, f"an event of type {kind}")))
    return given, missing


def _refused(reason: str, needs: str | None = None) -> Estimate:
    return Estimate.not_derivable("time", reason or "no window was measured", needs)
