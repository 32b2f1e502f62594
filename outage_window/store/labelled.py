"""Incidents in bulk, for labels: few parts of each, in order, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from outage_window.kept import FOREVER, OPEN_ENDED
from outage_window.store.batches import batches
from outage_window.store.schema import incidents

AT_ONCE = 250
"""Incidents that one statement asks for: their documents are most of a store."""
_row = incidents.c
_SMALL = (
    _row.id,
    _row.service,
    _row.state,
    _row.has_window,
    _row.dismissed,
    _row.revision,
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One incident that stands for itself; `merged` are the ids of those that became part of it.

    `document` is JSON, as it is stored: whoever reads a few fields need not read all.
    """

    id: str
    service: str
    state: str
    has_window: bool
    dismissed: bool
    revision: int
    merged: tuple[str, ...]
    document: str


def between(
    connection: Connection, start: int | None, end: int | None, services: Sequence[str] = ()
) -> Iterator[Labelled]:
    """The incidents that touch [start, end), nanoseconds, by start and id; None: no such bound.

    Of some services, or of all. One that goes on touches all that comes after its start; what was
    declared without an end takes a day.
    """
    # In two steps: sorting documents would be sorting the whole store.
    order = select(_row.id).where(_row.merged_into.is_(None), *_met(start, end))
    if services:
        order = order.where(_row.service.in_(services))
    names = connection.execute(order.order_by(_row.start, _row.id)).scalars().all()
    merged = _merged(connection) if names else {}
    for piece in batches(names, AT_ONCE):
        rows = connection.execute(select(*_SMALL, _row.document).where(_row.id.in_(piece)))
        found: dict[str, Any] = {row.id: row for row in rows}
        for name in piece:
            values = found[name]._mapping
            yield Labelled(**values, merged=tuple(merged.get(name, ())))


def _met(start: int | None, end: int | None) -> Iterator[ColumnElement[bool]]:
    if start is not None:
        open_end = case((_row.state == "declared", _row.start + OPEN_ENDED), else_=FOREVER)
        yield func.coalesce(_row.end, open_end) > start
    if end is not None:
        yield _row.start < end


def _merged(connection: Connection) -> dict[str, list[str]]:
    """The ids of what became part of each."""
    found: dict[str, list[str]] = {}
    query = select(_row.id, _row.merged_into).where(_row.merged_into.is_not(None))
    for name, into in connection.execute(query.order_by(_row.start, _row.id)):
        found.setdefault(into, []).append(name)
    return found
