"""What the board shows of each incident: a small row beside the incident, kept with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    cast,
    delete,
    func,
    or_,
    select,
    true,
    update,
)

from outage_window.kept import StoredIncident
from outage_window.store.dialects import greatest, insert
from outage_window.store.schema import board, incidents
from reports.lint import count_todos

FIGURES = (
    "start",
    "end",
    "provisional_end",
    "as_of",
    "duration_seconds",
    "affected_users",
    "time_to_detect",
    "peak_error_ratio",
    "alerts_known",
)
"""The fields of an incident's document that the board shows."""
SHOWN = ("value", "low", "high", "unit", "status", "method", "reason", "needs", "tier")
"""What a figure keeps on the board: its inputs and parts are most of its weight."""
NO_WINDOW = "none"
"""Asked for as a kind: incidents without a measured window."""
_row = board.c


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One incident on the board; times in nanoseconds, `end` None as in `StoredIncident`.

    `title` is empty where people gave it none. `figures` are parts of its document, with `alerts`
    (how many) and `first_alert`. `todos` None: it has no draft.
    """

    incident_id: str
    service: str
    state: str
    kind: str
    start: int
    end: int | None
    lasting: bool
    dismissed: bool
    title: str
    todos: int | None
    figures: Mapping[str, Any]
    changed_at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the board is asked for; empty text and None ask for all.

    `text` is looked for in id, service and title; an incident is of the time [`since`, `until`)
    (nanoseconds) when it touches it. `kind` is a window's, or `none`. `lasting` tells those that go
    on from those that do not.
    """

    text: str = ""
    service: str = ""
    kind: str = ""
    since: int | None = None
    until: int | None = None
    dismissed: bool = False
    lasting: bool | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What tells that an incident changed; one that was merged is on no board: no `changed_at`."""

    revision: int
    changed_at: int | None
    merged_into: str | None


def put(connection: Connection, incident: StoredIncident) -> None:
    """Keep an incident's row up to date; one that was merged has none.

    `changed_at` grows with each change, also while a clock stands still or was set back.
    """
    if incident.merged_into is not None:
        drop(connection, incident.id)
        return
    values = _values(incident)
    changed = {name: value for name, value in values.items() if name != "incident_id"}
    row = insert(connection, board).values(values)
    changed["changed_at"] = greatest(row.excluded.changed_at, _row.changed_at + 1)
    connection.execute(row.on_conflict_do_update(index_elements=["incident_id"], set_=changed))


def drop(connection: Connection, identity: str) -> None:
    """Take an incident off the board."""
    connection.execute(delete(board).where(_row.incident_id == identity))


def edited(connection: Connection, identity: str, draft: str, at: int) -> None:
    """Count anew what is open in a draft that people edited."""
    connection.execute(
        update(board)
        .where(_row.incident_id == identity)
        .values(todos=count_todos(draft), changed_at=greatest(at, _row.changed_at + 1))
    )


def fill(connection: Connection) -> int:
    """Put incidents of before there was a board on it; how many."""
    from outage_window.store.incidents import get

    missing = (
        select(incidents.c.id)
        .outerjoin(board, _row.incident_id == incidents.c.id)
        .where(_row.incident_id.is_(None), incidents.c.merged_into.is_(None))
    )
    names = connection.execute(missing).scalars().all()
    for name in names:
        found = get(connection, name)
        assert found is not None  # it was there in this very transaction
        put(connection, found)
    return len(names)


def find(
    connection: Connection, wanted: Wanted, limit: int, offset: int = 0
) -> tuple[list[BoardRow], int]:
    """The incidents asked for, those that last first, then the newest; and how many there are."""
    chosen = _chosen(wanted)
    total = connection.execute(select(func.count()).select_from(board).where(chosen)).scalar_one()
    rows = connection.execute(
        select(board)
        .where(chosen)
        .order_by(_row.lasting.desc(), _row.start.desc(), _row.incident_id)
        .limit(limit)
        .offset(offset)
    )
    return [_read(row) for row in rows], total


def services(connection: Connection) -> list[str]:
    """The services that any incident is of."""
    query = select(_row.service).distinct().order_by(_row.service)
    return list(connection.execute(query).scalars())


def near(connection: Connection, since: int, until: int | None, limit: int) -> list[BoardRow]:
    """The latest incidents that touch [`since`, `until`) (nanoseconds; None: whatever comes)."""
    query = select(board).where(_chosen(Wanted(since=since, until=until, dismissed=True)))
    rows = connection.execute(query.order_by(_row.start.desc()).limit(limit))
    return [_read(row) for row in rows]


def changed_at(connection: Connection, identity: str) -> int | None:
    """When an incident's row last changed (nanoseconds); None where it has none."""
    query = select(_row.changed_at).where(_row.incident_id == identity)
    return connection.execute(query).scalar()


