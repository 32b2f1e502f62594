"""What does not fit: alerts, measured and declared times held against each other, and gaps."""

from __future__ import annotations

from collections.abc import Iterator

from detector.estimate import Estimate
from reports import moments, numbers, times
from reports.contradiction import Contradiction, bounds
from reports.escape import note
from reports.facts import AlertFact, EventFact, Incident
from reports.lacking import gaps, received
from reports.rule import rule_evidence, rule_outcome

LATE = 1800.0
"""Seconds from onset to first alert above which the alert is called late."""
NEAR = 900.0
"""Seconds from the end of maintenance to an onset below which it may hide the real one."""
SLOW_DELIVERY = 300.0
"""Seconds from an alert's start to its first delivery above which that is mentioned."""


def contradictions(incident: Incident) -> tuple[Contradiction, ...]:
    """All that does not fit in an incident, the gravest first; none is a guess at a cause."""
    checks = (_alarm, _announced, _first_alert, _start, _end, _alert_ends, received, gaps)
    return tuple(found for check in checks for found in check(incident))


def _alarm(incident: Incident) -> Iterator[Contradiction]:
    """Whether anything fired at all, and for what."""
    first = moments.first_alert(incident)
    if incident.window is None:
        yield from _without_window(incident, first)
    elif not incident.alerts_known:
        text = "It is not known whether an alert fired: no source of alerts was given."
        yield Contradiction("alerts-not-known", text, {})
    elif first is None:
        own = " but this program's own" if incident.alerts else ""
        text = f"No alert fired{own}. {rule_outcome(incident)}"
        yield Contradiction("no-alert", text, rule_evidence(incident.rule))


def _without_window(incident: Incident, first: AlertFact | None) -> Iterator[Contradiction]:
    because = incident.no_window_because
    if first is not None:
        text = (
            f"An alert fired at {times.utc(first.fired_at)} ({first.name}), yet no outage was "
            f"measured: {because}."
        )
        yield Contradiction("alert-without-outage", text, _alert_evidence(first))
    started = moments.declared_start(incident)
    if started is not None:
        text = f"People declared a start at {times.utc(started.time)}; none was measured: {because}"
        yield Contradiction("declared-without-outage", f"{text}.", _declared_evidence(started))


def _announced(incident: Incident) -> Iterator[Contradiction]:
    """Silences and maintenance that hide something of a measured outage."""
    window = incident.window
    if window is None:
        return
    for one in incident.announced:
        if one.start >= window.until or one.end < window.onset - NEAR:
            continue
        when = f"from {times.utc(one.start)} to {times.utc(one.end)}"
        if one.kind == "silence":
            text = (
                f"Alerts were silenced {when} ({one.matchers}): one that fired then reached nobody."
            )
        else:
            text = (
                f"Maintenance was announced {when}: metrics of that time have no say, so that an "
                "edge inside of it is not known."
            )
        evidence = {"start": times.utc(one.start), "end": times.utc(one.end)}
        yield Contradiction(f"{one.kind}-beside-outage", text, evidence)


def _first_alert(incident: Incident) -> Iterator[Contradiction]:
    """The first alert against the measured onset."""
    first, window = moments.first_alert(incident), incident.window
    if first is None:
        return
    if window is not None:
        low, high = bounds(window.start)
        delay = first.fired_at - window.onset
        evidence = _alert_evidence(first) | _edge_evidence("onset", window.start)
        onset = numbers.show(window.start)
        alert = f"The first alert ({first.name}, {times.utc(first.fired_at)})"
        if first.fired_at < low:
            before = times.about(-delay)
            text = f"{alert} fired {before} before the measured onset, {onset.value}."
            yield Contradiction("alert-before-onset", text, evidence)
        elif round(delay) == 0:
            text = (
                f"{alert} fired at the measured onset to the second. An alert follows the errors "
                "that it is about: one of the two times is suspicious."
            )
            yield Contradiction("onset-equals-alert", text, evidence)
        elif first.fired_at <= high:
            text = f"{alert} lies inside the interval of the onset: which came first is not known."
            yield Contradiction("alert-within-onset-interval", text, evidence)
        elif delay > LATE:
            text = (
                f"{alert} came late: {times.about(delay)} after the measured onset. "
                f"{rule_outcome(incident)}"
            )
            evidence |= rule_evidence(incident.rule)
            yield Contradiction("alert-late", text, evidence)
    if first.received_at is not None and first.received_at - first.fired_at > SLOW_DELIVERY:
        text = (
            f"The first alert was delivered {times.about(first.received_at - first.fired_at)} "
            "after it fired."
        )
        evidence = _alert_evidence(first) | {"received_at": times.utc(first.received_at)}
        yield Contradiction("alert-delivered-late", text, evidence)


