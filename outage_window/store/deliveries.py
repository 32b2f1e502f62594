"""Raw bodies as they came, each once, with the reason where one could not be understood."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql

from outage_window.store import alerts
from outage_window.store.dialects import Row, folded, greatest, insert_in
from outage_window.store.schema import deliveries

IDENTITY = ("sender", "sha256")


@dataclass(frozen=True, slots=True)
class Received:
    """One POST as it is to be kept: the row of its body, and those of its alerts."""

    body: Row
    alerts: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many different bodies are in quarantine, and when the last of all came (ns, or None)."""

    quarantined: int
    last_received_at: int | None


def row(sender: str, body: bytes, received_at: int, reason: str | None = None) -> Row:
    """The row of a body, with the reason where it could not be understood."""
    return {
        "sender": sender,
        "sha256": hashlib.sha256(body).hexdigest(),
        "received_at": received_at,
        "last_received_at": received_at,
        "copies": 1,
        "quarantined": reason,
        "body": body,
    }


def keep(connection: Connection, found: Sequence[Received]) -> None:
    """Keep what came, all or nothing; the same bytes from the same sender count as one more copy.

    What many requests brought is given at once: that costs little more than one.
    """
    bodies = folded((one.body for one in found), IDENTITY, _copied)
    connection.execute(_upsert(connection.dialect.name), bodies)
    alerts.keep(connection, [row for one in found for row in one.alerts])


def _copied(known: Row, again: Row) -> Row:
    """The same bytes twice in a group, as `_upsert` would have them."""
    last = max(known["last_received_at"], again["last_received_at"])
    return known | {"copies": known["copies"] + again["copies"], "last_received_at": last}


@cache
def _upsert(dialect: str) -> postgresql.Insert:
    made = insert_in(dialect, deliveries)
    last = greatest(deliveries.c.last_received_at, made.excluded.last_received_at)
    return made.on_conflict_do_update(
        index_elements=IDENTITY,
        set_={"copies": deliveries.c.copies + made.excluded.copies, "last_received_at": last},
    )


def tally(connection: Connection) -> Tally:
    """What the front page says of what came."""
    last = func.max(deliveries.c.last_received_at)
    refused = select(func.count()).where(deliveries.c.quarantined.is_not(None))
    return Tally(
        int(connection.execute(refused).scalar_one()), connection.execute(select(last)).scalar_one()
    )
