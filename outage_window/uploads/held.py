"""What was analysed and is not kept: the last few, in memory, for an hour."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from detector.cells import Cells
from outage_window.assess import Assessment
from outage_window.batch import Analysis
from outage_window.clock import Clock
from reports.facts import Incident

MOST = 8
LIFE = 3600 * 10**9
"""Nanoseconds for which an analysis is held."""


@dataclass(frozen=True, slots=True)
class Held:
    """An analysis under a name that cannot be guessed, with the incident of each window."""

    token: str
    analysis: Analysis
    incidents: Sequence[Incident]
    at: int

    def assessment(self, incident: Incident) -> Assessment:
        """What the incident was found in."""
        found = self.analysis.assessments
        return next(one for one in found if one.service == incident.service)

    def cells(self, incident: Incident) -> Cells | None:
        """All intervals of the incident's service."""
        detection = self.assessment(incident).detection
        return None if detection is None else detection.cells


class Holding:
    """The analyses of now; the oldest go when there are too many, and each after an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._lock = threading.Lock()

    def hold(self, analysis: Analysis) -> Held:
        """Hold an analysis, under a token."""
        made = Held(secrets.token_urlsafe(16), analysis, analysis.incidents(), self._clock())
        with self._lock:
            self._forget()
            self._held[made.token] = made
            while len(self._held) > MOST:
                self._held.popitem(last=False)
        return made

    def get(self, token: str) -> Held | None:
        """The analysis of a token; None where it is not held any more."""
        with self._lock:
            self._forget()
            return self._held.get(token)

    def drop(self, token: str) -> None:
        """Forget an analysis."""
        with self._lock:
            self._held.pop(token, None)

    def _forget(self) -> None:
        old = self._clock() - LIFE
        for token in [name for name, one in self._held.items() if one.at < old]:
            del self._held[token]
