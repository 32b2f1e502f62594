"""Feeds that are pulled from a Prometheus: in chunks, resumable, each stored at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from outage_window.assess import ServiceData
from outage_window.live.feeds.cache import Cache
from outage_window.live.feeds.feed import Stored, source_of
from outage_window.settings.models import Service
from outage_window.sources.pull import TooMuch
from outage_window.sources.sampled import Sampled
from outage_window.store import Store, samples
from outage_window.store.samples import Progress, Samples

SECOND = 10**9
CHUNK = 6 * 3600 * SECOND
SMALLEST = 300 * SECOND
LARGEST = 7 * 86400 * SECOND
FEW = 20_000
"""So few samples in a chunk: the next may be twice as long, since history may hold nothing."""
OVERLAP = 120 * SECOND
"""Scrapes in flight get their start's time when they end: the last two minutes are asked again."""
LAG = 3600 * SECOND
"""Samples that reach Prometheus late (remote write, a clock that is off) are waited for so long."""


class Client(Protocol):
    """What answers with raw samples."""

    def samples(self, selector: str, start: int, end: int) -> list[Sampled]:
        """All samples in (start, end], nanoseconds."""


@dataclass(slots=True)
class Pace:
    """How long the next piece is, and how long one may be (nanoseconds): a limit of the store that
    was met once is kept to."""

    chunk: int = CHUNK
    largest: int = LARGEST

    def shorter(self) -> bool:
        """That was too much; False where nothing shorter may be asked for."""
        self.chunk = self.largest = max(self.chunk // 2, SMALLEST)
        return self.chunk > SMALLEST

    def longer(self) -> None:
        """That was little."""
        self.chunk = min(2 * self.chunk, self.largest)


class PullFeed(Stored):
    """The samples of one service that a Prometheus is asked for."""

    def __init__(self, service: Service, history: int, store: Store, client: Client) -> None:
        super().__init__(service, history, "Prometheus")
        self._store = store
        self._client = client
        self._known: Progress | None = None
        """How far the store reached when all of it was known here: another process may go on."""
        self._pace = Pace()

    def forget(self) -> None:
        """As `Feed`."""
        super().forget()
        self._known = None

    def refresh(self, now: int) -> tuple[bool, bool]:
        """As `Feed`: what is stored already is read once, what it lacks is pulled."""
        since = self.since(now)
        changed = False
        with self._store.read() as connection:
            done = samples.reached(connection, self._service.name)
            mine = done is not None and done.source == source_of(self._service)
            if mine and done != self._known:
                changed = self._cache.add(samples.load(connection, self._service.name, since))
        self._known = None  # what a failing pull still stores is read from the store next time
        newest = self._cache.until
        found, caught_up = pull(
            self._service, self._client, self._store, now, self._history, newest, pace=self._pace
        )
        changed = self._cache.add(found) or changed
        with self._store.read() as connection:
            self._known = samples.reached(connection, self._service.name)
        self._cache.forget_before(self.since(now))
        return changed, caught_up

    def wake(self, now: int) -> None:
        """As `Feed`."""
        self._cache, self._resting = self._stored(now), False

    def whole(self, now: int) -> ServiceData:
        """As `Feed`."""
        return self._stored(now).data(self._service, self._origin)

    def _stored(self, now: int) -> Cache:
        found = Cache()
        with self._store.read() as connection:
            found.add(samples.load(connection, self._service.name, now - self._history))
        found.forget_before(now - self._history)
        return found


def pull(
    service: Service,
    client: Client,
    store: Store,
    now: int,
    history: int,
    newest: int | None = None,
    patience: float = 30.0,
    pace: Pace | None = None,
) -> tuple[list[Samples], bool]:
    """Pull what is missing, oldest first; return it, and whether all up to `now` is stored.

    At most `patience` seconds, so that one service does not hold up the others: what is left comes
    with the next call. `newest` is the newest sample that is stored: where it lies behind what was
    asked for, samples may still be on their way. Other selectors than before start anew.
    """
    source = source_of(service)
    done = _done(service, store, source)
    at = max(now - history, _resume(done.covered_to, newest) if done else 0)
    found: list[Samples] = []
    deadline = time.monotonic() + patience
    for end, new in between(service, client, at, now, pace):
        progress = Progress(end, source)
        store.write(lambda c, new=new, p=progress: samples.keep(c, service.name, new, p))  # type: ignore[misc]
        found += new
        at = end
        if time.monotonic() > deadline:
            break
    return found, at >= now


def between(
    service: Service, client: Client, start: int, end: int, pace: Pace | None = None
) -> Iterator[tuple[int, list[Samples]]]:
    """The samples of a service in (start, end], nanoseconds, oldest first, piece by piece.

    Each with how far it reaches. Pieces are as long as Prometheus allows; raises `PullFailed`.
    """
    at, pace = start, pace or Pace()
    while at < end:
        until = min(at + pace.chunk, end)
        try:
            new = _chunk(service, client, at, until)
        except TooMuch:
            pace.chunk = min(pace.chunk, until - at)
            if not pace.shorter():
                raise
            continue
        yield until, new
        at = until
        if sum(len(one.time) for one in new) < FEW:
            pace.longer()


def _done(service: Service, store: Store, source: str) -> Progress | None:
    """How far the store reaches; what other selectors brought is forgotten."""
    with store.read() as connection:
        done = samples.reached(connection, service.name)
    if done is None or done.source == source:
        return done
    store.write(lambda c: samples.forget(c, service.name))
    return None


def _resume(covered_to: int | None, newest: int | None) -> int:
    if covered_to is None:
        return 0
    late = max(newest or 0, covered_to - LAG)
    return min(covered_to, late) - OVERLAP


def _chunk(service: Service, client: Client, start: int, end: int) -> list[Samples]:
    found = []
    for role, selector in (("attempts", service.attempts), ("errors", service.errors)):
        assert selector is not None  # the settings ask for both of a service that is pulled
        for series in client.samples(selector, start, end):
            if len(series.time):
                found.append(_samples(role, series))
    return found


def _samples(role: str, series: Sampled) -> Samples:
    time_ns = np.round(series.time * 1000).astype(np.int64) * 1_000_000
    time_ns, first = np.unique(time_ns, return_index=True)
    return Samples(role, series.labels, time_ns, series.value[first])
