"""Stored incidents at other times and of other services: rows as if each had been derived itself.

To render thousands of drafts takes minutes. Moved by whole weeks, an incident's texts differ from
those that would be rendered in names, dates and hashes alone; the tests compare both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

from detector.estimate import Estimate
from outage_window.live.describing import facts_of
from outage_window.live.rows import told_by
from reports.blocks import Block, fresh, parse, write
from reports.facts import Incident
from reports.record import decode, encode

WEEK = 7 * 86_400
NS = 10**9
Raw = Mapping[str, Any]
"""A row of a table, by its columns."""

_TIMES = {"fired_at", "resolved_at", "received_at", "active_since", "time", "start", "end"}
_TIMES |= {"provisional_end", "as_of", "at", "data_gaps"}
"""Fields of facts that hold seconds since the epoch, or tuples of them."""
_EDGES = {"value", "low", "high"}
"""The same of an estimate of a time."""
_NS = {"start", "end", "opened_at", "updated_at", "closed_at", "changed_at", "made_at", "at"}
"""Columns that hold nanoseconds since the epoch."""
_DATE = re.compile(r"20\d\d-\d\d-\d\d|20\d{6}(?=T\d{4}Z)")
"""As texts have it, and as the ids of incidents have it."""


@dataclass(frozen=True, slots=True)
class Move:
    """By so many weeks, from one service to another."""

    weeks: int
    service: str
    to: str

    @property
    def seconds(self) -> int:
        """The same in seconds."""
        return self.weeks * WEEK

    def facts(self, incident: Incident) -> Incident:
        """The incident as it would have been found there."""
        found: Incident = self._value(incident, False)
        return replace(found, told_by=told_by(found))

    def text(self, text: str) -> str:
        """The same text with other names and dates."""
        if "20" in text:
            text = _DATE.sub(lambda found: _later(found[0], self.weeks), text)
        return text.replace(self.service, self.to)

    def _value(self, value: Any, time: bool) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, float):
            return value + self.seconds if time else value
        if isinstance(value, tuple):
            if value and not time and isinstance(value[0], float | None):
                return value  # a curve's columns: many, and none of them times
            return tuple(self._value(one, time) for one in value)
        if isinstance(value, Mapping):
            return {key: self._value(one, False) for key, one in value.items()}
        if not is_dataclass(value) or isinstance(value, type):
            return value
        times = _EDGES if isinstance(value, Estimate) and value.unit == "time" else _TIMES
        changed = {
            f.name: self._value(getattr(value, f.name), f.name in times) for f in fields(value)
        }
        return replace(value, **changed)


@lru_cache(maxsize=10_000)
def _later(day: str, weeks: int) -> str:
    at = date.fromisoformat(day) + timedelta(weeks=weeks)
    return at.strftime("%Y-%m-%d" if "-" in day else "%Y%m%d")


class Copier:
    """Makes copies of one stored incident: of its rows by the name of their table."""

    def __init__(self, rows: Mapping[str, list[Raw]], service: str) -> None:
        (only,) = rows["incidents"]
        self._rows, self._service = rows, service
        self._incident = decode(only["record"])

    def copy(self, weeks: int, to: str) -> dict[str, list[dict[str, Any]]]:
        """The rows of the incident that many weeks later, of another service; without a chart."""
        move = Move(weeks, self._service, to)
        incident = move.facts(self._incident)
        hashes = {
            before.sha256: after.sha256
            for before, after in zip(self._incident.told_by, incident.told_by, strict=True)
        }

        @cache  # a revision has the same texts again
        def text(said: str) -> str:
            said = move.text(said)
            for before, after in hashes.items():  # whole, and as drafts shorten it
                said = said.replace(before, after).replace(before[:12], after[:12])
            return said

        own = {
            "facts": json.dumps(facts_of(incident), ensure_ascii=False, sort_keys=True),
            "record": encode(incident),
            "chart": None,
        }
        return {
            name: [
                {
                    column: own.get(column, _moved(column, value, move.seconds, text))
                    for column, value in row.items()
                }
                for row in found
            ]
            for name, found in self._rows.items()
        }


def _moved(column: str, value: Any, seconds: int, text: Callable[[str], str]) -> Any:
    if isinstance(value, int) and column in _NS:
        return value + seconds * NS
    if not isinstance(value, str):
        return value
    return redrafted(value, text) if column == "draft" else text(value)


def redrafted(draft: str, change: Callable[[str], str]) -> str:
    """A draft with its text changed, its blocks marked as those that the program wrote.

    What people wrote around the blocks stays theirs; they edited none of the blocks.
    """
    parts = parse(change(draft))
    return write([fresh(one.id, one.content) if isinstance(one, Block) else one for one in parts])
