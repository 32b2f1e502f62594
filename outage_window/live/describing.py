"""An incident's facts to its JSON document, and to the few facts that a revision is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detector.results import Split
from outage_window.document.build import detection_document, other_numbers, window_document
from outage_window.document.values import estimate, number, time_text
from reports.chart_table import TableRow, table
from reports.contradictions import contradictions
from reports.escape import bare
from reports.facts import AlertFact, Announced, Correction, EventFact, Incident, Related
from reports.headline import headline, title
from reports.quantities import origins
from reports.timeline import ASKED, Row, timeline

SCHEMA = "outage-window/incident/v1"
STEADY_SECONDS = 60.0
ALWAYS = ("onset", "recovery", "share of users", "alerts", "alerts firing", "events")
"""Facts that each incident has; the others are counts of what is not there where they lack."""
STEADY_SHARE = 0.005


def document(incident: Incident) -> dict[str, Any]:
    """The incident as JSON: its window where there is one, every other number, and what is said."""
    found: dict[str, Any] = {}
    if incident.window is not None and incident.users is not None:
        found = window_document(incident, incident.window, incident.users)
    found = {
        "schema": SCHEMA,
        "id": incident.id,
        "service": incident.service,
        "as_of": time_text(incident.as_of),
        **found,
    }
    return other_numbers(incident, found) | {
        "state": incident.state,
        "zone": incident.zone,
        "no_window_because": incident.no_window_because,
        "title": title(incident),
        "headline": bare(headline(incident)),
        "alerts": [_alert(alert) for alert in incident.alerts],
        "alerts_known": incident.alerts_known,
        "truncated_alerts": incident.truncated_alerts,
        "detection": detection_document(incident),
        "events": [_event(event) for event in incident.events],
        "timeline": [_row(row) for row in timeline(incident)],
        "contradictions": [
            {"id": one.id, "statement": bare(one.statement), "evidence": dict(one.evidence)}
            for one in contradictions(incident)
        ],
        "errors_by_label": [_split(one) for one in incident.splits],
        "corrections": [_correction(one) for one in incident.corrections],
        "related": [_related(one) for one in incident.related],
        "announced": [_announced(one) for one in incident.announced],
        "data_gaps": [
            {"start": time_text(start), "end": time_text(end)} for start, end in incident.data_gaps
        ],
        "chart_rows": [_drawn(row) for row in table(incident)],
        "inputs": [{"name": o.name, "sha256": o.sha256, "rows": o.rows} for o in origins(incident)],
        "command": incident.command,
    }


def facts_of(incident: Incident) -> dict[str, Any]:
    """What is compared: edges in seconds, share of users, and how many alerts and events."""
    window, users = incident.window, incident.users
    told = {
        "alerts back-filled": sum(alert.backfilled in ASKED for alert in incident.alerts),
        "ends back-filled": sum(alert.backfilled == "end" for alert in incident.alerts),
        "maintenance and silences": len(incident.announced),
    }
    return {
        "onset": None if window is None else window.start.value,
        "recovery": None if window is None else window.end.value,
        "share of users": None if users is None else users.affected.value,
        "alerts": sum(1 + alert.unlisted for alert in incident.alerts),
        "alerts firing": sum(alert.resolved_at is None for alert in incident.alerts),
        "events": len(incident.events),
        # Only where there are any, so that what earlier versions closed did not move.
        **{name: count for name, count in told.items() if count},
    }


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What differs, in words such as `onset 08:44:00 → 08:41:00`; empty when nothing to speak of.

    Edges count as moved from a minute on, shares from half a point on: less is the baseline
    settling, and no news.
    """
    changes = []
    for name, new in after.items():
        old = before.get(name, None if name in ALWAYS else 0)
        if old != new and not _steady(name, old, new):
            changes.append(f"{name} {_shown(name, old)} → {_shown(name, new)}")
    return ", ".join(changes)


def _steady(name: str, old: Any, new: Any) -> bool:
    if old is None or new is None:
        return False
    if name in ("onset", "recovery"):
        return bool(abs(new - old) < STEADY_SECONDS)
    return bool(name == "share of users" and abs(new - old) < STEADY_SHARE)


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "unknown"
    if name in ("onset", "recovery"):
        return time_text(round(value))
    return f"{value:.1%}" if name == "share of users" else str(value)


def _alert(alert: AlertFact) -> dict[str, Any]:
    return {
        "name": alert.name,
        "labels": dict(alert.labels),
        "summary": alert.summary,
        "source": alert.source,
        "fired_at": time_text(alert.fired_at),
        "resolved_at": None if alert.resolved_at is None else time_text(alert.resolved_at),
        "timed_out": alert.timed_out,
        "received_at": None if alert.received_at is None else time_text(alert.received_at),
        "deliveries": alert.deliveries,
        "backfilled": alert.backfilled or None,
        "active_since": None if alert.active_since is None else time_text(alert.active_since),
    }


def _event(event: EventFact) -> dict[str, Any]:
    return {
        "time": time_text(event.time),
        "type": event.type,
        "text": event.text,
        "team": event.team,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "time": time_text(row.time),
        "kind": row.kind,
        "text": bare(row.text),
        "important": row.important,
        "count": row.count,
    }


def _drawn(row: TableRow) -> dict[str, Any]:
    return {
        "start": time_text(row.start),
        "end": time_text(row.end),
        **{
            name: None if value is None else number(value)
            for name, value in (
                ("covered_seconds", row.covered),
                ("attempts", row.attempts),
                ("lowest", row.lowest),
                ("highest", row.highest),
                ("expected", row.expected),
            )
        },
        "in_window": row.in_window,
    }


def _split(one: Split) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "label": one.label,
        "values": [
            {
                "value": value.value,
                "errors": number(value.errors),
                "expected": None if value.expected is None else number(value.expected),
                "share_of_excess": estimate(value.share),
            }
            for value in one.values
        ],
        "other_values": one.others,
        "other_errors": number(one.other_errors),
    }


def _correction(one: Correction) -> dict[str, Any]:
    return {
        "field": one.field,
        "value": one.value or None,
        "before": one.before or None,
        "by": one.by,
        "at": time_text(one.at),
    }


def _announced(one: Announced) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "start": time_text(one.start),
        "end": time_text(one.end),
        "text": one.text,
        "matchers": one.matchers,
    }


def _related(one: Related) -> dict[str, Any]:
    return {
        "id": one.id,
        "service": one.service,
        "start": time_text(one.start),
        "end": None if one.end is None else time_text(one.end),
        "how": one.how,
    }
