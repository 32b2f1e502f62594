"""Incidents as they were last derived, frozen at closing, with a revision for each later change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select, update

from outage_window.kept import FOREVER, OPEN_ENDED, StoredIncident
from outage_window.store import board
from outage_window.store.dialects import insert
from outage_window.store.schema import corrections, incidents, revisions
from reports.facts import Related
from reports.redraft import redraft

NS = 1e9
MOST_BESIDE = 20
"""Of incidents at the same time no draft lists more than this."""


def save(connection: Connection, incident: StoredIncident) -> None:
    """Write the incident as it is now; a closed one also as the revision that it is.

    What people wrote into its draft since is kept.
    """
    incident = replace(incident, draft=_redrafted(connection, incident))
    values = {name: getattr(incident, name) for name in incidents.columns.keys()}  # noqa: SIM118
    values |= {"facts": _json(incident.facts), "document": _json(incident.document)}
    row = insert(connection, incidents).values(values)
    changed = {name: value for name, value in values.items() if name != "id"}
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=changed))
    board.put(connection, incident)
    if incident.closed_at is not None:
        _freeze(connection, incident, values["document"])


def _freeze(connection: Connection, incident: StoredIncident, document: str) -> None:
    frozen = {
        "incident_id": incident.id,
        "revision": incident.revision,
        "made_at": incident.updated_at,
        "moved": incident.moved,
        "document": document,
        "draft": incident.draft,
        "chart": incident.chart,
    }
    connection.execute(
        insert(connection, revisions)
        .values(frozen)
        .on_conflict_do_update(
            index_elements=["incident_id", "revision"],
            set_={"draft": incident.draft, "chart": incident.chart},
        )
    )


def _redrafted(connection: Connection, incident: StoredIncident) -> str | None:
    """The draft that is stored, brought up to the one that was rendered."""
    query = select(incidents.c.draft).where(incidents.c.id == incident.id)
    stored = connection.execute(query).scalar()
    if stored is None or incident.draft is None:
        return incident.draft or stored
    return redraft(stored, incident.draft)


def edit(connection: Connection, identity: str, draft: str, before: str | None, at: int) -> bool:
    """Put people's text in place of the stored draft; False when that is not `before` any more."""
    done = connection.execute(
        update(incidents)
        .where(incidents.c.id == identity, incidents.c.draft == before)
        .values(draft=draft)
    )
    if done.rowcount != 1:
        return False
    board.edited(connection, identity, draft, at)
    return True


def merge(connection: Connection, absorbed: str, into: str, at: int, by: str = "data") -> None:
    """Let an incident answer that it is part of another; what it stood for is kept."""
    connection.execute(
        update(incidents)
        .where(incidents.c.id == absorbed)
        .values(merged_into=into, merged_by=by, updated_at=at)
    )
    connection.execute(
        update(incidents).where(incidents.c.merged_into == absorbed).values(merged_into=into)
    )
    board.drop(connection, absorbed)


def get(connection: Connection, identity: str) -> StoredIncident | None:
    """The incident of that id, merged or not."""
    row = connection.execute(select(incidents).where(incidents.c.id == identity)).first()
    return None if row is None else _incident(row)


def latest(connection: Connection, limit: int = 200) -> list[StoredIncident]:
    """The newest incidents by their start, without those that were merged."""
    rows = connection.execute(
        select(incidents)
        .where(incidents.c.merged_into.is_(None))
        .order_by(incidents.c.start.desc(), incidents.c.id)
        .limit(limit)
    )
    return [_incident(row) for row in rows]


def of_service(connection: Connection, service: str, since: int) -> list[StoredIncident]:
    """A service's incidents that had not ended at `since`, by start.

    Those that the data merged are left out, as their windows are now others; those that people
    merged are not, as theirs are found again and again.
    """
    rows = connection.execute(
        select(incidents)
        .where(incidents.c.service == service)
        .where(incidents.c.merged_into.is_(None) | (incidents.c.merged_by == "people"))
        .where(incidents.c.end.is_(None) | (incidents.c.end >= since))
        .order_by(incidents.c.start, incidents.c.id)
    )
    return [_incident(row) for row in rows]


