"""An outage of an upload becomes an incident of the store, because somebody says so."""

from __future__ import annotations

import logging
from dataclasses import replace

from sqlalchemy import Connection

from outage_window.ids import new_id
from outage_window.incident_facts import nearby
from outage_window.kept import StoredIncident
from outage_window.live.drafting import put
from outage_window.live.rows import row
from outage_window.store import Store, cells, incidents
from outage_window.uploads.found import Found, edges_of
from reports.facts import Incident

log = logging.getLogger(__name__)

TRIES = 5
"""Times that it is drawn anew because another took its id meanwhile."""


class NotKept(Exception):
    """It cannot be an incident: the words say why."""


def keep(store: Store, found: Found, number: int, now: int, drafts: str | None = None) -> str:
    """Store an outage as a closed incident with the intervals around it; its id.

    It closed when it ended: what is long over is not published by itself. Its draft is written to
    `drafts` as that of any incident. `NotKept` where its end is not in the data, or an incident of
    the service is of that time.
    """
    incident = found.incidents[number]
    start, end = edges_of(incident)
    if end is None:
        raise NotKept("its recovery is not in the data: only what is over can be kept")
    packed = _packed(found, incident)
    for _ in range(TRIES):
        with store.read() as connection:
            named = _named(connection, incident, (start, end))
        # Drawn before anything is written: deliveries wait for whoever writes.
        kept = replace(row(named, None, now, (start, end)), closed_at=end)
        if store.write(lambda c: _saved(c, kept, packed)):  # noqa: B023
            put(drafts, named, kept)
            log.info("incident %s is kept from files", kept.id, extra={"incident": kept.id})
            return kept.id
    raise NotKept("others keep incidents of that time; try again")


def _named(connection: Connection, incident: Incident, edges: tuple[int, int]) -> Incident:
    """The incident under an id that is free, with those of its time; `NotKept` if it is known."""
    why = _known(connection, incident.service, edges)
    if why:
        raise NotKept(why)
    first = new_id(incident.service, edges[0] / 1e9)
    identity = new_id(incident.service, edges[0] / 1e9, incidents.ids_like(connection, first))
    related = incidents.beside(connection, identity, incident.service, *edges)
    return replace(incident, id=identity, state="closed", related=related)


def _known(connection: Connection, service: str, edges: tuple[int, int]) -> str:
    """Which incident is of that service and time, in words; empty where none is."""
    found = incidents.overlapping(connection, service, *edges)
    if found is None:
        return ""
    known, into = found
    part = f", and part of {into}" if into else ""
    return f"{known} is an incident of that service and time{part}"


def _packed(found: Found, incident: Incident) -> tuple[int, bytes] | None:
    assessment = next(
        one.assessment for one in found.analysis.found if one.service == incident.service
    )
    assert assessment is not None  # uploads keep them
    detection = assessment.judged
    assert incident.window is not None
    near = nearby(detection, incident.window).cells
    return None if near is None else (len(near.start), cells.pack(near))


def _saved(connection: Connection, kept: StoredIncident, packed: tuple[int, bytes] | None) -> bool:
    """Whether it was written: not where another incident took its time or its id meanwhile."""
    assert kept.end is not None  # what is not over is not kept
    if _known(connection, kept.service, (kept.start, kept.end)):
        return False
    if incidents.get(connection, kept.id) is not None:
        return False
    incidents.save(connection, kept)
    if packed is not None:
        cells.keep(connection, kept.id, *packed)
    return True
