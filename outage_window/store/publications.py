"""What was published where, so that the next time is an update."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select

from outage_window.store.dialects import insert
from outage_window.store.schema import incidents, publications


def keep(
    connection: Connection,
    incident: str,
    target: str,
    revision: int,
    reference: str,
    url: str,
    at: int,
) -> None:
    """Note that a target holds a revision of an incident under its own reference."""
    values = {"reference": reference, "url": url, "revision": revision, "at": at}
    row = insert(connection, publications).values(incident_id=incident, target=target, **values)
    connection.execute(
        row.on_conflict_do_update(index_elements=["incident_id", "target"], set_=values)
    )


def of(connection: Connection, incident: str) -> dict[str, str]:
    """Where each target has an incident for people to look at; empty text where nowhere."""
    rows = connection.execute(
        select(publications.c.target, publications.c.url).where(
            publications.c.incident_id == incident
        )
    )
    return {row.target: row.url for row in rows}


def references(connection: Connection, incident: str) -> dict[str, str]:
    """What each target calls an incident."""
    rows = connection.execute(
        select(publications.c.target, publications.c.reference).where(
            publications.c.incident_id == incident
        )
    )
    return {row.target: row.reference for row in rows}


def due(connection: Connection, target: str, since: int) -> list[str]:
    """Incidents of which the target lacks the newest revision, the oldest first.

    Those that it knows, and those that closed at `since` or later; none that became part of another
    without having been published.
    """
    known = publications.c.revision
    rows = connection.execute(
        select(incidents.c.id)
        .outerjoin(
            publications,
            and_(publications.c.incident_id == incidents.c.id, publications.c.target == target),
        )
        .where(incidents.c.closed_at.is_not(None))
        .where(
            (known < incidents.c.revision)
            | (
                known.is_(None)
                & (incidents.c.closed_at >= since)
                & incidents.c.merged_into.is_(None)
                & incidents.c.dismissed.is_(False)
            )
        )
        .order_by(incidents.c.closed_at, incidents.c.id)
    )
    return [row.id for row in rows]
