"""The intervals around an incident, closer than its chart: held, kept, or its columns alone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial

import numpy as np

from detector.cells import Cells, cells_of
from outage_window.incident_facts import CHART_REACH, reach_of
from outage_window.kept import StoredIncident
from outage_window.live.held import Holding
from outage_window.store import Store, cells
from reports.envelope import NOTHING, curve, cut
from reports.facts import Curve, Incident

NS = 1e9
MOST = 2**20
"""Intervals that are kept unpacked, 64 bytes each: those of the incidents looked at last."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a chart draws of [`start`, `end`), seconds; `exact`: each column is one interval."""

    start: float
    end: float
    curve: Curve
    exact: bool


@dataclass(frozen=True, slots=True)
class _Source:
    """Intervals from which those of a stretch can be had, and what of them is shown first."""

    extent: tuple[float, float]
    between: Callable[[float, float], Cells]


class Intervals:
    """Looks closer at incidents; may be asked by several threads at once."""

    def __init__(self, store: Store, holding: Holding, most: int = MOST) -> None:
        self._store = store
        self._holding = holding
        self._most = most
        self._lock = threading.Lock()
        self._unpacked: OrderedDict[str, tuple[int, Cells]] = OrderedDict()

    def stretch(
        self,
        stored: StoredIncident,
        incident: Incident,
        edges: tuple[float | None, float | None],
        columns: int,
    ) -> Stretch | None:
        """What of an incident lies in [start, end), in so many columns at most.

        An edge that is None is that of all there is: around an incident that goes on, what its
        chart shows. None where there are no metrics.
        """
        source = self._source(stored, incident)
        if source is not None:
            start, end = _within(edges, *source.extent)
            found = source.between(start, end)
            exact = len(found.start) <= columns
            drawn = curve(found, columns) if len(found.start) else NOTHING
            return Stretch(start, end, drawn, exact)
        known = incident.curve
        if known is None:
            return None
        start, end = _within(edges, known.start[0], known.end[-1])
        return Stretch(start, end, cut(known, start, end, columns), False)

    def kept(self, stored: StoredIncident) -> Cells | None:
        """The intervals that are kept of a closed incident; None where there are none."""
        with self._lock:
            known = self._unpacked.get(stored.id)
            if known is not None and known[0] == stored.revision:
                self._unpacked.move_to_end(stored.id)
                return known[1]
        with self._store.read() as connection:
            found = cells.of(connection, stored.id)
        if found is None:
            return None
        size, data = found
        unpacked = cells.unpack(data, size)
        with self._lock:
            self._unpacked[stored.id] = (stored.revision, unpacked)
            self._unpacked.move_to_end(stored.id)
            self._forget()
        return unpacked

    def _forget(self) -> None:
        """Leave the incidents looked at last, as many as there is room for, and at least one."""
        size = sum(len(one.start) for _, one in self._unpacked.values())
        while size > self._most and len(self._unpacked) > 1:
            _, (_, dropped) = self._unpacked.popitem(last=False)
            size -= len(dropped.start)

    def _source(self, stored: StoredIncident, incident: Incident) -> _Source | None:
        """What is kept of a closed incident, and what this process holds of any other."""
        kept = self.kept(stored) if stored.closed_at is not None else None
        if kept is not None:
            extent = float(kept.start[0]), float(kept.end[-1])
            return _Source(extent, partial(between, kept))
        usable = self._holding.usable(incident)
        if isinstance(usable, str):
            return None
        start, end = _around(stored, incident)
        grid = usable.evidence.row.grid
        extent = max(start, float(grid.start[0])), min(end, float(grid.end[-1]))
        return _Source(extent, partial(cells_of, usable.evidence))


def between(found: Cells, start: float, end: float) -> Cells:
    """Those that touch [`start`, `end`), seconds."""
    low = int(np.searchsorted(found.end, start, side="right"))
    high = max(int(np.searchsorted(found.start, end)), low)
    return Cells(*(getattr(found, field.name)[low:high] for field in fields(Cells)))


def _around(stored: StoredIncident, incident: Incident) -> tuple[float, float]:
    if incident.window is not None:
        return reach_of(incident.window)
    last = incident.as_of if stored.end is None else stored.end / NS
    return stored.start / NS - CHART_REACH, last + CHART_REACH


def _within(
    edges: tuple[float | None, float | None], first: float, last: float
) -> tuple[float, float]:
    """The stretch that is asked for; what is not said of it is as far as there is anything."""
    start = first if edges[0] is None else edges[0]
    return start, max(start, last if edges[1] is None else edges[1])
