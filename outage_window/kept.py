"""Incidents as they are kept, read with the standard library alone: commands must be quick."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from outage_window.errors import InputError

BUSY_MS = 2000
FOREVER = 2**63 - 1
OPEN_ENDED = 86_400 * 10**9
ANALYZE = "outage-window analyze"
"""How the command begins that makes an incident's draft anew, if that is made of files."""
SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """One incident; times in nanoseconds. `end` None: ongoing, or no window and an alert fires.

    `start` and `end` are the window's, or without one those of the alerts (`has_window`). `facts`
    are what a later derivation is compared with, `record` the facts whole (None where an earlier
    version of the program closed it). `draft` is as it was rendered when it is saved, and with what
    people wrote into it when it is read; `chart` is None until it closes. `merged_by` is `data` or
    `people`; `dismissed` when people say that it is no incident.
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
    merged_by: str | None = None
    dismissed: bool = False
    record: bytes | None = None
    draft: str | None = None
    chart: bytes | None = None

    @property
    def reach(self) -> int:
        """Where it ends as far as others may be it: what was declared without an end takes in a
        day, not all that is to come (nanoseconds)."""
        if self.end is not None:
            return self.end
        return self.start + OPEN_ENDED if self.state == "declared" else FOREVER

    @property
    def from_files(self) -> bool:
        """Whether it was found in files that people gave: no other data say what it was."""
        return str(self.document.get("command", "")).startswith(ANALYZE)


class Reading(Protocol):
    """Looks incidents up in a database that is open."""

    def get(self, identity: str) -> StoredIncident | None:
        """The incident of that id, merged or not."""

    def latest(self, limit: int = 200) -> list[str]:
        """The ids of the newest incidents by their start, without those that were merged."""

    def history(self, identity: str) -> list[dict[str, Any]]:
        """The frozen revisions of an incident: number, when it was made (ns), what it moved."""


@contextmanager
def reading(url: str) -> Iterator[Reading]:
    """A database of ours, to be read; `InputError` when it is none.

    It needs no lock, so a server may hold the store. The store itself asks through SQLAlchemy:
    importing that costs more than a whole draft, so a file is read without.
    """
    if url.startswith(SQLITE):
        with _file(Path(url.removeprefix(SQLITE))) as found:
            yield found
    else:
        from outage_window.store.looked_up import LookedUp
        from outage_window.store.opened import looking

        with looking(url) as connection:
            yield LookedUp(connection)


@contextmanager
def _file(path: Path) -> Iterator[Reader]:
    if not path.is_file():
        raise InputError(f"storage.url: {path}", "expected the database of `outage-window serve`")
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA query_only = ON")
            yield Reader(connection)
    except sqlite3.Error as error:
        raise InputError(str(path), f"expected a database of outage-window ({error})") from None


class Reader:
    """Looks incidents up in a SQLite file that is open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, identity: str) -> StoredIncident | None:
        """The incident of that id, merged or not."""
        names = ", ".join(f'"{field.name}"' for field in fields(StoredIncident))
        query = f"SELECT {names} FROM incidents WHERE id = ?"  # noqa: S608 (names of our own)
        row = self._connection.execute(query, (identity,)).fetchone()
        if row is None:
            return None
        values: dict[str, Any] = dict(row)
        for flag in ("has_window", "alerted", "dismissed"):
            values[flag] = bool(values[flag])
        values |= {name: json.loads(values[name]) for name in ("facts", "document")}
        return StoredIncident(**values)

    def latest(self, limit: int = 200) -> list[str]:
        """The ids of the newest incidents by their start, without those that were merged."""
        query = "SELECT id FROM incidents WHERE merged_into IS NULL ORDER BY start DESC, id LIMIT ?"
        return [row["id"] for row in self._connection.execute(query, (limit,))]

    def history(self, identity: str) -> list[dict[str, Any]]:
        """The frozen revisions of an incident: number, when it was made (ns), what it moved."""
        query = (
            "SELECT revision, made_at, moved FROM revisions WHERE incident_id = ? ORDER BY revision"
        )
        return [dict(row) for row in self._connection.execute(query, (identity,))]


def described(incident: StoredIncident) -> dict[str, object]:
    """The incident as JSON: its document, with what only the store knows."""
    return {
        **incident.document,
        "id": incident.id,
        "service": incident.service,
        "state": incident.state,
        "alerted": incident.alerted,
        "dismissed": incident.dismissed,
        "revision": incident.revision,
        "moved": incident.moved,
        "merged_into": incident.merged_into,
    }
