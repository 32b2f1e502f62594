"""Maintenance that people declared over the API: one entry an id, the newest word counts."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select, true

from outage_window.store.dialects import insert
from outage_window.store.schema import maintenance
from webhooks.maintenance import Maintenance


def keep(connection: Connection, said: Maintenance, at: int) -> bool:
    """Keep it, in place of what was said under its id; whether it is new."""
    known = select(maintenance.c.id).where(maintenance.c.id == said.id)
    new = connection.execute(known).first() is None
    values = asdict(said) | {"declared_at": at}
    row = insert(connection, maintenance).values(values)
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))
    return new


def drop(connection: Connection, identity: str) -> bool:
    """Take one back; whether it was there."""
    done = connection.execute(delete(maintenance).where(maintenance.c.id == identity))
    return done.rowcount == 1


def since(connection: Connection, time: int, service: str | None = None) -> list[Maintenance]:
    """What had not ended at `time` (nanoseconds), of one service or of all, by its start."""
    asked = {"at": time} | ({} if service is None else {"of": service})
    rows = connection.execute(_since(service is None), asked)
    return [Maintenance(r.service, r.start, r.end, r.reason, r.by, r.id) for r in rows]


@cache
def _since(of_all: bool) -> Select[Any]:
    """Asked for each service at each pass: making it costs more than running it."""
    return (
        select(maintenance)
        .where(maintenance.c.end > bindparam("at"))
        .where(true() if of_all else maintenance.c.service == bindparam("of"))
        .order_by(maintenance.c.start, maintenance.c.id)
    )
