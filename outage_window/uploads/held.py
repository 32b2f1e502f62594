"""What was analysed and is not kept: the last few analyses, in memory, for an hour."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property

from outage_window.assess import ServiceData
from outage_window.batch import Analysis
from outage_window.clock import Clock
from outage_window.kept import StoredIncident
from outage_window.live.describing import document
from outage_window.live.held import Held, Holding
from outage_window.live.rows import row
from reports.facts import Incident
from reports.record import encode

MOST = 8
LIFE = 3600 * 10**9
"""Nanoseconds for which an analysis is held."""
NS = 10**9


@dataclass(frozen=True)
class Upload:
    """One analysis under a token that cannot be guessed, held until `until` (nanoseconds)."""

    token: str
    analysis: Analysis
    until: int
    _rows: dict[int, StoredIncident] = field(default_factory=dict)

    @cached_property
    def incidents(self) -> list[Incident]:
        """The facts of each outage, in order of time."""
        return self.analysis.incidents()

    @cached_property
    def holding(self) -> Holding:
        """The services' data, as the process that derives holds those of its own."""
        found = Holding()
        for one in self.analysis.assessments:
            series = None if one.detection is None else one.detection.series
            data = ServiceData(one.service, series, one.origins)
            people = self.analysis.context.users.get(one.service)
            declared = self.analysis.request.declared
            found.put(one.service, Held(data, people, one, declared))
        return found

    def row(self, number: int) -> StoredIncident:
        """An outage as it would be stored, with its draft."""
        if number not in self._rows:
            incident, now = self.incidents[number], self.until - LIFE
            self._rows[number] = row(incident, None, now, edges_of(incident))
        return self._rows[number]

    def outline(self, number: int) -> StoredIncident:
        """As `row`, without the draft, which takes a while."""
        incident, now = self.incidents[number], self.until - LIFE
        start, end = edges_of(incident)
        return StoredIncident(
            id=incident.id,
            service=incident.service,
            state=incident.state,
            start=start,
            end=end,
            has_window=True,
            alerted=bool(incident.alerts),
            opened_at=now,
            updated_at=now,
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


class Shelf:
    """The uploads of now; the oldest go when there are too many, and each after an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, analysis: Analysis) -> Upload:
        """Hold an analysis, under a token."""
        made = Upload(secrets.token_urlsafe(16), analysis, self._clock() + LIFE)
        with self._lock:
            self._forget()
            self._uploads[made.token] = made
            while len(self._uploads) > MOST:
                self._uploads.popitem(last=False)
        return made

    def get(self, token: str) -> Upload | None:
        """The upload of a token; None where it is not held any more."""
        with self._lock:
            self._forget()
            return self._uploads.get(token)

    def drop(self, token: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._uploads.pop(token, None)

    def _forget(self) -> None:
        now = self._clock()
        for token in [name for name, one in self._uploads.items() if one.until <= now]:
            del self._uploads[token]
