"""An incident's facts to what templates print: every choice and every word is made here."""

from __future__ import annotations

import math
from datetime import tzinfo
from typing import Any

from reports import headline, moments, times
from reports.asked import QUESTIONS
from reports.chart_table import TableRow, table
from reports.contradiction import Contradiction
from reports.contradictions import contradictions
from reports.escape import plain
from reports.facts import EventFact, Incident, Related
from reports.findings import said, verdict_on
from reports.postmortem import (
    Corrected,
    Drawn,
    Near,
    Odd,
    Other,
    Point,
    Postmortem,
    Row,
    Source,
    Told,
)
from reports.quantities import folded, number, origins, quantities
from reports.rule import rule_outcome
from reports.side_by_side import edges, phases, steps
from reports.summary import chart_title, is_level, text_equivalent
from reports.tidy import tidy
from reports.timeline import timeline

MOST_ROWS = 60
"""A timeline longer than this shows its important rows alone, and says how many it leaves out."""
MOST_LISTED = 20
"""Of one kind of event no list shows more than this; the rest is counted."""
FIELDS = {
    "title": "Title",
    "impact": "Impact statement",
    "declared_start": "Declared start",
    "declared_end": "Declared end",
    "dismissed": "Dismissed, because",
    "merged_into": "Merged into",
}


def view(raw: Incident) -> Postmortem:
    """The incident as templates see it; the same facts give the same view."""
    incident = tidy(raw)
    zone = times.local_zone(incident.zone)
    found = {**_identity(incident, zone), **_numbers(incident, zone), **_lists(incident, zone)}
    return Postmortem(**found, **_told_by_people(incident, zone), **_evidence(incident))


def _identity(incident: Incident, zone: tzinfo | None) -> dict[str, Any]:
    """What it is, and the sentences about it."""
    window = incident.window
    statement, dismissed = (moments.correction(incident, f) for f in ("impact", "dismissed"))
    return {
        "id": incident.id,
        "service": incident.service,
        "state": incident.state,
        "revision": incident.revision,
        "as_of": times.utc(incident.as_of),
        "zone": incident.zone if zone else "",
        "title": headline.title(incident),
        "headline": headline.headline(incident),
        "points": tuple(Point(*point) for point in headline.points(incident)),
        "measured": window is not None,
        "recovered": window is not None and window.end.value is not None,
        "no_window_because": incident.no_window_because,
        "dismissed": dismissed.value if dismissed else "",
        "statement": statement.value if statement else "",
        "alerted": bool(moments.alerts_of(incident)),
        "alerts_known": incident.alerts_known,
        "experienced": headline.experienced(incident),
        "noticed_by": headline.noticed_by(incident),
    }


def _numbers(incident: Incident, zone: tzinfo | None) -> dict[str, Any]:
    found = quantities(incident)
    shown = [number(one, incident, zone) for one in folded(found)]
    return {
        "numbers": {one.id: number(one, incident, zone) for one in found},
        "impact": tuple(one for one in shown if one.group == "impact"),
        "detection": tuple(one for one in shown if one.group == "detection"),
        "edges": edges(incident, zone),
        "phases": phases(incident),
        "steps": steps(incident),
    }


def _lists(incident: Incident, zone: tzinfo | None) -> dict[str, Any]:
    """What does not fit, the timeline, and what is near in time."""
    odd = contradictions(incident)
    rows, left_out = _rows(incident, zone)
    return {
        "odd": tuple(Odd(one.id, one.statement, QUESTIONS[one.id]) for one in odd),
        "alerting": _alerting(incident, odd),
        "timeline": rows,
        "left_out": left_out,
        "key_rows": tuple(row for row in rows if row.important),
        "triggers": tuple(_near(one, zone) for one in moments.near_onset(incident)),
        "resolutions": tuple(_near(one, zone) for one in moments.near_recovery(incident)),
        "findings": said(incident.findings),
        "related": tuple(_other(one) for one in incident.related),
    }


def _told_by_people(incident: Incident, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "actions": _told(incident, zone, "change", "mitigating", since_onset=True),
        "leads": _told(incident, zone, "investigating", since_onset=True),
        "identified": _told(incident, zone, "identified"),
        "escalations": _told(incident, zone, "escalated"),
        "corrections": tuple(_corrections(incident)),
    }


