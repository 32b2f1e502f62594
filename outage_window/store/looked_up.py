"""Incidents as commands look them up, on a database that is no file."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from outage_window.kept import StoredIncident
from outage_window.store import incidents


class LookedUp:
    """What `outage_window.kept.Reading` asks for, by way of the store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, identity: str) -> StoredIncident | None:
        """The incident of that id, merged or not."""
        return incidents.get(self._connection, identity)

    def latest(self, limit: int = 200) -> list[str]:
        """The ids of the newest incidents by their start, without those that were merged."""
        return [one.id for one in incidents.latest(self._connection, limit)]

    def history(self, identity: str) -> list[dict[str, Any]]:
        """The frozen revisions of an incident: number, when it was made (ns), what it moved."""
        return incidents.history(self._connection, identity)
