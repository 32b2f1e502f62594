"""What services that rest were judged by, for whoever looks after them next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from outage_window.store.batches import batches
from outage_window.store.dialects import insert
from outage_window.store.schema import rested


@dataclass(frozen=True, slots=True)
class State:
    """What one service was judged by.

    `under` tells with which settings, `until` (nanoseconds) up to which sample; `state` is whatever
    the caller wrote.
    """

    service: str
    under: str
    until: int
    state: bytes


def keep(connection: Connection, states: Sequence[State]) -> None:
    """Keep the states, one a service, in the place of earlier ones."""
    ordered = sorted(states, key=lambda one: one.service)
    row = insert(connection, rested)
    named = ("under", "until", "state")
    upsert = row.on_conflict_do_update(
        index_elements=["service"], set_={name: row.excluded[name] for name in named}
    )
    rows = [
        {"service": one.service, "under": one.under, "until": one.until, "state": one.state}
        for one in ordered
    ]
    connection.execute(upsert, rows)


def of(connection: Connection, services: Collection[str]) -> dict[str, State]:
    """What is kept of these services, by name."""
    found: dict[str, State] = {}
    for names in batches(sorted(services)):
        for row in connection.execute(select(rested).where(rested.c.service.in_(names))):
            found[row.service] = State(*row)
    return found
