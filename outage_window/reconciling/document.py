"""A reconciliation as the JSON document that `outage-window reconcile --format json` gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from outage_window.document.values import number, time_text
from reports.reconciliation import (
    Feed,
    Group,
    Known,
    Outage,
    Reconciliation,
    Refusal,
    Section,
    Span,
    T,
)
from reports.reconciliation_text import summary

SCHEMA = "outage-window/reconciliation/v1"


def document(found: Reconciliation) -> dict[str, Any]:
    """All of it; a count that is not derivable is null, and says why."""
    return {
        "schema": SCHEMA,
        "from": time_text(found.start),
        "to": time_text(found.end),
        "as_of": time_text(found.as_of),
        "services": list(found.services) or None,
        "summary": summary(found),
        "findings": found.findings,
        "outages": _section(found.outages, str),
        "outages_without_alert": _section(found.without_alert, _outage),
        "outages_with_alerts_not_known": list(found.alerts_not_known),
        "alerts": _counted(found.alerts),
        "alerts_without_outage": _section(found.without_window, _group),
        "alerts_not_judged": [_group(one) for one in found.not_judged],
        "alerts_silenced": _section(found.silenced, _group),
        "alerts_inhibited": _section(found.inhibited, _group),
        "alerts_beside_truncated": _section(found.truncated, _group),
        "alerts_lost": _section(found.lost, _group)
        | {"asked": {source: _known(known) for source, known in found.lost_known}},
        "alerts_unknown_to_prometheus": _section(found.unknown_to_prometheus, _group),
        "gaps": {
            "services": [_feed(one) for one in found.feeds],
            "receiver": _feed(found.receiver),
        },
        "deliveries_not_understood": _section(found.not_understood, _refusal),
        "requests_refused": _counted(found.turned_away),
    }


def _section(section: Section[T], shown: Callable[[T], Any]) -> dict[str, Any]:
    return _counted(section) | {"found": [shown(one) for one in section.found]}


def _counted(section: Section[Any]) -> dict[str, Any]:
    status = "not_derivable" if section.count is None else "measured"
    return {"count": section.count, "status": status, **_known(section.known)}


def _known(known: Known) -> dict[str, Any]:
    return {"known": [_span(one) for one in known.spans], "unknown_because": known.because or None}


def _span(span: Span) -> dict[str, str]:
    return {"from": time_text(span[0]), "to": time_text(span[1])}


def _outage(one: Outage) -> dict[str, Any]:
    return {
        "id": one.id,
        "service": one.service,
        "start": time_text(one.start),
        "start_low": None if one.low is None else time_text(one.low),
        "start_high": None if one.high is None else time_text(one.high),
        "end": None if one.end is None else time_text(one.end),
        "instead": one.why,
    }


def _group(one: Group) -> dict[str, Any]:
    found = {
        "alert": one.name,
        "service": one.service,
        "how": one.how or None,
        "times": one.times,
        "seconds": number(one.seconds),
        "longest_seconds": number(one.longest),
        "first": time_text(one.first),
        "last": time_text(one.last),
        "firing": one.firing,
    }
    return found | ({"most_truncated": one.most} if one.most else {})


def _feed(one: Feed) -> dict[str, Any]:
    count = len(one.gaps) if one.known.spans else None
    return {
        "name": one.name,
        "count": count,
        "status": "not_derivable" if count is None else "measured",
        "seconds": None if count is None else number(one.seconds),
        "gaps": [_span(gap) for gap in one.gaps],
        **_known(one.known),
    }


def _refusal(one: Refusal) -> dict[str, Any]:
    return {
        "sender": one.sender,
        "reason": one.reason,
        "times": one.times,
        "first": time_text(one.first),
        "last": time_text(one.last),
    }
