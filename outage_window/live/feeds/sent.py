"""Feeds from remote write: what came since the last pass is read from the store, and merged there.

Samples arrive in rows of their own, a row a request. They are read once each, and now and then put
into blocks, by whoever derives: at a time one process at most.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from outage_window.assess import ServiceData
from outage_window.live.feeds.cache import Cache
from outage_window.live.feeds.feed import Stored, source_of
from outage_window.settings.models import Service
from outage_window.store import Store, arrivals, samples
from outage_window.store.arrivals import Arrived
from outage_window.store.samples import BLOCK

NS = 10**9
LATE = 600 * NS
"""Samples are waited for so long after their block is past, before it is merged."""
MANY = 2_000
"""Rows that are merged before their block is past, too."""


class SentFeed(Stored):
    """The samples of one service that are sent."""

    def __init__(self, service: Service, history: int, store: Store) -> None:
        super().__init__(service, history, "remote write")
        self._store = store
        self._seen: set[int] = set()
        self._merged = -1
        """Up to which row all is merged; where the store says otherwise, another process did it."""

    def forget(self) -> None:
        """As `Feed`."""
        super().forget()
        self._seen, self._merged = set(), -1

    def refresh(self, now: int) -> tuple[bool, bool]:
        """As `Feed`: all that came is known."""
        changed, rows = self._read(now)
        self._merge(rows, now)
        self._cache.forget_before(self._since(now))
        return changed, True

    def _read(self, now: int) -> tuple[bool, Sequence[Arrived]]:
        """Take in what came; whether anything was new, and the rows that wait to be merged."""
        since = self._since(now)
        with self._store.read() as connection:  # one state of the database throughout
            done = samples.reached(connection, self._service.name)
            if done is None or done.source != source_of(self._service):
                return False, ()  # nothing came yet that these selectors chose
            rows = arrivals.waiting(connection, self._service.name)
            changed = False
            if self._merged != (done.covered_to or 0):
                changed = self._anew(connection, since)
                self._merged = done.covered_to or 0
            new = [one.id for one in rows if one.id not in self._seen]
            changed = self._cache.add(arrivals.load(connection, new, since)) or changed
        self._seen = {one.id for one in rows}
        return changed, rows

    def wake(self, now: int) -> None:
        """As `Feed`."""
        self.forget()
        self.refresh(now)

    def whole(self, now: int) -> ServiceData:
        """As `Feed`."""
        found = SentFeed(self._service, self._history, self._store)
        found._read(now)
        found._cache.forget_before(now - self._history)
        return found.data()

    def _anew(self, connection: Connection, since: int) -> bool:
        """Begin again with what is in blocks, and take every row for new."""
        self._cache = Cache()
        self._seen = set()
        return self._cache.add(samples.load(connection, self._service.name, since))

    def _merge(self, rows: Sequence[Arrived], now: int) -> None:
        """Put rows into blocks once the oldest block is past, or there are many."""
        past = (now - LATE) // BLOCK
        if len(rows) >= MANY or any(one.first // BLOCK < past for one in rows):
            name, source = self._service.name, source_of(self._service)
            self._merged = arrivals.merge(self._store, name, source, rows)
            self._seen = set()
