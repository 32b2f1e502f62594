"""What was found in an upload: the analysis, its incidents, and the rows that list them."""

from __future__ import annotations

from dataclasses import dataclass

from outage_window.batch import Analysis
from outage_window.kept import StoredIncident
from outage_window.live.describing import document
from outage_window.store.board import BoardRow, row_of
from reports.facts import Incident
from reports.record import encode

MOST_LISTED = 200
"""Outages that are listed and looked at; `analyze` has them all."""
NS = 10**9


@dataclass(frozen=True, slots=True)
class Found:
    """An analysis with its incidents in order of time, and the rows of those that are listed."""

    analysis: Analysis
    incidents: tuple[Incident, ...]
    rows: tuple[BoardRow, ...]


def found_in(analysis: Analysis) -> Found:
    """All that the pages of an analysis show at once, so that no request works it out."""
    incidents = tuple(analysis.incidents())
    rows = tuple(row_of(as_stored(one)) for one in incidents[:MOST_LISTED])
    return Found(analysis, incidents, rows)


def as_stored(incident: Incident) -> StoredIncident:
    """An outage in the form of stored incidents, without a draft. It is in no store: so it never
    closed, and nothing of another incident that happens to have its id is taken for its own."""
    start, end = edges_of(incident)
    return StoredIncident(
        id=incident.id,
        service=incident.service,
        state=incident.state,
        start=start,
        end=end,
        has_window=True,
        alerted=bool(incident.alerts),
        opened_at=0,
        updated_at=0,
        facts={},
        document=document(incident),
        record=encode(incident),
    )


def edges_of(incident: Incident) -> tuple[int, int | None]:
    """The window's edges in nanoseconds; the end is None where it is not in the data."""
    window = incident.window
    assert window is not None  # what a batch finds is made of windows
    end = window.end.value
    return round(window.onset * NS), None if end is None else round(end * NS)