def version(connection: Connection) -> str:
    """Another text whenever anything on the board is another. An index holds all that it needs."""
    mixed = cast((_row.changed_at + _row.start) % 1_000_003, Integer)
    query = select(func.count(), func.max(_row.changed_at), func.sum(mixed))
    return "-".join(str(value or 0) for value in connection.execute(query).one())


def states(connection: Connection, identities: Iterable[str]) -> dict[str, State]:
    """How incidents are now, by id; merged or not. Those that are not there are left out."""
    columns = incidents.c
    rows = connection.execute(
        select(columns.id, columns.revision, columns.merged_into, _row.changed_at)
        .outerjoin(board, _row.incident_id == columns.id)
        .where(columns.id.in_(list(identities)))
    )
    return {row.id: State(row.revision, row.changed_at, row.merged_into) for row in rows}


def _chosen(wanted: Wanted) -> ColumnElement[bool]:
    found: ColumnElement[bool] = true() if wanted.dismissed else _row.dismissed.is_(False)
    if wanted.text:
        # Looked through once, not once a column: nobody searches for a line end.
        every = _row.incident_id + "\n" + _row.service + "\n" + _row.title
        found &= every.icontains(wanted.text, autoescape=True)
    if wanted.service:
        found &= _row.service == wanted.service
    if wanted.kind:
        found &= _row.kind == ("" if wanted.kind == NO_WINDOW else wanted.kind)
    if wanted.lasting is not None:
        found &= _row.lasting.is_(wanted.lasting)
    if wanted.since is not None:
        found &= or_(_row.end.is_(None), _row.end >= wanted.since)
    if wanted.until is not None:
        found &= _row.start < wanted.until
    return found


def row_of(incident: StoredIncident) -> BoardRow:
    """The row that an incident has on the board."""
    values = _values(incident)
    return BoardRow(**(values | {"figures": json.loads(values["figures"])}))


def _values(incident: StoredIncident) -> dict[str, Any]:
    said = incident.document
    alerts = said.get("alerts") or []
    figures = {name: _small(said[name]) for name in FIGURES if said.get(name) is not None}
    figures["alerts"] = len(alerts)
    figures["first_alert"] = min((one["fired_at"] for one in alerts), default=None)
    open_end = incident.state == "declared" and incident.end is None
    return {
        "incident_id": incident.id,
        "service": incident.service,
        "state": incident.state,
        "kind": said.get("kind") or "",
        "start": incident.start,
        "end": incident.end,
        "lasting": incident.state in ("ongoing", "suspected") or open_end,
        "dismissed": incident.dismissed,
        "title": _given_title(said),
        "todos": None if incident.draft is None else count_todos(incident.draft),
        "figures": json.dumps(figures, ensure_ascii=False, allow_nan=False),
        "changed_at": incident.updated_at,
    }


def _given_title(said: Mapping[str, Any]) -> str:
    """As people named it; what is made up of service and day needs no column."""
    given = (one["value"] for one in said.get("corrections") or () if one["field"] == "title")
    return next((title for title in given if title), "")


def _small(figure: Any) -> Any:
    """A figure of a document without what only its own page tells."""
    if not isinstance(figure, Mapping):
        return figure
    return {name: figure[name] for name in SHOWN if name in figure}


def _read(row: Row) -> BoardRow:  # type: ignore[type-arg]
    values = dict(row._mapping)
    return BoardRow(**(values | {"figures": json.loads(row.figures)}))
