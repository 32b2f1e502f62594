"""The timeline: everything with a time, in one order, with repeats folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from detector.estimate import Estimate
from reports import moments, times
from reports.escape import note
from reports.facts import AlertFact, Announced, EventFact, Incident

WORDS = {
    "acknowledged": "Acknowledged",
    "change": "Change",
    "declared_end": "Declared end",
    "declared_start": "Declared start",
    "detected_by": "Reported",
    "escalated": "Escalated",
    "identified": "Cause identified",
    "investigating": "Investigating",
    "mitigating": "Mitigating",
    "note": "Note",
    "ticket": "Ticket",
}
ASKED = ("alertmanager", "prometheus")
ANNOUNCED = {
    "maintenance": "Announced; metrics of that time have no say",
    "silence": "Alerts were muted in Alertmanager",
}
MOST_NAMES = 30
"""Alerts of so many names have rows of their own, those that fired first; the others share one."""
MILESTONES = frozenset(WORDS) - {"note", "ticket"}
_ORDER = ("Change", "Onset", "Alert fired", "Ticket")
"""At the same instant a change comes before the onset, and that before what it set off."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline: `time` in seconds since the epoch, UTC; plain text, not Markdown.

    `step` is the precision (seconds) that the time is worth printing with; `count` is how many
    repeats the row stands for.
    """

    time: float
    kind: str
    text: str
    important: bool
    step: float = 1.0
    count: int = 1


def timeline(incident: Incident) -> tuple[Row, ...]:
    """All rows in order of time. Alerts of one name are folded into one row fired, one resolved."""
    told = [row for one in incident.announced for row in _announced(one, incident.as_of)]
    rows = [*_window(incident), *_alerts(incident), *_events(incident), *told]
    return tuple(sorted(rows, key=lambda row: (row.time, _rank(row.kind), row.kind, row.text)))


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _window(incident: Incident) -> list[Row]:
    window = incident.window
    if window is None:
        return []
    rows = [Row(window.onset, "Onset", f"Measured onset{note('start')}", True, _step(window.start))]
    if window.end.value is not None:
        rows.append(
            Row(window.end.value, "Recovery", _recovered(incident), True, _step(window.end))
        )
    elif window.provisional_end is not None:
        text = "Error ratio back to normal so far; too early to call it recovered"
        rows.append(Row(window.provisional_end, "Provisional end", text, True))
    phases = window.phases
    for number, (phase, following) in enumerate(pairwise(phases), start=1):
        of = len(phases)
        rows.append(Row(phase.end, "Phase", f"Phase {number} of {of} ends", False))
        rows.append(Row(following.start, "Phase", f"Phase {number + 1} of {of} begins", False))
    return rows


def _recovered(incident: Incident) -> str:
    """The recovery, and how long after the nearest change or mitigation it came."""
    window = incident.window
    assert window is not None
    measured = f"Measured recovery{note('end')}"
    for near in moments.near_recovery(incident)[:1]:
        if near.within:
            return f"{measured}; “{near.event.text}” lies within its interval"
        after = times.apart(near.before, f"“{near.event.text}”", _step(window.end))
        return f"{measured}, {after}"
    return measured


def _alerts(incident: Incident) -> list[Row]:
    rows: list[Row] = []
    groups: dict[tuple[str, bool], list[AlertFact]] = {}
    for alert in sorted(incident.alerts, key=lambda a: a.fired_at):
        groups.setdefault((alert.name, moments.counts(alert)), []).append(alert)
    told, others = list(groups.items())[:MOST_NAMES], list(groups.values())[MOST_NAMES:]
    for (_, counts), alerts in told:
        rows += _folded(alerts, counts)
    return [*rows, *_together(others)]


def _together(others: list[list[AlertFact]]) -> list[Row]:
    """Alerts of more names than anybody reads, in one row that fired and one that ended."""
    if not others:
        return []
    alerts = [alert for named in others for alert in named]
    n = sum(1 + alert.unlisted for alert in alerts)
    first, last = alerts[0], max(alert.fired_at for alert in alerts)
    counts = any(moments.counts(alert) for alert in alerts)
    what = f"{n:,} alerts of {len(others):,} more names, first {first.name}"
    firing = sum(alert.resolved_at is None for alert in alerts)
    still = f"; {firing:,} of them still fire" if firing else ""
    text = f"{what} (last {times.utc(last)}){still}"
    rows = [Row(first.fired_at, "Alert fired", text, counts, count=n)]
    if not firing:
        ended = max(alert.resolved_at or 0.0 for alert in alerts)
        text = f"The last of {n:,} alerts of {len(others):,} more names ended"
        rows.append(Row(ended, "Alert resolved", text, counts, count=n))
    return rows


def _folded(alerts: list[AlertFact], counts: bool) -> list[Row]:
    first, last = alerts[0], alerts[-1]
    n = sum(1 + alert.unlisted for alert in alerts)
    kind = "Alert" if counts else "Own alert"
    text = f"{first.name}: {first.summary}" if first.summary else first.name
    if n > 1:
        series = len({tuple(sorted(a.labels.items())) for a in alerts})
        on = f" on {series} label sets" if series > 1 else ""
        text += f" ({n} times{on}, last {times.utc(last.fired_at)})"
    sent = sum(alert.deliveries + alert.unlisted for alert in alerts)
    text += f"; delivered {sent} times" if sent > n else ""
    text += _asked_for(alerts)
    rows = [Row(first.fired_at, f"{kind} fired", text, counts, count=n)]
    ended = [a for a in alerts if a.resolved_at is not None]
    if ended and len(ended) == len(alerts):
        final = max(ended, key=lambda a: a.resolved_at or 0.0)
        assert final.resolved_at is not None
        how = " by time-out, which is no evidence of recovery" if final.timed_out else ""
        how += "; its end is back-filled, no delivery told it" if final.backfilled == "end" else ""
        all_ended = f"{first.name}: the last of {n} ended{how}" if n > 1 else first.name + how
        end = "timed out" if final.timed_out else "resolved"
        rows.append(Row(final.resolved_at, f"{kind} {end}", all_ended, counts, count=n))
    return rows


def _asked_for(alerts: list[AlertFact]) -> str:
    """What no delivery told, but somebody who was asked: that they fired, and since when."""
    first, text = alerts[0], ""
    asked = [a.backfilled.capitalize() for a in alerts if a.backfilled in ASKED]
    if asked:
        some = f"{len(asked)} of them " if len(asked) < len(alerts) else ""
        text = f"; {some}back-filled from {' and '.join(sorted(set(asked)))}, not delivered"
    if first.active_since is not None and first.active_since < first.fired_at:
        text += f"; its condition held since {times.utc(first.active_since)}"
    return text


def _announced(one: Announced, as_of: float) -> list[Row]:
    """When maintenance or a silence began, and when it ended if it did."""
    which = f" ({one.matchers})" if one.matchers else ""
    said = f": {one.text}" if one.text else ""
    word = "Maintenance" if one.kind == "maintenance" else "Silence"
    rows = [Row(one.start, f"{word} begins", f"{ANNOUNCED[one.kind]}{which}{said}", False)]
    ends = Row(one.end, f"{word} ends", f"The end of what began {times.utc(one.start)}", False)
    return [*rows, ends] if one.end <= as_of else rows


def _events(incident: Incident) -> list[Row]:
    """The events, those that say the same again in one row with the first of them."""
    near = {id(n.event): n.in_words for n in moments.near_onset(incident)}
    groups: dict[tuple[str, str, str], list[EventFact]] = {}
    for event in sorted(incident.events, key=lambda e: e.time):
        groups.setdefault((event.type, event.text, event.team), []).append(event)
    return [_event(same, near.get(id(same[0]))) for same in groups.values()]


def _event(same: list[EventFact], near: str | None) -> Row:
    event, n = same[0], len(same)
    text = event.text
    if event.team:
        text = f"{text} → {event.team}" if event.type == "escalated" else f"{text} ({event.team})"
    if n > 1:
        text += f" ({n} times, last {times.utc(same[-1].time)})"
    if near is not None:
        text += f" — change near in time: {near}"
    kind = WORDS.get(event.type, event.type)
    return Row(event.time, kind, text, event.type in MILESTONES, count=n)


def _step(edge: Estimate) -> float:
    if edge.low is None or edge.high is None:
        return 1.0
    return times.time_step(edge.high - edge.low)
