"""Alertmanager's silences: which alerts they mute, when, and whether they were planned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from outage_window.store.dialects import insert
from outage_window.store.schema import silences


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition of a silence; a label that is absent has the value "" as in Alertmanager."""

    name: str
    value: str
    regex: bool
    equal: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the label meets it; patterns are anchored at both ends.

        A pattern that only Go understands matches nothing.
        """
        found = labels.get(self.name, "")
        if not self.regex:
            return (found == self.value) is self.equal
        pattern = _pattern(self.value)
        return pattern is not None and bool(pattern.fullmatch(found)) is self.equal

    def __str__(self) -> str:
        operator = {(0, 1): "=", (0, 0): "!=", (1, 1): "=~", (1, 0): "!~"}[self.regex, self.equal]
        return f"{self.name}{operator}{json.dumps(self.value, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence, [`starts_at`, `ends_at`) in nanoseconds.

    `planned`: it was there before it began, so that nobody made it because of what they saw.
    """

    id: str
    starts_at: int
    ends_at: int
    matchers: tuple[Matcher, ...]
    comment: str
    planned: bool

    def mutes(self, labels: Mapping[str, str], at: int) -> bool:
        """Whether an alert with these labels that fires at `at` reaches nobody."""
        in_time = self.starts_at <= at < self.ends_at
        return in_time and all(matcher.matches(labels) for matcher in self.matchers)

    def alone(self, names: Mapping[str, str]) -> bool:
        """Whether it mutes whatever has one of the labels `names`, and asks for nothing else."""
        return bool(self.matchers) and all(
            one.equal and one.name in names and one.matches(names) for one in self.matchers
        )

    def concerns(self, names: Mapping[str, str]) -> bool:
        """Whether it mutes some alerts of those with the labels `names`, which it must name."""
        named = [one for one in self.matchers if one.name in names]
        return any(one.equal for one in named) and all(one.matches(names) for one in named)


def keep(connection: Connection, found: Iterable[Silence]) -> None:
    """Keep silences as they are now: one that was ended early ends early."""
    for one in found:
        values = {
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "comment": one.comment,
            "matchers": json.dumps([[m.name, m.value, m.regex, m.equal] for m in one.matchers]),
        }
        row = insert(connection, silences).values(id=one.id, planned=one.planned, **values)
        # Whether it was planned is settled when it is first seen: ending it early changes it again.
        changed = row.on_conflict_do_update(index_elements=["id"], set_=values)
        connection.execute(changed)


def between(connection: Connection, start: int, end: int) -> list[Silence]:
    """The silences that were in force at some time in [start, end), nanoseconds, by their start."""
    rows = connection.execute(_between(), {"begin": start, "until": end})
    return [
        Silence(
            row.id,
            row.starts_at,
            row.ends_at,
            tuple(Matcher(*one) for one in json.loads(row.matchers)),
            row.comment,
            row.planned,
        )
        for row in rows
        if row.ends_at > row.starts_at  # one that was ended before it began never was in force
    ]


@cache
def _between() -> Select[Any]:
    """Asked for each service at each pass: making it costs more than running it."""
    return (
        select(silences)
        .where(silences.c.starts_at < bindparam("until"))
        .where(silences.c.ends_at > bindparam("begin"))
        .order_by(silences.c.starts_at, silences.c.id)
    )


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return None
