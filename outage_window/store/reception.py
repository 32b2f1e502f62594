"""What was received lately, by service: to be compared with what it was before."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Integer, cast, func, select

from outage_window.store.schema import alerts, events

Digest = tuple[int, int]
_RECEIVED = (
    ("alerts", alerts.c.service, alerts.c.last_received),
    ("events", events.c.service, events.c.received_at),
)


def newest(connection: Connection) -> int | None:
    """When the last alert or event was received, nanoseconds."""
    found = [connection.execute(select(func.max(at))).scalar() for _, _, at in _RECEIVED]
    return max((at for at in found if at is not None), default=None)


def lately(connection: Connection, since: int) -> Mapping[tuple[str, str], Digest]:
    """What alerts and events were received since (nanoseconds): of each kind and service a digest,
    which is another one when there was more, or the same alert again."""
    found: dict[tuple[str, str], Digest] = {}
    for kind, service, at in _RECEIVED:
        rows = connection.execute(
            select(service, func.count(), func.sum(cast(at % 1_000_003, Integer)))
            .where(at >= since, service.is_not(None))
            .group_by(service)
        )
        found |= {(kind, str(name)): (int(count), int(mixed)) for name, count, mixed in rows}
    return found
