"""Changes, escalations, tickets, notes and declared times, each kept once."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from outage_window.store.dialects import insert
from outage_window.store.schema import events
from webhooks.model import Event


def keep(connection: Connection, found: tuple[Event, ...], received_at: int) -> int:
    """Keep events; return how many were new. A repeated `id` keeps the first that came."""
    new = 0
    for event in found:
        row = insert(connection, events).values(
            identity=_identity(event),
            time=event.time,
            type=event.type,
            service=event.service,
            text=event.text,
            team=event.team,
            received_at=received_at,
        )
        once = row.on_conflict_do_nothing().returning(events.c.id)
        new += len(connection.execute(once).all())
    return new


def of(connection: Connection, service: str, start: int, end: int) -> list[Event]:
    """The events of a service in [start, end), nanoseconds, ordered by time."""
    rows = connection.execute(_of(), {"of": service, "begin": start, "until": end})
    return [Event(row.time, row.type, row.service, row.text, row.team) for row in rows]


@cache
def _of() -> Select[Any]:
    """Asked for each service at each pass: making it costs more than running it."""
    return (
        select(events)
        .where(events.c.service == bindparam("of"))
        .where(events.c.time >= bindparam("begin"), events.c.time < bindparam("until"))
        .order_by(events.c.time, events.c.id)
    )


def services_of(connection: Connection, beginning: str) -> tuple[str, ...]:
    """The services of the events whose id begins so, each once, by name."""
    begins = events.c.identity.startswith("id:" + beginning, autoescape=True)
    rows = connection.execute(select(events.c.service).distinct().where(begins))
    return tuple(sorted(rows.scalars()))


def changed(connection: Connection, since: int) -> dict[str, int]:
    """The services of which events were received since (nanoseconds), and when the last was."""
    at = events.c.received_at
    rows = connection.execute(
        select(events.c.service, func.max(at)).where(at >= since).group_by(events.c.service)
    )
    return {str(service): int(last) for service, last in rows}


def _identity(event: Event) -> str:
    if event.id:
        return "id:" + event.id
    content = [event.time, event.type, event.service, event.text, event.team]
    return "sha256:" + hashlib.sha256(json.dumps(content).encode()).hexdigest()
