"""Alerts by name and service, as often as they fired: what flaps is one line, not a thousand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from reports.reconciliation import Group

NS = 1e9


@dataclass(frozen=True, slots=True)
class Fired:
    """One time that an alert fired, nanoseconds; `end` None: it fires. `most` as in `Group`."""

    name: str
    service: str
    start: int
    end: int | None
    how: str = ""
    most: int = 0


def groups(fired: Iterable[Fired], start: int, end: int) -> tuple[Group, ...]:
    """What fired, gathered; durations are those within [start, end), nanoseconds.

    The most frequent come first.
    """
    found: dict[tuple[str, str, str], list[Fired]] = {}
    for one in fired:
        found.setdefault((one.name, one.service, one.how), []).append(one)
    made = [_group(*key, ones, start, end) for key, ones in found.items()]
    return tuple(sorted(made, key=lambda g: (-g.times, g.service, g.name, g.how)))


def _group(name: str, service: str, how: str, ones: list[Fired], start: int, end: int) -> Group:
    lasted = [
        max(min(end if one.end is None else one.end, end) - max(one.start, start), 0)
        for one in ones
    ]
    return Group(
        name=name,
        service=service,
        how=how,
        times=len(ones),
        seconds=sum(lasted) / NS,
        longest=max(lasted) / NS,
        first=min(map(attrgetter("start"), ones)) / NS,
        last=max(map(attrgetter("start"), ones)) / NS,
        firing=sum(one.end is None for one in ones),
        most=max(one.most for one in ones),
    )
