"""What was published where, so that the next time is an update; and who is about to publish."""

from __future__ import annotations

from sqlalchemy import Connection, and_, delete, or_, select, update

from outage_window.store.dialects import insert
from outage_window.store.schema import incidents, publications, publishing


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


def claim(
    connection: Connection, incident: str, target: str, holder: str, now: int, until: int
) -> bool:
    """Let nobody else publish the incident there until a time (nanoseconds); False where somebody
    does already."""
    claims = publishing.c
    row = insert(connection, publishing).values(
        incident_id=incident, target=target, holder=holder, until=until
    )
    done = connection.execute(
        row.on_conflict_do_update(
            index_elements=["incident_id", "target"],
            set_={"holder": holder, "until": until},
            where=or_(claims.until <= now, claims.holder == holder),
        ).returning(claims.holder)
    )
    return done.first() is not None


def claimed(connection: Connection, incident: str, target: str) -> bool:
    """Whether there is a claim, be it over: whoever made it may not have noted what he did."""
    claims = publishing.c
    query = select(claims.holder).where(claims.incident_id == incident, claims.target == target)
    return connection.execute(query).first() is not None


def renew(
    connection: Connection, incident: str, target: str, holder: str, now: int, until: int
) -> bool:
    """Make a claim last longer; False where it is over, or another's by now."""
    claims = publishing.c
    done = connection.execute(
        update(publishing)
        .where(claims.incident_id == incident, claims.target == target)
        .where(claims.holder == holder, claims.until > now)
        .values(until=until)
    )
    return done.rowcount == 1


def release(connection: Connection, incident: str, target: str, holder: str) -> bool:
    """Give a claim up; False where it was another's by now."""
    claims = publishing.c
    done = connection.execute(
        delete(publishing)
        .where(claims.incident_id == incident, claims.target == target)
        .where(claims.holder == holder)
    )
    return done.rowcount == 1


def revision(connection: Connection, incident: str, target: str) -> int:
    """The newest revision of an incident that a target was given; 0 for none."""
    known = publications.c
    found = connection.execute(
        select(known.revision).where(known.incident_id == incident, known.target == target)
    ).scalar()
    return found or 0


def due(connection: Connection, target: str, since: int) -> list[tuple[str, str]]:
    """Incidents of which the target lacks the newest revision, with their service, the oldest
    first.

    Those that it knows, and those that closed at `since` or later; none that became part of another
    without having been published.
    """
    known = publications.c.revision
    rows = connection.execute(
        select(incidents.c.id, incidents.c.service)
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
    return [(row.id, row.service) for row in rows]
