"""Up to when nothing is missing of what is received or asked for, by name; in nanoseconds."""

from __future__ import annotations

from sqlalchemy import Connection, select

from outage_window.store.dialects import greatest, insert
from outage_window.store.schema import watermarks


def reached(connection: Connection, name: str) -> int | None:
    """The mark of that name; None before the first time."""
    return connection.execute(select(watermarks.c.at).where(watermarks.c.name == name)).scalar()


def reach(connection: Connection, name: str, at: int) -> None:
    """Move the mark to `at`; never back."""
    row = insert(connection, watermarks).values(name=name, at=at)
    changed = {"at": greatest(watermarks.c.at, row.excluded.at)}
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=changed))
