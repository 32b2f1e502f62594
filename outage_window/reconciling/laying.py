"""Lays what APIs told beside what was delivered, many at a time: which of it never came. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from outage_window.store.agreeing import agree, completed, meets, without
from outage_window.store.alert_spans import Told
from outage_window.store.alerts import SAME_START, StoredAlert
from outage_window.store.backfilled import Fetched

Key = tuple[str, str, int]
"""Sender, fingerprint, start: what names one time that an alert fired."""
Place = tuple[str, str]
_start = attrgetter("starts_at")


class Beside:
    """Alerts by what names them: each time that one fired is found by looking at few.

    It decides as `store.agreeing.Known`, which looks at all of the same name: there a rule that
    fires every minute for weeks would cost the square of that.
    """

    def __init__(self, delivered: Sequence[StoredAlert]) -> None:
        self._fired: dict[Place, list[StoredAlert]] = {}
        self._first: dict[Place, StoredAlert] = {}
        self._by_fingerprint: dict[str, list[Place]] = {}
        self._by_name: dict[str, list[Place]] = {}
        self._by_labels: dict[frozenset[str], dict[frozenset[tuple[str, str]], list[Place]]] = {}
        self._order = {key_of(one): number for number, one in enumerate(delivered)}
        for one in sorted(delivered, key=_start):
            self._place(one).append(one)

    def all(self, told: Fetched) -> list[StoredAlert]:
        """The alerts that this one is, as they are known: several where it never ended in between
        for whoever told of it."""
        return [one for place in self._places(told) for one in _met(self._fired[place], told)]

    def add(self, source: str, told: Fetched) -> StoredAlert:
        """Take in one that is new."""
        known = StoredAlert(
            sender=f"\0{source}",  # no sender's name: what is told is told apart from what came
            fingerprint=told.fingerprint,
            starts_at=told.starts_at,
            ends_at=told.ends_at,
            labels=told.labels,
            annotations={},
            first_received=told.seen_at,
            deliveries=0,
            truncated=0,
        )
        insort(self._place(known), known, key=_start)
        self._order[key_of(known)] = len(self._order)
        return known

    def complete(self, met: Sequence[StoredAlert], told: Fetched) -> None:
        """Give the nearest of those met what was told of it: an end leaves room for another."""
        nearest = min(met, key=lambda one: self._apart(one, told))
        fired = self._fired[nearest.sender, nearest.fingerprint]
        first = bisect_left(fired, nearest.starts_at, key=_start)
        fired[fired.index(nearest, first)] = completed(nearest, told)

    def _apart(self, one: StoredAlert, told: Fetched) -> tuple[int, bool, int]:
        other = one.fingerprint != told.fingerprint
        return abs(one.starts_at - told.starts_at), other, self._order[key_of(one)]

    def _place(self, one: StoredAlert) -> list[StoredAlert]:
        place = (one.sender, one.fingerprint)
        if place not in self._fired:
            self._fired[place] = []
            self._first[place] = one
            self._by_fingerprint.setdefault(one.fingerprint, []).append(place)
            self._by_name.setdefault(_name(one.labels), []).append(place)
            for external, places in self._by_labels.items():
                places.setdefault(_named(one.labels, external), []).append(place)
        return self._fired[place]

    def _places(self, told: Fetched) -> Iterator[Place]:
        """Where alerts are whose labels agree with what was told."""
        same = self._by_fingerprint.get(told.fingerprint, [])
        yield from same
        if told.step == 0:
            return  # Alertmanager's own fingerprint is of the labels as they were delivered
        others: Sequence[Place]
        if told.external is None:
            alike = self._by_name.get(_name(told.labels), [])
            others = [place for place in alike if agree(self._first[place], told)]
        else:
            named = _named(told.labels, told.external)
            others = self._labelled(told.external).get(named, [])
        yield from (place for place in others if place not in same)

    def _labelled(
        self, external: frozenset[str]
    ) -> Mapping[frozenset[tuple[str, str]], Sequence[Place]]:
        """Places by the labels that are left without those that are added in sending."""
        if external not in self._by_labels:
            found: dict[frozenset[tuple[str, str]], list[Place]] = {}
            for place, one in self._first.items():
                found.setdefault(_named(one.labels, external), []).append(place)
            self._by_labels[external] = found
        return self._by_labels[external]


def _name(labels: Mapping[str, str]) -> str:
    return labels.get("alertname", "")


def _named(labels: Mapping[str, str], external: frozenset[str]) -> frozenset[tuple[str, str]]:
    return frozenset(without(labels, external).items())


def _met(fired: Sequence[StoredAlert], told: Fetched) -> Iterator[StoredAlert]:
    """Of the times that it fired, in order and apart, those that this one meets."""
    reach = 2 * told.step if told.step else SAME_START
    last = max(told.starts_at + reach, told.starts_at if told.ends_at is None else told.ends_at)
    for place in range(
        max(bisect_left(fired, told.starts_at - reach, key=_start) - 1, 0), len(fired)
    ):
        if fired[place].starts_at > last and told.ends_at is not None:
            return
        if meets(fired[place], told):
            yield fired[place]


def missing(delivered: Sequence[StoredAlert], told: Sequence[Told]) -> tuple[list[Told], set[Key]]:
    """What was told and never delivered, each alert once (with the source `both` where two told of
    it), and what was delivered and Prometheus told of, too.

    `told` is in the order in which sources are believed.
    """
    came, beside = Beside(delivered), Beside(delivered)
    lost: list[Told] = []
    known: set[Key] = set()
    places: dict[Key, int] = {}
    for one in told:
        if one.source == "prometheus":
            known.update(map(key_of, came.all(one.alert)))
        found = beside.all(one.alert)
        if not found:
            places[key_of(beside.add(one.source, one.alert))] = len(lost)
            lost.append(one)
            continue
        beside.complete(found, one.alert)
        if not any(alert.deliveries for alert in found):
            place = places[key_of(found[0])]
            if lost[place].source != one.source:
                lost[place] = replace(lost[place], source="both")
    return lost, known


def key_of(alert: StoredAlert) -> Key:
    """What names one time that an alert fired."""
    return alert.sender, alert.fingerprint, alert.starts_at
