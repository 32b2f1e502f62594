"""Maintenance that was known beforehand, from a CSV, NDJSON or Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.estimate import Origin
from outage_window.errors import InputError
from outage_window.sources import tabular
from outage_window.sources.arrow import Cell
from outage_window.sources.columns import find
from outage_window.sources.files import Source
from outage_window.sources.reading import Reading
from outage_window.sources.times import seconds
from reports.facts import Announced

TIMES = ("start", "end")
TEXTS = ("service", "reason")
NEAR = 7200.0
"""Seconds. What ended so long before an incident, or begins so long after it, is shown with it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Maintenance of one service, or of all ("")."""

    service: str
    announced: Announced


def read(source: Source, reading: Reading) -> tuple[tuple[Planned, ...], Origin]:
    """The maintenance of a table, by its start; [`start`, `end`), each needed in every row."""
    names = tabular.names(source)
    columns = {role: find(names, role, None, source.name, False) for role in (*TIMES, *TEXTS)}
    for role in TIMES:
        if columns[role] is None:
            raise InputError(source.name, f"no column {role}; expected start, end, service, reason")
    wanted: dict[str, Cell] = {
        name: "time" if role in TIMES else "word" for role, name in columns.items() if name
    }
    table = tabular.load(source, wanted)
    start, end = (
        seconds(
            table.columns[columns[role] or ""], table.place, reading.time_zone, reading.time_unit
        )
        for role in TIMES
    )
    service, reason = (table.texts(columns[role]) for role in TEXTS)
    for row in range(table.rows):
        if not start[row] < end[row]:
            raise InputError(f"{table.place(row)}, end", "expected a time after start")
    found = [
        Planned(service[row], Announced("maintenance", start[row], end[row], reason[row]))
        for row in range(table.rows)
    ]
    return tuple(sorted(found, key=lambda one: one.announced.start)), source.origin(table.rows)


def of_service(planned: Sequence[Planned], service: str) -> tuple[Announced, ...]:
    """What was announced of a service."""
    return tuple(one.announced for one in planned if one.service in ("", service))


def around(
    announced: Sequence[Announced], start: float, end: float | None
) -> tuple[Announced, ...]:
    """What is shown with a window from `start` to `end` (None: it goes on)."""
    return tuple(
        one
        for one in announced
        if one.end > start - NEAR and (end is None or one.start < end + NEAR)
    )