def services_since(connection: Connection, since: int) -> set[str]:
    """The services that have incidents which had not ended at `since`, or of which people
    said something since."""
    ended = incidents.c.end
    said = incidents.c.id.in_(select(corrections.c.incident_id).where(corrections.c.at >= since))
    rows = connection.execute(
        select(incidents.c.service).where(ended.is_(None) | (ended >= since) | said).distinct()
    )
    return {row.service for row in rows}


def declared_services(connection: Connection, since: int) -> list[str]:
    """The services of which people declared an incident that began after `since`."""
    rows = connection.execute(
        select(incidents.c.service)
        .where(incidents.c.state == "declared", incidents.c.start >= since)
        .distinct()
        .order_by(incidents.c.service)
    )
    return [row.service for row in rows]


def history(connection: Connection, identity: str) -> list[dict[str, Any]]:
    """The frozen revisions of an incident: number, when it was made (ns), what it moved."""
    rows = connection.execute(
        select(revisions.c.revision, revisions.c.made_at, revisions.c.moved)
        .where(revisions.c.incident_id == identity)
        .order_by(revisions.c.revision)
    )
    return [{"revision": r.revision, "made_at": r.made_at, "moved": r.moved} for r in rows]


def ongoing(connection: Connection) -> list[tuple[str, bool]]:
    """(service, alerted) of each measured outage whose recovery is not seen yet."""
    rows = connection.execute(
        select(incidents.c.service, incidents.c.alerted).where(
            incidents.c.state == "ongoing",
            incidents.c.end.is_(None),
            incidents.c.merged_into.is_(None),
            incidents.c.dismissed.is_(False),
        )
    )
    return [(row.service, row.alerted) for row in rows]


def overlapping(
    connection: Connection, service: str, start: int, end: int
) -> tuple[str, str | None] | None:
    """A service's incident that overlaps [start, end), and what people merged it into.

    The earliest is told. Of those that the data merged others have the time.
    """
    columns = incidents.c
    row = connection.execute(
        select(columns.id, columns.merged_into)
        .where(columns.service == service, _met(start, end))
        .where(columns.merged_into.is_(None) | (columns.merged_by == "people"))
        .order_by(columns.start, columns.id)
        .limit(1)
    ).first()
    return None if row is None else (row.id, row.merged_into)


def beside(
    connection: Connection, identity: str, service: str, start: int, end: int | None
) -> tuple[Related, ...]:
    """Incidents of other services that overlap one, and those that became part of it."""
    columns = incidents.c
    met = _met(start, FOREVER if end is None else end)
    overlaps = met & (columns.service != service) & columns.merged_into.is_(None)
    merged = columns.merged_into == identity
    rows = connection.execute(
        select(columns.id, columns.service, columns.start, columns.end, merged.label("merged"))
        .where((overlaps & columns.dismissed.is_(False)) | merged, columns.id != identity)
        .order_by(columns.start, columns.id)
        .limit(MOST_BESIDE)
    )
    return tuple(
        Related(
            row.id,
            row.service,
            row.start / NS,
            None if row.end is None else row.end / NS,
            "merged" if row.merged else "overlaps",
        )
        for row in rows
    )


def _met(start: int, end: int) -> ColumnElement[bool]:
    """Those that overlap [start, end), as far as they reach."""
    columns = incidents.c
    open_end = case((columns.state == "declared", columns.start + OPEN_ENDED), else_=FOREVER)
    return (columns.start < end) & (func.coalesce(columns.end, open_end) > start)


def _incident(row: Row) -> StoredIncident:  # type: ignore[type-arg]
    values = dict(row._mapping)
    values |= {"facts": json.loads(row.facts), "document": json.loads(row.document)}
    return StoredIncident(**values)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)


def ids_like(connection: Connection, prefix: str) -> set[str]:
    """The ids that begin with a prefix."""
    rows = connection.execute(
        select(incidents.c.id).where(incidents.c.id.startswith(prefix, autoescape=True))
    )
    return {row.id for row in rows}