def _evidence(incident: Incident) -> dict[str, Any]:
    """Where it comes from, and the chart in words and figures."""
    level = is_level(incident)
    return {
        "inputs": tuple(
            Source(o.name, o.sha256 or "not recorded", f"{o.rows:,}") for o in origins(incident)
        ),
        "command": plain(incident.command),
        "chart_title": chart_title(incident),
        "chart_text": text_equivalent(incident),
        "chart_quantity": "Errors" if level else "Error ratio",
        "chart_rows": tuple(_drawn(row, level) for row in table(incident)),
    }


def _alerting(incident: Incident, odd: tuple[Contradiction, ...]) -> str:
    """What fired, and what a plain rule would have done; a pointer where that was said before."""
    first, window = moments.first_alert(incident), incident.window
    if window is None:
        return rule_outcome(incident)
    if not incident.alerts_known:
        fired = "what fired is not known"
    elif first is None:
        fired = "no alert fired"
    else:
        delay = times.apart(first.fired_at - window.onset, "the measured onset")
        fired = f"the rule in force ({first.name}) fired {delay}"
    if any(found.id in ("no-alert", "alert-late") for found in odd):
        return f"{fired}; what a plain rule would have done stands with what does not fit."
    return f"{fired}. {rule_outcome(incident)}"


def _rows(incident: Incident, zone: tzinfo | None) -> tuple[tuple[Row, ...], int]:
    every = timeline(incident)
    kept = every if len(every) <= MOST_ROWS else tuple(r for r in every if r.important)
    shown = tuple(
        Row(
            times.utc(r.time, r.step),
            times.local(r.time, zone, r.step) if zone else "",
            r.kind,
            r.text,
            r.important,
        )
        for r in kept
    )
    return shown, len(every) - len(kept)


def _near(near: moments.Near, zone: tzinfo | None) -> Near:
    return Near(_at(near.event, zone), near.event.text, near.in_words)


def _told(
    incident: Incident, zone: tzinfo | None, *types: str, since_onset: bool = False
) -> tuple[Told, ...]:
    """The events of these types; of very many the first, and how many more there are."""
    onset = -math.inf if incident.window is None else incident.window.onset
    events = moments.events_of(incident, *types)
    kept = [e for e in events if e.time >= onset or not since_onset]
    found = [
        Told(_at(e, zone), e.text, e.team, verdict_on(e.text, incident.findings))
        for e in kept[:MOST_LISTED]
    ]
    if len(kept) > MOST_LISTED:
        more = f"the last of {len(kept) - MOST_LISTED:,} more that are not listed here"
        found.append(Told(_at(kept[-1], zone), more, "", ""))
    return tuple(found)


def _at(event: EventFact, zone: tzinfo | None) -> str:
    beside = f" ({times.local(event.time, zone)})" if zone else ""
    return times.utc(event.time) + beside


def _corrections(incident: Incident) -> list[Corrected]:
    return [
        Corrected(
            FIELDS[one.field],
            one.value or "taken back",
            one.before or "none",
            one.by,
            times.utc(one.at),
        )
        for one in incident.corrections
    ]


def _other(one: Related) -> Other:
    how = "overlaps" if one.how == "overlaps" else "merged into this one"
    end = "not ended" if one.end is None else times.utc(one.end)
    return Other(one.id, one.service, times.utc(one.start), end, how)


def _drawn(row: TableRow, level: bool) -> Drawn:
    return Drawn(
        times.utc(row.start, times.MINUTE),
        times.utc(row.end, times.MINUTE),
        "not known" if row.attempts is None else f"{row.attempts:,.0f}",
        _range(row.lowest, row.highest, level),
        _range(row.expected, row.expected, level),
        "yes" if row.in_window else "no",
    )


def _range(low: float | None, high: float | None, level: bool) -> str:
    if low is None or high is None:
        return "no data"
    first, last = (f"{x:.3g}" if level else f"{100 * x:.3g} %" for x in (low, high))
    return first if first == last else f"{first} to {last}"
