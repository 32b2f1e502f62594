"""Feeds from remote write: what came since the last pass is read from the store, and merged there.

Samples arrive in rows of their own, a row a request. They are read once each, for many services at
once, and now and then put into blocks, by whoever derives: at a time one process at most.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from outage_window.assess import ServiceData
from outage_window.live.feeds.cache import Cache
from outage_window.live.feeds.feed import Stored, source_of
from outage_window.settings.models import Service
from outage_window.store import Store, arrivals, samples
from outage_window.store.arrivals import Arrived, Came
from outage_window.store.samples import BLOCK, Samples

NS = 10**9
LATE = 600 * NS
"""Samples are waited for so long after their block is past, before it is merged."""
SPREAD = 1800 * NS
"""For up to so long more, each service for a time of its own: thousands do not merge at once."""
MANY = 2_000
"""Rows that are merged before their block is past, too."""
MOST = 2**20
"""Samples that are read at once, of one service at least."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the store has of a service at one time: `samples` of the rows that are new, and of the
    blocks, where these are to be read."""

    came: Came
    samples: Sequence[Samples]
    blocks: Sequence[Samples] | None


class SentFeed(Stored):
    """The samples of one service that are sent."""

    def __init__(self, service: Service, history: int, store: Store) -> None:
        super().__init__(service, history, "remote write")
        self.store = store
        self.read: Read | None = None
        """What the next `refresh` takes in; it reads by itself where there is nothing."""
        self._seen: set[int] = set()
        self._merged = -1
        """Up to which row all is merged; where the store says otherwise, another process did it."""

    @property
    def name(self) -> str:
        """The service's."""
        return self._service.name

    def forget(self) -> None:
        """As `Feed`."""
        super().forget()
        self.read, self._seen, self._merged = None, set(), -1

    def refresh(self, now: int) -> tuple[bool, bool]:
        """As `Feed`: all that came is known."""
        changed, rows = self._take(now)
        self._merge(rows, now)
        self._cache.forget_before(self.since(now))
        return changed, True

    def new(self, came: Came) -> list[Arrived]:
        """The rows that are not known yet."""
        if not self._chosen(came):
            return []  # nothing came yet that these selectors chose
        every = self.anew(came)
        return [one for one in came.rows if every or one.id not in self._seen]

    def anew(self, came: Came) -> bool:
        """Whether blocks are to be read: another process merged rows, or nothing was read yet."""
        return self._chosen(came) and self._merged != _merged(came)

    def _chosen(self, came: Came) -> bool:
        return came.done is not None and came.done.source == source_of(self._service)

    def _take(self, now: int) -> tuple[bool, Sequence[Arrived]]:
        """Take in what came; whether anything was new, and the rows that wait to be merged."""
        if self.read is None:
            read_together([self], now)
        found, self.read = self.read, None
        assert found is not None  # of one service at least
        if not self._chosen(found.came):
            return False, ()
        changed, since = False, self.since(now)
        if found.blocks is not None:
            self._cache = Cache()
            changed, self._merged = self._cache.add(_from(since, found.blocks)), _merged(found.came)
        changed = self._cache.add(_from(since, found.samples)) or changed
        self._seen = {one.id for one in found.came.rows}
        return changed, found.came.rows

    def wake(self, now: int) -> None:
        """As `Feed`."""
        self.forget()
        self.refresh(now)

    def whole(self, now: int) -> ServiceData:
        """As `Feed`."""
        found = SentFeed(self._service, self._history, self.store)
        found._take(now)
        found._cache.forget_before(now - self._history)
        return found.data()

    def _merge(self, rows: Sequence[Arrived], now: int) -> None:
        """Put rows into blocks once the oldest block is past, or there are many."""
        own = zlib.crc32(self.name.encode(errors="surrogatepass")) % (SPREAD // NS) * NS
        past = (now - LATE - own) // BLOCK
        if len(rows) >= MANY or any(one.first // BLOCK < past for one in rows):
            self._merged = arrivals.merge(self.store, self.name, source_of(self._service), rows)
            self._seen = set()


def read_together(feeds: Sequence[SentFeed], now: int) -> None:
    """Read what came of several services of one store in one go; their next `refresh` takes it.

    Those whose samples would be too many together are left to read by themselves.
    """
    if not feeds:
        return
    with feeds[0].store.read() as connection:
        came = arrivals.came(connection, [feed.name for feed in feeds])
        starts = {f.name: f.since(now) for f in feeds if f.anew(came[f.name])}
        large = samples.sizes(connection, starts) if len(feeds) > 1 else {}
        rows: dict[str, list[Arrived]] = {}
        left = MOST
        for feed in feeds:
            new = feed.new(came[feed.name])
            left -= large.get(feed.name, 0) + sum(one.size for one in new)
            if rows and left < 0:
                break
            rows[feed.name] = new
        found = arrivals.load_by(connection, [one.id for new in rows.values() for one in new])
        blocks = samples.load_by(connection, {n: at for n, at in starts.items() if n in rows})
    for name, feed in zip(rows, feeds, strict=False):
        known = blocks.get(name, ()) if name in starts else None
        feed.read = Read(came[name], found.get(name, ()), known)


def _merged(came: Came) -> int:
    """Up to which row all is merged into blocks."""
    return 0 if came.done is None else came.done.covered_to or 0


def _from(start: int, found: Sequence[Samples]) -> list[Samples]:
    """What is not older than `start` (nanoseconds)."""
    later = []
    for one in found:
        low = int(one.time.searchsorted(start))
        if low < len(one.time):
            later.append(Samples(one.role, one.labels, one.time[low:], one.value[low:]))
    return later
