"""An incident between edges that people propose: measured anew in the best that there is of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from detector.basis import Quantity, basis_in
from detector.between import (
    Given,
    measured_between,
    measured_in,
    proposed,
    replacing,
    unmeasured,
)
from detector.cells import Cells
from detector.estimate import Estimate, Origin
from detector.results import Kind, UserShare, Window
from detector.users.refused import refused
from detector.users.secondary import complete
from outage_window.assess import budget_of, named, users_of
from outage_window.kept import StoredIncident
from outage_window.live.declared_times import has_come
from outage_window.live.held import Holding, Usable
from outage_window.live.intervals import Intervals
from outage_window.settings.models import Settings
from reports import moments
from reports.facts import Incident
from webhooks.model import Refused

NS = 1e9
SAME = 1e-3
"""Seconds: an edge this near to the measured one is that one, as it was shown."""
NOT_CONFIGURED = "the service is not configured any more"
FROM_FILES = "it was kept from files, whose data are not stored"
NOT_READ = "attempts per user are only read where a window was measured"
NEEDS_HELD = "the process that holds the service's data"
AFTER = "expected the end after the start"
NONE_KNOWN = "expected a time: none was measured or declared"

Source = Literal["as_measured", "all_data", "kept_intervals", "edges_only"]


@dataclass(frozen=True, slots=True)
class Remeasured:
    """An incident with another window, and the users and the error budget of that one.

    `source` is what it was measured in, `because` why that was not all of the service's data.
    """

    incident: Incident
    source: Source
    because: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The window that is asked for; `end` None: it goes on."""

    incident: Incident
    start: Given
    end: Given | None

    @property
    def kind(self) -> Kind:
        """That of the measured window."""
        return "errors" if self.incident.window is None else self.incident.window.kind

    @property
    def as_measured(self) -> bool:
        """Whether nobody moved an edge."""
        own = self.incident.window
        if own is None or self.start is not own.start:
            return False
        return self.end is own.end or (self.end is None and own.end.value is None)


class Remeasurer:
    """Measures incidents between other edges; may be asked by several threads at once."""

    def __init__(self, settings: Settings, holding: Holding, intervals: Intervals) -> None:
        self._settings = settings
        self._holding = holding
        self._intervals = intervals

    def measure(
        self,
        stored: StoredIncident,
        incident: Incident,
        edges: tuple[int | None, int | None],
        now: int,
    ) -> Remeasured:
        """The incident between `edges` (nanoseconds), of which None is as measured, else declared.

        `Refused` where they are no window that can have been.
        """
        asked = _asked(incident, edges, now)
        if asked.as_measured:
            return Remeasured(incident, "as_measured")
        usable = self._usable(stored, incident)
        because = usable if isinstance(usable, str) else ""
        if not isinstance(usable, str):
            try:
                return _in_all(asked, usable)
            except ValueError as error:
                because = str(error)
        return self._without(asked, stored, because)

    def _usable(self, stored: StoredIncident, incident: Incident) -> Usable | str:
        if stored.from_files and stored.closed_at is not None:
            return FROM_FILES
        found = self._holding.usable(incident)
        gone = isinstance(found, str) and self._settings.service(incident.service) is None
        return NOT_CONFIGURED if gone else found

    def _without(self, asked: _Asked, stored: StoredIncident, because: str) -> Remeasured:
        """Measured in the intervals that were kept; without any, only the edges are known."""
        incident = asked.incident
        kept = self._intervals.kept(stored) if stored.closed_at is not None else None
        source: Source = "edges_only"
        window = None
        if kept is not None:
            try:
                basis = basis_in(kept, _quantity(kept, incident.window))
                window = measured_in(basis, asked.start, asked.end, asked.kind)
                source = "kept_intervals"
            except ValueError as error:
                because = str(error)
        if window is None:
            window = unmeasured(asked.start, asked.end, incident.as_of, because, asked.kind)
        window = _from(window, _origins(incident))
        service = self._settings.service(incident.service)
        budget = incident.error_budget
        if budget is not None or (service is not None and service.slo is not None):
            budget = Estimate.not_derivable("ratio", because, NEEDS_HELD)
        registered = None if service is None or service.users is None else service.users.registered
        users = _unknown(window, because, registered)
        return Remeasured(_with(incident, window, users, budget), source, because)


