"""What people say against or beside what was measured: every word of it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from sqlalchemy import Connection, insert, select

from outage_window.store.schema import corrections
from reports.facts import Correction, CorrectionField

NS = 1e9


def keep(
    connection: Connection,
    incident: str,
    changes: Mapping[CorrectionField, str],
    by: str,
    at: int,
) -> dict[CorrectionField, tuple[str, str]]:
    """Keep what differs from what is known; return it as field → (before, now).

    An empty value takes a correction back.
    """
    known = {one.field: one.value for one in of(connection, incident)}
    moved = {
        field: (known.get(field, ""), value)
        for field, value in changes.items()
        if known.get(field, "") != value
    }
    for field, (_, value) in moved.items():
        row = {"incident_id": incident, "field": field, "value": value, "by": by, "at": at}
        connection.execute(insert(corrections).values(row))
    return moved


def of(connection: Connection, incident: str) -> tuple[Correction, ...]:
    """The newest correction of each field, with the value before it."""
    return of_all(connection, [incident]).get(incident, ())


def of_all(connection: Connection, incidents: Iterable[str]) -> dict[str, tuple[Correction, ...]]:
    """The corrections of several incidents; those without any are left out."""
    named = list(incidents)
    if not named:
        return {}
    rows = connection.execute(
        select(corrections)
        .where(corrections.c.incident_id.in_(named))
        .order_by(corrections.c.incident_id, corrections.c.field, corrections.c.id)
    ).all()
    found: dict[str, list[Correction]] = {}
    for (incident, field), group in groupby(rows, key=lambda row: (row.incident_id, row.field)):
        *earlier, last = group
        before = earlier[-1].value if earlier else ""
        one = Correction(field, last.value, last.by, last.at / NS, before)
        found.setdefault(incident, []).append(one)
    return {
        name: tuple(sorted(ones, key=lambda c: (c.at, c.field))) for name, ones in found.items()
    }
