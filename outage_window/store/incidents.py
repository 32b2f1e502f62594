"""Incidents as they were last derived, frozen at closing, with a revision for each later change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from outage_window.store.schema import incidents, revisions


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """One incident; times in nanoseconds. `end` None: ongoing, or no window and an alert fires.

    `start` and `end` are the window's, or without one those of the alerts (`has_window`). `facts`
    are what a later derivation is compared with. `draft` and `chart` are None until it closes.
    """

    id: str
    service: str
    state: str
    start: int
    end: int | None
    has_window: bool
    alerted: bool
    opened_at: int
    updated_at: int
    facts: Mapping[str, Any]
    document: Mapping[str, Any]
    closed_at: int | None = None
    merged_into: str | None = None
    revision: int = 1
    moved: str = ""
    draft: str | None = None
    chart: bytes | None = None


def save(connection: Connection, incident: StoredIncident) -> None:
    """Write the incident as it is now; a closed one also as the revision that it is."""
    values = {name: getattr(incident, name) for name in incidents.columns.keys()}  # noqa: SIM118
    values |= {"facts": _json(incident.facts), "document": _json(incident.document)}
    row = insert(incidents).values(values)
    changed = {name: value for name, value in values.items() if name != "id"}
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=changed))
    if incident.closed_at is not None:
        frozen = {
            "incident_id": incident.id,
            "revision": incident.revision,
            "made_at": incident.updated_at,
            "moved": incident.moved,
            "document": values["document"],
            "draft": incident.draft,
            "chart": incident.chart,
        }
        connection.execute(
            insert(revisions)
            .values(frozen)
            .on_conflict_do_update(
                index_elements=["incident_id", "revision"],
                set_={"draft": incident.draft, "chart": incident.chart},
            )
        )


def merge(connection: Connection, absorbed: str, into: str, at: int) -> None:
    """Let an incident answer that it is part of another; what it stood for is kept."""
    connection.execute(
        update(incidents).where(incidents.c.id == absorbed).values(merged_into=into, updated_at=at)
    )
    connection.execute(
        update(incidents).where(incidents.c.merged_into == absorbed).values(merged_into=into)
    )


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
    """A service's incidents that had not ended at `since`, by start, without merged ones."""
    rows = connection.execute(
        select(incidents)
        .where(incidents.c.service == service, incidents.c.merged_into.is_(None))
        .where(incidents.c.end.is_(None) | (incidents.c.end >= since))
        .order_by(incidents.c.start, incidents.c.id)
    )
    return [_incident(row) for row in rows]


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
        )
    )
    return [(row.service, row.alerted) for row in rows]


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
