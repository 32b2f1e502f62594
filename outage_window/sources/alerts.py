"""Alerts from a file: Alertmanager's `/api/v2/alerts`, or kept webhook bodies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from detector.estimate import Origin
from outage_window.errors import InputError
from outage_window.joining import is_own_voice
from outage_window.sources.files import Source
from reports.facts import AlertFact
from webhooks.alertmanager import parse
from webhooks.bodies import load_text
from webhooks.model import Alert, Refused
from webhooks.times import NS, parse_end, parse_time

EXPECTED = "expected a list from /api/v2/alerts, or Alertmanager webhook bodies (version 4)"

Sent = tuple[Alert, int]
"""An alert of one delivery, and how many were cut off beside it."""


def read(source: Source) -> tuple[tuple[AlertFact, ...], Origin]:
    """The alerts of a file in order of time, and the file's origin.

    The same alert in several deliveries is one, its end the latest known. Alerts of this program's
    own are left out.
    """
    text = source.text()
    alerts: list[Sent] = []
    if text.lstrip().startswith("["):
        alerts += ((alert, 0) for alert in _listed(source, text))
    else:
        for place, body in _bodies(source, text):
            try:
                delivery = parse(body)
            except Refused as error:
                raise InputError(
                    f"{place}, {error.field}", f"{error.expected} ({EXPECTED})"
                ) from None
            alerts += ((alert, delivery.truncated) for alert in delivery.alerts)
    return facts(alerts, source.name), source.origin(len(alerts))


def facts(alerts: Iterable[Sent], sender: str) -> tuple[AlertFact, ...]:
    """One fact for each fingerprint and start; re-sends are counted, a known end is kept."""
    found: dict[tuple[str, int], list[Sent]] = {}
    for alert, truncated in alerts:
        if not is_own_voice(alert.labels):
            key = (alert.fingerprint, alert.starts_at)
            found.setdefault(key, []).append((alert, truncated))
    made = [_fact(found[key], sender) for key in sorted(found)]
    return tuple(sorted(made, key=lambda fact: (fact.fired_at, fact.name)))


def _fact(deliveries: list[Sent], sender: str) -> AlertFact:
    first = deliveries[0][0]
    ends = [alert.ends_at for alert, _ in deliveries if alert.ends_at is not None]
    return AlertFact(
        name=first.name,
        labels=dict(first.labels),
        summary=first.annotations.get("summary") or first.annotations.get("description", ""),
        source=sender,
        fired_at=first.starts_at / NS,
        resolved_at=max(ends) / NS if ends else None,
        deliveries=len(deliveries),
        truncated=max(cut for _, cut in deliveries),
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
        body = {"version": "4", "alerts": [as_sent(item) for item in items]}
        return list(parse(json.dumps(body).encode()).alerts)
    except Refused as error:
        where = source.name if error.field == source.name else f"{source.name}, {error.field}"
        raise InputError(where, f"{error.expected} ({EXPECTED})") from None


def as_sent(item: Any) -> Any:
    """An item of the list as a webhook has it.

    Listed alerts are alive, and their `endsAt` says until when unless somebody tells more.

    It is an end only when it had passed at `updatedAt`.
    """
    if not isinstance(item, dict) or not isinstance(item.get("status"), dict):
        return item
    end = parse_end(item["endsAt"], "endsAt") if "endsAt" in item else None
    known = parse_time(item["updatedAt"], "updatedAt") if "updatedAt" in item else None
    ended = end is not None and known is not None and end <= known
    return {**item, "status": "resolved" if ended else "firing"}
