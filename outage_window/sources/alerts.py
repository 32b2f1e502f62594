"""Alerts from a file: Alertmanager's `/api/v2/alerts`, or kept webhook bodies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from detector.estimate import Origin
from outage_window.errors import InputError
from outage_window.sources.files import Source
from reports.facts import AlertFact
from webhooks.alertmanager import parse
from webhooks.bodies import load_text
from webhooks.model import Alert, Refused
from webhooks.times import NS, parse_end, parse_time

EXPECTED = "expected a list from /api/v2/alerts, or Alertmanager webhook bodies (version 4)"
SELF = "self"
"""Alerts that this program raised carry `outage_window="self"` and are no evidence of anything."""


def read(source: Source) -> tuple[tuple[AlertFact, ...], int, Origin]:
    """The alerts of a file in order of time, how many were truncated by the sender, the origin.

    The same alert in several deliveries is one, its end the latest known. Alerts of this program's
    own are left out.
    """
    text = source.text()
    truncated = 0
    if text.lstrip().startswith("["):
        alerts = _listed(source, text)
    else:
        alerts = []
        for place, body in _bodies(source, text):
            try:
                delivery = parse(body)
            except Refused as error:
                raise InputError(
                    f"{place}, {error.field}", f"{error.expected} ({EXPECTED})"
                ) from None
            truncated += delivery.truncated
            alerts += delivery.alerts
    return facts(alerts, source.name), truncated, source.origin(len(alerts))


def facts(alerts: Iterable[Alert], sender: str) -> tuple[AlertFact, ...]:
    """One fact for each fingerprint and start; re-sends are counted, a known end is kept."""
    found: dict[tuple[str, int], list[Alert]] = {}
    for alert in alerts:
        if alert.labels.get("outage_window") != SELF:
            found.setdefault((alert.fingerprint, alert.starts_at), []).append(alert)
    made = [_fact(found[key], sender) for key in sorted(found)]
    return tuple(sorted(made, key=lambda fact: (fact.fired_at, fact.name)))


def _fact(deliveries: list[Alert], sender: str) -> AlertFact:
    first = deliveries[0]
    ends = [alert.ends_at for alert in deliveries if alert.ends_at is not None]
    return AlertFact(
        name=first.name,
        labels=dict(first.labels),
        summary=first.annotations.get("summary") or first.annotations.get("description", ""),
        source=sender,
        fired_at=first.starts_at / NS,
        resolved_at=max(ends) / NS if ends else None,
        deliveries=len(deliveries),
    )


def _bodies(source: Source, text: str) -> Iterator[tuple[str, bytes]]:
    """One body over the whole file, or one a line."""
    first = text.lstrip().split("\n", 1)[0]
    if _whole(first):
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield source.place(number), line.encode()
    else:
        yield source.name, text.encode()


def _whole(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _listed(source: Source, text: str) -> list[Alert]:
    """`/api/v2/alerts` has no `status` of a webhook: brought into that form, then parsed alike."""
    try:
        items = load_text(text, source.name)
        body = {"version": "4", "alerts": [_as_sent(item) for item in items]}
        return list(parse(json.dumps(body).encode()).alerts)
    except Refused as error:
        where = source.name if error.field == source.name else f"{source.name}, {error.field}"
        raise InputError(where, f"{error.expected} ({EXPECTED})") from None


def _as_sent(item: Any) -> Any:
    """Listed alerts are alive, and their `endsAt` says until when unless somebody tells more.

    It is an end only when it had passed at `updatedAt`.
    """
    if not isinstance(item, dict) or not isinstance(item.get("status"), dict):
        return item
    end = parse_end(item["endsAt"], "endsAt") if "endsAt" in item else None
    known = parse_time(item["updatedAt"], "updatedAt") if "updatedAt" in item else None
    ended = end is not None and known is not None and end <= known
    return {**item, "status": "resolved" if ended else "firing"}
