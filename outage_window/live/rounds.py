"""Which services a pass brings up to date, and in which order."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from outage_window.live.announcing import Announcements, Said
from outage_window.live.others import Others
from outage_window.settings.models import Service
from outage_window.store.leading import shard_of

NS = 10**9
TOGETHER = 16
"""Services whose metrics are read before what they tell is derived: by one look at the store, which
costs as much for one of them."""
PIECE = 5.0
"""Seconds after which it is derived, however few were read; and for which what is told of services
is not asked for again: beside many alerts that takes a while."""
HISTORY = 30.0
"""Seconds of a pass in which histories are read that were never read, of one service at least: the
others must not wait for them."""
LATELY = 7200 * NS
"""What is told of a service for so long keeps all of its data at hand, where it has windows."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What is read once for many services at `now` (nanoseconds): what was announced, and of which
    services something was told `lately`."""

    now: int
    said: Said
    lately: Collection[str]


class Work(Protocol):
    """Brings one service up to date."""

    def ahead(self, services: Sequence[Service], around: Overview) -> None:
        """Some services are about to be taken in: read at once what can be read at once."""

    def take_in(self, service: Service, around: Overview, called: bool) -> bool:
        """Read and judge what is new of a service; whether it is led here.

        `called`: incidents are about to be derived from its windows.
        """

    def keep(self, service: Service, told: Collection[str]) -> bool:
        """Bring its incidents up to date: where there is no window, if it is `told` of.

        False: it is not led here, or its metrics must be read first.
        """

    def let_rest(self, services: Sequence[Service], around: Overview) -> None:
        """Let go of what is not needed until the next pass."""

    def leave(self, service: Service) -> None:
        """Let go of a service that another process leads."""

    def behind(self, service: Service) -> bool:
        """Whether its history is yet to be read."""

    def unconfigured(self, name: str) -> None:
        """Bring a service up to date that only alerts speak of."""


class Rounds:
    """Remembers what is led and what was called; each round is a generator that may be left.

    `terms` are those of what is led, by shard; `due` gives the names of services that no settings
    name and something is new of.
    """

    def __init__(
        self,
        services: Sequence[Service],
        work: Work,
        terms: Callable[[], Mapping[int, int]],
        others: Others,
        announced: Announcements,
        history: int,
        due: Callable[[int], Collection[str]],
    ) -> None:
        self._services = services
        self._work = work
        self._terms = terms
        self._others = others
        self._announced = announced
        self._history = history
        self._due = due
        self._taken: Mapping[int, int] = {}
        self._called: set[str] = set()
        self._left: list[Service] = []
        self._told: Collection[str] = ()
        self._told_at = -inf

    def begin(self) -> None:
        """The first round takes in all that is led now."""
        self._taken = self._terms()

    def call(self, name: str) -> None:
        """Have a service read before others: more is asked of it than is in memory."""
        self._called.add(name)

    def every(self, now: int) -> Iterator[None]:
        """Bring each service up to date: first those whose history is known."""
        around, terms = self._look(now), self._terms()
        ready: list[Service] = []
        behind: list[Service] = []
        for service in self._services:
            if shard_of(service.name) not in terms:
                self._work.leave(service)
            else:
                (behind if self._work.behind(service) else ready).append(service)
        self._left = []
        for services, seconds in ((ready, inf), (behind, HISTORY)):
            for _ in self._through(services, around, False, seconds):
                yield
                yield from self.first(now)
        yield from self._only_told_of(now)

    def first(self, now: int) -> Iterator[None]:
        """Bring those up to date that are led only now, and those that were called."""
        terms, called = self._terms(), self._called
        if terms == self._taken and not called:
            return
        before, self._taken, self._called = self._taken, terms, set()
        new = {slot for slot, term in terms.items() if before.get(slot) != term}
        chosen = [s for s in self._services if s.name in called or shard_of(s.name) in new]
        yield from self._through(chosen, self._look(now), True, inf)
        if new:
            yield from self._only_told_of(now)

    def late(self, now: int) -> Iterator[None]:
        """Go on for some seconds with the histories that the last round left."""
        left, self._left = self._left, []
        if left:
            yield from self._through(left, self._look(now), False, PIECE)

    def _through(
        self, services: Sequence[Service], around: Overview, called: bool, seconds: float
    ) -> Iterator[None]:
        """Bring these up to date; those that are not begun with in so many seconds are left, but
        for one. What metrics tell is derived soon: the last of very many need not be waited for."""
        began = since = time.monotonic()
        read: list[Service] = []
        for place, service in enumerate(services):
            if place and time.monotonic() - began > seconds:
                self._left = list(services[place:])
                break
            if place % TOGETHER == 0:
                self._work.ahead(services[place : place + TOGETHER], around)
            if self._work.take_in(service, around, called):
                read.append(service)
            yield
            if (place + 1) % TOGETHER == 0 or time.monotonic() - since > PIECE:
                yield from self._derived(read, around)
                read, since = [], time.monotonic()
        yield from self._derived(read, around)

    def _look(self, now: int) -> Overview:
        self._told_at = -inf
        said = self._announced.said(now - self._history)
        return Overview(now, said, self._others.told_of(now - LATELY))

    def _told_of(self, around: Overview) -> Collection[str]:
        """The services of which something is stored, as that was some seconds ago at most."""
        if time.monotonic() - self._told_at > PIECE:
            self._told = self._others.told_of(around.now - self._history)
            self._told_at = time.monotonic()
        return self._told

    def _derived(self, services: Sequence[Service], around: Overview) -> Iterator[None]:
        kept = []
        for service in services:
            if self._work.keep(service, self._told_of(around)):
                kept.append(service)
            yield
        self._work.let_rest(kept, around)

    def _only_told_of(self, now: int) -> Iterator[None]:
        """Bring those up to date that no settings name, where there is something new."""
        for name in self._due(now):
            self._work.unconfigured(name)
            yield
