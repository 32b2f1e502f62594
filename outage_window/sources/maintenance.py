"""Maintenance that was known beforehand, from a CSV, NDJSON or Parquet file."""

from __future__ import annotations

from detector.estimate import Origin
from outage_window.errors import InputError
from outage_window.planned import Planned
from outage_window.sources import tabular
from outage_window.sources.arrow import Cell
from outage_window.sources.columns import find
from outage_window.sources.files import Source
from outage_window.sources.reading import Reading
from outage_window.sources.times import seconds
from reports.facts import Announced

TIMES = ("start", "end")
TEXTS = ("service", "reason")


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
