"""What may be set of a detection, and all that it found in one series."""

from __future__ import annotations

from dataclasses import dataclass

from detector.cells import Cells, cells_of
from detector.evidence import Evidence
from detector.results import Blip, Window
from detector.series import Series


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may set; the defaults are meant to be right. Durations in seconds."""

    join_gap: float = 900.0
    """Elevated stretches closer than this are phases of one window."""
    min_duration: float = 120.0
    """A window lasts at least this long after joining; shorter ones are blips."""
    zone: str = "UTC"
    """IANA name or fixed offset such as `-05:00`: the hour of the week is the service's own."""
    maintenance: tuple[tuple[float, float], ...] = ()
    """Declared maintenance as [start, end) in seconds since the epoch: intervals whose middle lies
    in it have no say, as if there were no data."""


@dataclass(frozen=True, slots=True)
class Detection:
    """All that was found in one series.

    `not_assessed` holds the reason when the series could not be judged (then nothing else does);
    "could not assess" is never the same as "no outage". `replaced` are windows that another one, by
    edges that people propose, stands for: no outages beside it, and no normal running either.
    """

    series: Series
    windows: tuple[Window, ...]
    blips: tuple[Blip, ...]
    evidence: Evidence | None
    not_assessed: str | None = None
    replaced: tuple[Window, ...] = ()

    @property
    def cells(self) -> Cells | None:
        """The series a step at a time beside what was expected; None when not assessed."""
        return None if self.evidence is None else cells_of(self.evidence)

    def between(self, start: float, end: float) -> Cells | None:
        """Those of `cells` that touch [`start`, `end`), seconds since the epoch."""
        return None if self.evidence is None else cells_of(self.evidence, start, end)
