"""What a process holds of the services that it derives, for requests to look at meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detector.evidence import Evidence
from detector.model import Detection
from outage_window.assess import Assessment, Declared, People, ServiceData
from reports.facts import Incident

NOT_HELD = (
    "the service's data are not held here: another process derives, or this one has just begun"
)
NEWER = "another process derives, and the data that are held here are older"
TOO_OLD = "the incident is older than the data that are held"
MOST_READ = 2
"""Services whose data stay after they were read anew: whoever looks at one asks again and again."""


@dataclass(frozen=True, slots=True)
class Held:
    """One service after a pass: an assessment, and exactly what it was made of."""

    data: ServiceData
    people: People | None
    assessment: Assessment
    declared: Declared


@dataclass(frozen=True, slots=True)
class Usable:
    """What may be measured in: a detection that was assessed, with its evidence."""

    held: Held
    detection: Detection
    evidence: Evidence


class Holding:
    """The newest of each service. One assignment puts a whole in the place of the one before, so
    that whoever reads needs no lock, and keeps what was read for as long as it likes.

    What is not held is read anew by `reading`, where there is one, and those asked for last stay.
    """

    def __init__(self) -> None:
        self._by_service: dict[str, Held] = {}
        self._read: dict[str, Held] = {}
        self.reading: Callable[[str], Held | None] = lambda _service: None

    def put(self, service: str, held: Held) -> None:
        """Hold this instead of what was held of the service."""
        self._by_service[service] = held
        self._read.pop(service, None)

    def drop(self, service: str) -> None:
        """Hold nothing of the service any more."""
        self._by_service.pop(service, None)
        self._read.pop(service, None)

    def of(self, service: str) -> Held | None:
        """What is held of a service, or can be read of it."""
        held = self._by_service.get(service) or self._read.get(service)
        if held is None and (held := self.reading(service)) is not None:
            kept = list(self._read.items())[1 - MOST_READ :]
            self._read = dict(kept) | {service: held}
        return held

    def usable(self, incident: Incident) -> Usable | str:
        """What is held of an incident's service and of its time; or why nothing is."""
        held = self.of(incident.service)
        if held is None:
            return NOT_HELD
        detection = held.assessment.detection
        if detection is None or detection.evidence is None:
            reason = held.assessment.not_assessed or "no data"
            return f"the metrics could not be assessed: {reason}"
        window, grid = incident.window, detection.evidence.row.grid
        if window is not None and grid.end[-1] < window.as_of:
            return NEWER
        if window is not None and window.onset < grid.start[0]:
            return TOO_OLD
        return Usable(held, detection, detection.evidence)
