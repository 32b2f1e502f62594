"""Services that no settings name: which of them have something new since the last pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from outage_window.store import Store, alerts, backfilled, events, incidents
from outage_window.store.leading import shard_of

LATE = 60 * 10**9
"""What is committed so long after it was received, by whichever replica, is still noticed."""


class Others:
    """Remembers how far what was received is known (nanoseconds), and in which term of each shard;
    at first, and in another term, nothing is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: int | None = None
        self._again: set[str] = set()
        self._terms: Mapping[int, int] = {}

    def due(
        self, configured: Collection[str], oldest: int, now: int, terms: Mapping[int, int]
    ) -> list[str]:
        """The services to be brought up to date, by name, of the shards that are led in `terms`:
        alerts or events came, people declared an incident, or the last pass failed.

        What ended before `oldest` is not looked at.
        """
        known = oldest if self._seen is None else min(self._seen, now) - LATE
        new = {slot for slot, term in terms.items() if self._terms.get(slot) != term}
        with self._store.read() as connection:
            recent, last = _changed(connection, known)
            recent |= {*incidents.declared_services(connection, oldest), *self._again}
            early = _changed(connection, oldest)[0] if new and known > oldest else set()
        self._seen = max([known + LATE, *last])
        self._terms, self._again = terms, set()
        found = {n for n in recent if shard_of(n) in terms}
        found |= {n for n in early if shard_of(n) in new}
        return sorted(found.difference(configured))

    def told_of(self, oldest: int) -> set[str]:
        """The services of which alerts or incidents are stored that had not ended at `oldest`."""
        with self._store.read() as connection:
            names = {*alerts.changed(connection, oldest), *backfilled.changed(connection, oldest)}
            return names | incidents.services_since(connection, oldest)

    def failed(self, name: str) -> None:
        """Bring the service up to date in the next pass, too."""
        self._again.add(name)


def _changed(connection: Connection, since: int) -> tuple[set[str], list[int]]:
    """The services of which something came since (nanoseconds), and times when it did."""
    found, told = alerts.changed(connection, since), events.changed(connection, since)
    asked = backfilled.changed(connection, since)
    return {*found, *told, *asked}, [*found.values(), *told.values()]
