"""Changes, escalations, tickets, notes and declared times from a CSV or NDJSON file."""

from __future__ import annotations

from typing import cast

from detector.estimate import Origin
from outage_window.errors import InputError
from outage_window.sources import tabular
from outage_window.sources.arrow import Cell
from outage_window.sources.columns import find
from outage_window.sources.files import Source
from outage_window.sources.reading import Reading
from outage_window.sources.times import seconds
from webhooks.events import TYPES
from webhooks.model import Event, EventType
from webhooks.times import NS

ROLES = ("time", "type", "service", "text", "team", "id")


def read(source: Source, reading: Reading, default_type: str | None) -> tuple[list[Event], Origin]:
    """The events of a table, in order of time.

    `default_type` is for rows without one; without a default an unknown type is an `InputError`
    with its line. An event without a service belongs to every service.
    """
    names = tabular.names(source)
    columns = {role: find(names, role, None, source.name, role == "time") for role in ROLES}
    for role in ("time", "text"):
        if columns[role] is None:
            raise InputError(source.name, f"no column {role}; expected {', '.join(ROLES[:-1])}")
    if columns["type"] is None and default_type is None:
        raise InputError(source.name, f"no column type; expected one of {', '.join(TYPES)}")
    wanted: dict[str, Cell] = {
        name: "time" if role == "time" else "word" for role, name in columns.items() if name
    }
    table = tabular.load(source, wanted)
    time = seconds(
        table.columns[columns["time"] or ""], table.place, reading.time_zone, reading.time_unit
    )
    texts = {role: table.texts(columns[role]) for role in ROLES[1:]}
    events = [
        Event(
            time=round(float(time[row]) * 1000) * (NS // 1000),
            type=_type(texts["type"][row] or default_type, table.place(row)),
            service=texts["service"][row],
            text=texts["text"][row],
            team=texts["team"][row],
            id=texts["id"][row],
        )
        for row in range(table.rows)
    ]
    return sorted(events, key=lambda event: event.time), source.origin(table.rows)


def _type(word: str | None, place: str) -> EventType:
    if word not in TYPES:
        raise InputError(f"{place}, type", f"expected one of {', '.join(TYPES)}, not {word!r}")
    return cast(EventType, word)
