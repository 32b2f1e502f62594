"""Services that something was received of since the last look, by this process or a replica."""

from __future__ import annotations

import time
from collections.abc import Mapping

from outage_window.store import Store, reception

OVERLAP = 3
"""Seconds that are looked at again: replicas' clocks differ, and what comes late is stored late.

What comes later still is noticed by the next pass over all services.
"""
NS = 10**9


class Touched:
    """Compares what was received lately with what it was; by the times of what is stored alone, so
    that it does not matter whether the clock was set back, or is that of a test."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._since: int | None = None
        self._known: Mapping[tuple[str, str], reception.Digest] = {}
        self._quiet_since = 0.0

    def look(self, now: int) -> set[str]:
        """The services that something was received of since the last look, none at the first.

        `now` (nanoseconds) is by the clock of whoever receives.
        """
        first = self._since is None
        with self._store.read() as connection:
            found = {} if self._since is None else reception.lately(connection, self._since)
            changed = {key for key, digest in found.items() if self._known.get(key) != digest}
            quiet = not first and not changed
            if quiet and not self._known:
                return set()
            if quiet and time.monotonic() - self._quiet_since < OVERLAP:
                return set()
            last = min(reception.newest(connection) or now, now)
            # What lies there need not be read again and again while nothing comes.
            self._since = last + 1 if quiet else last - OVERLAP * NS
            self._known = reception.lately(connection, self._since)
        if not quiet:
            self._quiet_since = time.monotonic()
        return {service for _, service in changed}
