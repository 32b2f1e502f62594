"""Raw bodies as they came, each once, with the reason where one could not be understood."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from outage_window.store.dialects import greatest, insert
from outage_window.store.schema import deliveries


@dataclass(frozen=True, slots=True)
class Tally:
    """What has come so far: POSTs, those in quarantine, and when the last came (ns, or None)."""

    received: int
    quarantined: int
    last_received_at: int | None


def keep(
    connection: Connection, sender: str, body: bytes, received_at: int, reason: str | None = None
) -> None:
    """Keep a body; the same bytes from the same sender again only count as one more copy."""
    row = insert(connection, deliveries).values(
        sender=sender,
        sha256=hashlib.sha256(body).hexdigest(),
        received_at=received_at,
        last_received_at=received_at,
        copies=1,
        quarantined=reason,
        body=body,
    )
    again = row.on_conflict_do_update(
        index_elements=["sender", "sha256"],
        set_={
            "copies": deliveries.c.copies + 1,
            "last_received_at": greatest(deliveries.c.last_received_at, received_at),
        },
    )
    connection.execute(again)


def tally(connection: Connection) -> Tally:
    """Count all deliveries, copies included."""
    total = func.coalesce(func.sum(deliveries.c.copies), 0)
    last = func.max(deliveries.c.last_received_at)
    received, newest = connection.execute(select(total, last)).one()
    refused = connection.execute(select(total).where(deliveries.c.quarantined.is_not(None)))
    return Tally(int(received), int(refused.scalar_one()), newest)
