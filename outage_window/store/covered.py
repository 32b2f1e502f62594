"""Over which times something was received, or asked for: what is not covered is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import Connection, func, select, update

from outage_window.store.dialects import greatest, insert
from outage_window.store.schema_missed import covered

Name = Literal["receiving", "alertmanager", "prometheus"]
"""`receiving`: the server ran and could write. The others were asked, and answered."""
Span = tuple[int, int]
_row = covered.c


def cover(connection: Connection, name: Name, start: int, end: int, reach: int = 0) -> None:
    """Note that [start, end), nanoseconds, is covered; a span that ended at most `reach` before is
    the same one, so that a mark each minute is one row a run."""
    near = select(_row.start).where(
        _row.name == name, _row.start <= start, _row.end >= start - reach
    )
    known = connection.execute(near.order_by(_row.start.desc()).limit(1)).scalar()
    if known is None:
        row = insert(connection, covered).values(name=name, start=start, end=end)
        changed = {"end": greatest(_row.end, row.excluded.end)}
        connection.execute(
            row.on_conflict_do_update(index_elements=["name", "start"], set_=changed)
        )
        return
    same = update(covered).where(_row.name == name, _row.start == known)
    connection.execute(same.values(end=greatest(_row.end, end)))


def between(connection: Connection, name: Name, start: int, end: int) -> list[Span]:
    """The covered parts of [start, end), nanoseconds, in order and apart."""
    rows = connection.execute(
        select(_row.start, _row.end)
        .where(_row.name == name, _row.start < end, _row.end > start)
        .order_by(_row.start)
    )
    return joined((max(begins, start), min(ends, end)) for begins, ends in rows)


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same times, in order and apart; what has no length is left out."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif end > start:
            found.append((start, end))
    return found


def first(connection: Connection, name: Name) -> int | None:
    """When that was covered first, nanoseconds; None: never."""
    query = select(func.min(_row.start)).where(_row.name == name)
    return connection.execute(query).scalar()