def _start(incident: Incident) -> Iterator[Contradiction]:
    """The declared start against the first alert and the measured onset."""
    declared = moments.declared_start(incident)
    if declared is None:
        return
    first, window = moments.first_alert(incident), incident.window
    same = first is not None and _same(declared.time, first.fired_at)
    measured = (
        f" The measured onset is {_with_interval(window.start, note('start'))}." if window else ""
    )
    if first is not None and same:
        to = "second" if declared.time == first.fired_at else "minute"
        text = (
            f"The declared start, {times.utc(declared.time)}, equals the first alert's time to the "
            f"{to}. That is suspicious: an alert comes after the errors.{measured}"
        )
        evidence = _declared_evidence(declared) | _alert_evidence(first)
        yield Contradiction("declared-start-equals-alert", text, evidence)
    elif first is not None and first.fired_at < declared.time:
        text = (
            f"The first alert ({first.name}, {times.utc(first.fired_at)}) came "
            f"{times.about(declared.time - first.fired_at)} before the declared start, "
            f"{times.utc(declared.time)}.{measured}"
        )
        evidence = _declared_evidence(declared) | _alert_evidence(first)
        yield Contradiction("alert-before-declared-start", text, evidence)
    if window is not None:
        yield from _differs(declared, window.start, "start", "onset")


def _end(incident: Incident) -> Iterator[Contradiction]:
    """The declared end against the measured recovery."""
    declared, window = moments.declared_end(incident), incident.window
    if declared is None or window is None:
        return
    if window.end.value is None:
        text = (
            f"People declared the end at {times.utc(declared.time)}; the metrics show no recovery "
            f"as of {times.utc(window.as_of)}."
        )
        evidence = _declared_evidence(declared) | {"as_of": times.utc(window.as_of)}
        yield Contradiction("declared-end-while-ongoing", text, evidence)
        return
    yield from _differs(declared, window.end, "end", "recovery")


def _differs(
    declared: EventFact, edge: Estimate, name: str, measured: str
) -> Iterator[Contradiction]:
    low, high = bounds(edge)
    # People write minutes: a declared 15:30 stands for any second of it, and for a rounded one.
    slack = times.MINUTE if declared.time % times.MINUTE == 0 else 1.0
    if low - slack <= declared.time <= high + slack:
        return
    assert edge.value is not None
    apart = times.apart(declared.time - edge.value, f"the measured {measured}")
    shown = _with_interval(edge, note(name))
    text = f"The declared {name}, {times.utc(declared.time)}, is {apart}, {shown}."
    evidence = _declared_evidence(declared) | _edge_evidence(measured, edge)
    yield Contradiction(f"declared-{name}-differs", text, evidence)


def _alert_ends(incident: Incident) -> Iterator[Contradiction]:
    """What the ends of the alerts say of the recovery, and what they do not."""
    alerts, window = moments.alerts_of(incident), incident.window
    for alert in [a for a in alerts if a.timed_out][:1]:
        text = (
            f"An alert ({alert.name}) ended by time-out: its sender fell silent. That end is no "
            "evidence of recovery."
        )
        yield Contradiction("alert-timed-out", text, _alert_evidence(alert))
    if window is None or window.end.value is None or not alerts:
        return
    still = [a for a in alerts if a.resolved_at is None]
    if still:
        text = f"An alert ({still[0].name}) still fires although the metrics have recovered."
        yield Contradiction("alert-outlives-outage", text, _alert_evidence(still[0]))
        return
    last = max(a.resolved_at for a in alerts if a.resolved_at is not None)
    low, _ = bounds(window.end)
    if last < low - times.MINUTE:
        text = (
            f"The last alert resolved at {times.utc(last)}, "
            f"{times.about(window.end.value - last)} before the measured recovery."
        )
        evidence = {"last_resolved": times.utc(last), **_edge_evidence("recovery", window.end)}
        yield Contradiction("alert-resolved-early", text, evidence)


def _same(declared: float, alert: float) -> bool:
    if declared == alert:
        return True
    return declared % times.MINUTE == 0 and declared <= alert < declared + times.MINUTE


def _with_interval(edge: Estimate, mark: str) -> str:
    shown = numbers.show(edge)
    return f"{shown.value}{mark} (95 % interval {shown.interval})"


def _edge_evidence(name: str, edge: Estimate) -> dict[str, str | float]:
    low, high = bounds(edge)
    assert edge.value is not None
    return {
        name: times.utc(edge.value),
        f"{name}_low": times.utc(low),
        f"{name}_high": times.utc(high),
    }


def _alert_evidence(alert: AlertFact) -> dict[str, str | float]:
    return {"alert": alert.name, "fired_at": times.utc(alert.fired_at)}


def _declared_evidence(event: EventFact) -> dict[str, str | float]:
    return {event.type: times.utc(event.time)}
