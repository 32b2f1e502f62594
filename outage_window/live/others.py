"""Services that no settings name: which of them have something new since the last pass."""

from __future__ import annotations

from collections.abc import Collection

from outage_window.store import Store, alerts, backfilled, events, incidents

LATE = 60 * 10**9
"""What is committed so long after it was received, by whichever replica, is still noticed."""


class Others:
    """Remembers how far what was received is known (nanoseconds); at first nothing is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: int | None = None
        self._again: set[str] = set()

    def due(self, configured: Collection[str], oldest: int, now: int) -> list[str]:
        """The services to be brought up to date, by name: alerts or events came, people declared
        an incident, or the last pass failed. What ended before `oldest` is not looked at."""
        since = oldest if self._seen is None else min(self._seen, now) - LATE
        with self._store.read() as connection:
            found = alerts.changed(connection, since)
            told = events.changed(connection, since)
            asked = backfilled.changed(connection, since)
            declared = incidents.declared_services(connection, oldest)
        self._seen = max([since + LATE, *found.values(), *told.values()])
        names = {*found, *told, *asked, *declared, *self._again}
        self._again = set()
        return sorted(names.difference(configured))

    def failed(self, name: str) -> None:
        """Bring the service up to date in the next pass, too."""
        self._again.add(name)
