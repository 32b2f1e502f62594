"""Reads the files beside the series: attempts per user, alerts, changes, events, maintenance."""

from __future__ import annotations

from collections.abc import Mapping

from detector.estimate import Origin
from outage_window.assess import People
from outage_window.batch.request import Context, Request
from outage_window.planned import Planned
from outage_window.pseudonyms import Pseudonyms
from outage_window.sources import alerts as alert_files
from outage_window.sources import events as event_files
from outage_window.sources import maintenance as maintenance_files
from outage_window.sources import users as user_files
from outage_window.sources.files import read
from reports.facts import AlertFact
from webhooks.model import Event


def read_context(request: Request) -> Context:
    """Read the files beside the series; each is optional."""
    origins: list[Origin] = []
    users: Mapping[str, People] = {}
    alerts: tuple[AlertFact, ...] | None = None
    notes: tuple[str, ...] = ()
    if request.users:
        key = Pseudonyms(b"")  # ids are hashed to be counted, and kept nowhere
        tried = user_files.load(
            request.users, request.reading, request.reasons, key, sample=request.user_sample
        )
        users = {name: People(one, tried.origins) for name, one in tried.attempts.items()}
        origins += tried.origins
        notes = tried.notes
    told_by: list[Origin] = []
    if request.alerts is not None:
        alerts, origin = alert_files.read(read(request.alerts))
        told_by.append(origin)
    events: list[Event] = []
    for path, default in ((request.changes, "change"), (request.events, None)):
        if path is not None:
            more, origin = event_files.read(read(path), request.reading, default)
            events += more
            told_by.append(origin)
    events.sort(key=lambda event: event.time)
    planned: tuple[Planned, ...] = ()
    if request.maintenance is not None:
        planned, origin = maintenance_files.read(read(request.maintenance), request.reading)
        told_by.append(origin)
    every = (*origins, *told_by)
    return Context(users, alerts, tuple(events), planned, every, notes, tuple(told_by))
