"""Alerts that fired and that Alertmanager told nobody of: silenced, or inhibited by another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from outage_window.joining import service_of
from outage_window.store.dialects import greatest, insert, least
from outage_window.store.schema_missed import muted_alerts

How = Literal["silenced", "inhibited"]
_row = muted_alerts.c


@dataclass(frozen=True, slots=True)
class Muted:
    """One alert as Alertmanager lists it; times in nanoseconds.

    `by` are the ids of the silences, or the fingerprints of the alerts that inhibit it.
    """

    fingerprint: str
    starts_at: int
    how: How
    labels: Mapping[str, str]
    by: tuple[str, ...]


def keep(
    connection: Connection,
    found: Iterable[Muted],
    at: int,
    service: Callable[[Mapping[str, str]], str | None] = service_of,
) -> None:
    """Keep what is muted at `at`. It was so at least from the first to the last asking."""
    for one in found:
        row = insert(connection, muted_alerts).values(
            fingerprint=one.fingerprint,
            starts_at=one.starts_at,
            how=one.how,
            service=service(one.labels),
            labels=json.dumps(dict(one.labels), sort_keys=True, ensure_ascii=False),
            by=json.dumps(sorted(one.by)),
            first_seen=at,
            last_seen=at,
        )
        changed = {
            "by": row.excluded.by,
            "first_seen": least(_row.first_seen, row.excluded.first_seen),
            "last_seen": greatest(_row.last_seen, row.excluded.last_seen),
        }
        key = ["fingerprint", "starts_at", "how"]
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=changed))