def _in_all(asked: _Asked, usable: Usable) -> Remeasured:
    """Measured in all that is held of the service; `ValueError` where it has no data of that time.

    The window stands in place of those that it overlaps, and of the incident's own.
    """
    held, detection = usable.held, usable.detection
    window = measured_between(detection, asked.start, asked.end)
    window = _from(window, held.data.origins)
    there = replacing(detection, window, asked.incident.window)
    # Without any window found, attempts per user were not asked for.
    missing = {} if detection.windows else {"missing": NOT_READ}
    users = users_of(window, there, held.data, held.people, held.declared, **missing)
    budget = budget_of(window, there, held.data, held.declared)
    return Remeasured(_with(asked.incident, window, users, budget), "all_data")


def _with(
    incident: Incident, window: Window, users: UserShare, budget: Estimate | None
) -> Incident:
    # The first scrape that shows it is that of another onset.
    return replace(incident, window=window, users=users, error_budget=budget, first_shown=None)


def _asked(incident: Incident, edges: tuple[int | None, int | None], now: int) -> _Asked:
    """The window that is asked for; `Refused` where it is none."""
    for field, time in zip(("start", "end"), edges, strict=True):
        if time is not None:
            has_come(field, time, now)
    start, end = _start(incident, edges[0]), _end(incident, edges[1])
    first = start.value if isinstance(start, Estimate) else start
    last = end.value if isinstance(end, Estimate) else end
    assert first is not None  # an edge that is given, or was measured
    if first >= (incident.as_of if last is None else last):
        raise Refused("start" if edges[1] is None else "end", AFTER)
    return _Asked(incident, start, end)


def _start(incident: Incident, time: int | None) -> Given:
    own = None if incident.window is None else incident.window.start
    if time is not None:
        return _same(time, own)
    if own is not None:
        return own
    said = moments.declared_start(incident)
    if said is None:
        raise Refused("start", NONE_KNOWN)
    return _declared(said.time)


def _end(incident: Incident, time: int | None) -> Given | None:
    own = None if incident.window is None else incident.window.end
    if time is not None:
        return _same(time, own)
    if own is not None:
        return None if own.value is None else own
    said = moments.declared_end(incident)
    if said is not None:
        return _declared(said.time)
    if incident.state == "unconfirmed":
        raise Refused("end", NONE_KNOWN)
    return None


def _same(time: int, own: Estimate | None) -> Given:
    """The measured edge, where it is that one: a time is shown with milliseconds."""
    seconds = time / NS
    if own is not None and own.value is not None and abs(own.value - seconds) < SAME:
        return own
    return seconds


def _declared(time: float) -> Estimate:
    return replace(proposed(time), method="as people declared it")


def _quantity(kept: Cells, window: Window | None) -> Quantity:
    """What the kept intervals count: the window that was measured in them tells it."""
    if not np.isnan(kept.attempts).all():
        return "counts"
    return "level" if window is None or window.error_ratio.value is None else "ratio"


def _origins(incident: Incident) -> tuple[Origin, ...]:
    return incident.inputs if incident.window is None else incident.window.start.inputs


def _from(window: Window, origins: tuple[Origin, ...]) -> Window:
    """The window, what was measured in it naming its origins: people's words come from none."""
    found = named(window, origins)
    found = replace(found, start=window.start, end=window.end)
    lasted = window.duration_seconds
    if lasted.status != "declared":
        return found
    return replace(found, duration_seconds=lasted, impaired_seconds=lasted)


def _unknown(window: Window, because: str, registered: int | None) -> UserShare:
    return complete(refused(window, because, NEEDS_HELD), window, None, registered)
