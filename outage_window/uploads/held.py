"""What was analysed and is not kept: the last few analyses, in memory, for an hour."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import cached_property

from outage_window.assess import ServiceData
from outage_window.kept import StoredIncident
from outage_window.live.drafting import draft
from outage_window.live.held import Held, Holding
from outage_window.live.rows import rendered
from outage_window.uploads.analysing import ROOM
from outage_window.uploads.found import Found, as_stored

MOST = 8
LIFE = 3600.0
"""Seconds for which an analysis is held."""
DRAFTED = 8
"""Outages of an upload whose drafts are held: those looked at last."""
NS = 10**9


@dataclass(frozen=True)
class Upload:
    """One analysis under a token that cannot be guessed, held until `until` (nanoseconds)."""

    token: str
    found: Found
    size: int
    until: int
    _rows: OrderedDict[int, StoredIncident] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def holding(self) -> Holding:
        """The services' data, as the process that derives holds those of its own."""
        analysis, holding = self.found.analysis, Holding()
        for one in (found.assessment for found in analysis.found):
            assert one is not None  # uploads keep them
            series = None if one.detection is None else one.detection.series
            data = ServiceData(one.service, series, one.origins)
            people = analysis.context.users.get(one.service)
            holding.put(one.service, Held(data, people, one, analysis.request.declared))
        return holding

    def stored(self, number: int) -> StoredIncident:
        """An outage in the form of stored incidents, with its draft; its chart is not drawn."""
        with self._lock:
            known = self._rows.get(number)
            if known is None:
                incident = self.found.incidents[number]
                known = replace(as_stored(incident), draft=rendered(draft, incident))
            self._rows[number] = known
            self._rows.move_to_end(number)
            while len(self._rows) > DRAFTED:
                self._rows.popitem(last=False)
            return known


class Shelf:
    """The uploads of now: the oldest go when there are too many or too large ones, and each after
    an hour, whether anybody asks then or not."""

    def __init__(self, most: int = MOST, room: int = ROOM, life: float = LIFE) -> None:
        self._most, self._room, self._life = most, room, life
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def put(self, found: Found, size: int, now: int) -> Upload:
        """Hold what was found, which takes so many bytes, under a token."""
        token = secrets.token_urlsafe(16)
        made = Upload(token, found, size, now + round(self._life * NS))
        with self._lock:
            self._forget(now)
            self._uploads[token] = made
            while len(self._uploads) > self._most or self._size() > self._room:
                self._uploads.popitem(last=False)
            self._wake(now)
        return made

    def get(self, token: str, now: int) -> Upload | None:
        """The upload of a token; None where it is not held any more."""
        with self._lock:
            self._forget(now)
            return self._uploads.get(token)

    def drop(self, token: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._uploads.pop(token, None)

    def __len__(self) -> int:
        """How many are held."""
        return len(self._uploads)

    def _size(self) -> int:
        return sum(one.size for one in self._uploads.values())

    def _forget(self, now: int) -> None:
        for token in [name for name, one in self._uploads.items() if one.until <= now]:
            del self._uploads[token]

    def _wake(self, now: int) -> None:
        """Look again when the oldest has been held for long enough."""
        if self._timer is None and self._uploads:
            due = next(iter(self._uploads.values())).until
            seconds = max(due - now, 0) / NS
            self._timer = threading.Timer(seconds, self._sweep, (due,))
            self._timer.daemon = True
            self._timer.start()

    def _sweep(self, now: int) -> None:
        with self._lock:
            self._timer = None
            self._forget(now)
            self._wake(now)
