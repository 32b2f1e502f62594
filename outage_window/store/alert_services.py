"""The services that stored alerts were given, and by which rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from outage_window.store.dialects import insert
from outage_window.store.schema import alerts, backfilled_alerts, meta

_RULES = "alert_services"


def rules(connection: Connection) -> str | None:
    """The rules (a hash) that all stored alerts were given their services by; None: by none."""
    return connection.execute(select(meta.c.value).where(meta.c.key == _RULES)).scalar()


def piece(connection: Connection, after: int, most: int) -> Sequence[Any]:
    """Some alerts with a number above `after`: id, service, labels."""
    query = select(alerts.c.id, alerts.c.service, alerts.c.labels).where(alerts.c.id > after)
    return connection.execute(query.order_by(alerts.c.id).limit(most)).all()


def assign(connection: Connection, found: Sequence[tuple[int, str | None]]) -> None:
    """Give alerts, by their numbers, other services."""
    row = update(alerts).where(alerts.c.id == bindparam("number"))
    values = [{"number": number, "given": service} for number, service in found]
    connection.execute(row.values(service=bindparam("given")), values)


def assign_backfilled(
    connection: Connection, service: Callable[[Mapping[str, str]], str | None]
) -> None:
    """Give all that APIs told the services that their labels stand for now."""
    known = backfilled_alerts.c
    keys = (known.source, known.fingerprint, known.starts_at)
    for row in connection.execute(select(*keys, known.labels, known.service)).all():
        given = service(json.loads(row.labels))
        if given != row.service:
            same = [key == value for key, value in zip(keys, row[:3], strict=True)]
            connection.execute(update(backfilled_alerts).where(*same).values(service=given))


def settle(connection: Connection, by: str) -> None:
    """Note the rules that all stored alerts were given their services by."""
    row = insert(connection, meta).values(key=_RULES, value=by)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": by}))
