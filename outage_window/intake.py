"""What remote write brings: told apart by the services' selectors, kept before it is answered.

Kept are the float samples of series that a service's selectors match. All else is accepted and
counted: its sender has nothing to mend. What is asked for and cannot be kept is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from outage_window.live.feeds.feed import source_of
from outage_window.settings.models import Service, Settings
from outage_window.sources import selectors
from outage_window.sources.choosing import Choosing
from outage_window.sources.selectors import Selector
from outage_window.store import Store, arrivals, samples
from outage_window.store.batches import batches
from webhooks.remote_write.model import I64, Fault, Known, Labels, Write, Written

NS = 10**9
MOST_REMEMBERED = 50_000
LONG_PATIENCE = 60.0
"""Seconds: where selectors are others than before, much may have to go."""
MOST_LABEL_BYTES = 2_000
"""Of a series that is kept, quotes included: an index of PostgreSQL holds little more."""
NATIVE = "expected float samples of the series of a service, no native histograms"
LONG = f"expected labels of at most {MOST_LABEL_BYTES} bytes of the series of a service"

Bool = NDArray[np.bool_]


@dataclass(slots=True)
class _Series:
    """A series that is kept: its number in the store for each of its roles, and when it came."""

    numbers: tuple[int, ...]
    came: int


Chosen = Sequence[tuple[int, tuple[str, ...]]]
"""The series of a request that a service asks for, by their places in it, and their roles."""


@dataclass(slots=True, eq=False)
class _Asked:
    """What one service asks for, and the series of it that are known."""

    name: str
    source: str
    roles: Sequence[tuple[str, Selector]]
    series: dict[Labels, _Series] = field(default_factory=dict)

    def picks(self, labels: dict[str, str]) -> tuple[str, ...]:
        """The roles that a series with these labels has."""
        return tuple(role for role, selector in self.roles if selector.matches(labels))


def _asked(service: Service, source: str) -> _Asked:
    chosen = ("attempts", service.attempts), ("errors", service.errors)
    roles = [(role, selectors.parse(str(text), role)) for role, text in chosen]
    return _Asked(service.name, source, roles)


def _numbers(asked: _Asked, write: Write, chosen: Chosen, now: int) -> dict[int, tuple[int, ...]]:
    """The numbers of those series of a request that have any, by their places in it."""
    found = {}
    for place, _ in chosen:
        known = asked.series.get(write.series[place].labels)
        if known is not None:
            known.came = now
            found[place] = known.numbers
    return found


@dataclass(slots=True)
class _Tally:
    """What of a request is refused: samples of shape (n,), histograms, and why."""

    refused: Bool
    histograms: int = 0
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, rows: I64, expected: str) -> None:
        """A sample that two services ask for is refused once."""
        new = rows[~self.refused[rows]]
        self.refused[new] = True
        if len(rows):
            self.faults.append(Fault("timeseries", expected, samples=len(new)))


class Intake:
    """Keeps samples of the services whose source is remote write; used by many threads.

    It asks the store nothing before the first request: settings may be made and not be used.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._history = round(settings.history("remote_write") * NS)
        self._most = settings.remote_write.most_series
        self._lock = threading.Lock()
        self._picked: dict[Known, tuple[tuple[int, tuple[str, ...]], ...]] = {}
        self._services = [one for one in settings.services if one.source == "remote_write"]
        self._asked: tuple[list[_Asked], Choosing] | None = None

    def keep(self, write: Write, now: int) -> tuple[Written, int]:
        """Keep what is asked for; what was written, and how many samples of it were kept.

        `now` in nanoseconds. Raises `StoreFailed`: then nothing was acknowledged.
        """
        asked, choosing = self._all(now)
        tally = _Tally(np.zeros(len(write.of), bool))
        places: dict[int, list[tuple[int, tuple[str, ...]]]] = {}
        for place, known in enumerate(write.series):
            for service, roles in self._pick(known, asked, choosing):
                places.setdefault(service, []).append((place, roles))
        with self._lock:
            chosen = {asked[service]: own for service, own in places.items()}
            self._learn(chosen, write, tally, now)
            numbers = [_numbers(one, write, own, now) for one, own in chosen.items()]
        rows, taken = [], np.zeros(len(write.of), bool)
        for (one, own), found in zip(chosen.items(), numbers, strict=True):
            rows += self._rows(one, write, own, found, tally, taken, now)
        if rows:
            self._store.gather(arrivals.keep, rows)
        native = int(write.histograms.sum())
        written = Written(
            int(len(write.of) - tally.refused.sum()),
            native - tally.histograms,
            int(write.exemplars.sum()),
            tally.faults,
        )
        return written, int((taken & ~tally.refused).sum())

    def _all(self, now: int) -> tuple[list[_Asked], Choosing]:
        """What all services ask for, and how it is looked up."""
        if self._asked is None:
            with self._lock:
                if self._asked is None:
                    self._asked = self._begin(now)
        return self._asked

    def _begin(self, now: int) -> tuple[list[_Asked], Choosing]:
        """Forget what other selectors brought, and recall the series that are there."""
        wanted = {one.name: source_of(one) for one in self._services}
        with self._store.read() as connection:
            there = samples.sources(connection, wanted)
        names = sorted(name for name in wanted if there.get(name) != wanted[name])
        for some in batches(names):
            piece = {name: wanted[name] for name in some}
            self._store.write(lambda c, p=piece: samples.begin(c, p), LONG_PATIENCE)  # type: ignore[misc]
        asked = {one.name: _asked(one, wanted[one.name]) for one in self._services}
        numbers: dict[tuple[str, Labels], dict[str, int]] = {}
        came: dict[tuple[str, Labels], int] = {}
        with self._store.read() as connection:
            for name, role, labels, number, newest in arrivals.known(connection, asked):
                key = name, tuple(sorted(labels.items()))
                numbers.setdefault(key, {})[role] = number
                came[key] = max(came.get(key, 0), newest or now)
        for (name, of), by_role in numbers.items():
            picked = asked[name].picks(dict(of))
            if all(role in by_role for role in picked):
                found = tuple(by_role[role] for role in picked)
                asked[name].series[of] = _Series(found, came[name, of])
        every = list(asked.values())
        return every, Choosing([[selector for _, selector in one.roles] for one in every])

    def _pick(
        self, known: Known, asked: Sequence[_Asked], choosing: Choosing
    ) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Which services ask for a series, by their places, and in which roles."""
        found = self._picked.get(known)
        if found is None:
            labels = dict(known.labels)
            all_roles = [(place, asked[place].picks(labels)) for place in choosing.places(labels)]
            if len(self._picked) >= MOST_REMEMBERED:
                self._picked.clear()
            found = self._picked[known] = tuple(one for one in all_roles if one[1])
        return found

    def _rows(
        self,
        asked: _Asked,
        write: Write,
        chosen: Chosen,
        known: Mapping[int, tuple[int, ...]],
        tally: _Tally,
        taken: Bool,
        now: int,
    ) -> list[arrivals.Arrival]:
        """What is to be kept of a request for one service: a row, or none."""
        numbers = np.full((2, len(write.series)), -1, np.int64)  # where it has none
        for place, own in known.items():
            numbers[: len(own), place] = own
        native = int(write.histograms[[place for place, _ in chosen]].sum())
        if native:
            tally.histograms += native
            tally.faults.append(Fault("timeseries", NATIVE, histograms=native))
        rows = np.flatnonzero(numbers[0, write.of] >= 0)
        old = write.time[rows] < now - self._history
        tally.refuse(rows[old], f"expected no samples older than {self._history // NS} s")
        rows = rows[~old]
        if not len(rows):
            return []
        taken[rows] = True
        of, time, value = write.of[rows], write.time[rows], write.value[rows]
        both = numbers[1, of] >= 0
        kept = arrivals.arrival(
            asked.name,
            asked.source,
            np.concatenate([numbers[0, of], numbers[1, of[both]]]),
            np.concatenate([time, time[both]]),
            np.concatenate([value, value[both]]),
        )
        return [kept]

    def _learn(
        self, chosen: Mapping[_Asked, Chosen], write: Write, tally: _Tally, now: int
    ) -> None:
        """Give new series their numbers, all of a request at once; refuse the samples of those that
        there is no room for."""
        sampled = np.zeros(len(write.series), bool)
        sampled[write.of] = True
        wanted: dict[_Asked, dict[int, str]] = {}
        for asked, own in chosen.items():
            new = [p for p, _ in own if sampled[p] and write.series[p].labels not in asked.series]
            if new and (texts := self._fitting(asked, write, sorted(new), tally, now)):
                wanted[asked] = texts
        if not wanted:
            return
        roles = {one: dict(chosen[one]) for one in wanted}
        keys = {
            one.name: sorted((role, text) for p, text in texts.items() for role in roles[one][p])
            for one, texts in wanted.items()
        }
        found = self._store.write(lambda connection: samples.identify(connection, keys))
        for asked, texts in wanted.items():
            for place, text in texts.items():
                numbers = tuple(found[asked.name, role, text] for role in roles[asked][place])
                asked.series[write.series[place].labels] = _Series(numbers, now)

    def _fitting(
        self, asked: _Asked, write: Write, places: Sequence[int], tally: _Tally, now: int
    ) -> dict[int, str]:
        """The labels, as they are stored, of those new series of a service that can be kept."""
        room = self._room(asked, len(places), now)
        more = f"expected at most {self._most} series of the service {asked.name}"
        self._refuse(write, places[room:], tally, f"{more} (remote_write.most_series)")
        texts = {
            place: samples.label_text(dict(write.series[place].labels)) for place in places[:room]
        }
        long = [place for place in texts if len(texts[place].encode()) > MOST_LABEL_BYTES]
        self._refuse(write, long, tally, LONG)
        return {place: text for place, text in texts.items() if place not in set(long)}

    def _room(self, asked: _Asked, wanted: int, now: int) -> int:
        """How many new series there is room for; what is older than history makes room."""
        if len(asked.series) + wanted > self._most:
            for labels, one in list(asked.series.items()):
                if one.came < now - self._history:
                    del asked.series[labels]
        return max(self._most - len(asked.series), 0)

    def _refuse(self, write: Write, places: Sequence[int], tally: _Tally, expected: str) -> None:
        if places:
            tally.refuse(np.flatnonzero(np.isin(write.of, places)), expected)
