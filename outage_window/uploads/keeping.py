"""An outage of an upload becomes an incident of the store, because somebody says so."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from outage_window.ids import new_id
from outage_window.incident_facts import nearby
from outage_window.live.rows import row
from outage_window.store import Store, cells, incidents
from outage_window.uploads.held import Upload, edges_of


class NotKept(Exception):
    """It cannot be an incident: the words say why."""


def keep(store: Store, upload: Upload, number: int, now: int) -> str:
    """Store an outage as a closed incident with the intervals around it; its id.

    `NotKept` where its end is not in the data, or an incident of the service is of that time.
    """
    incident = upload.incidents[number]
    start, end = edges_of(incident)
    if end is None:
        raise NotKept("its recovery is not in the data: only what is over can be kept")
    detection = next(
        one.detection for one in upload.analysis.assessments if one.service == incident.service
    )
    assert detection is not None  # its window was found in it
    assert incident.window is not None
    near = nearby(detection, incident.window).cells
    packed = None if near is None else (len(near.start), cells.pack(near))

    def work(connection: Connection) -> str:
        for known in incidents.of_service(connection, incident.service, start):
            if known.start < end and known.merged_into is None:
                raise NotKept(f"{known.id} is an incident of that service and time")
        first = new_id(incident.service, start / 1e9)
        identity = new_id(incident.service, start / 1e9, incidents.ids_like(connection, first))
        kept = row(replace(incident, id=identity, state="closed"), None, now, (start, end))
        incidents.save(connection, kept)
        if packed is not None:
            cells.keep(connection, identity, *packed)
        return identity

    return store.write(work)
