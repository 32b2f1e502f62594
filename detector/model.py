"""What the detector answers: windows, phases, blips, and what was expected, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from detector.cells import Cells, cells_of
from detector.estimate import Estimate
from detector.evidence import Evidence
from detector.series import Series

Kind = Literal["errors", "traffic_loss", "errors_and_traffic_loss"]
Pattern = Literal["continuous", "phased"]
WindowStatus = Literal["closed", "ongoing"]


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
class Phase:
    """An elevated stretch inside a window: [`start`, `end`) in seconds since the epoch."""

    start: float
    end: float
    error_ratio: Estimate


@dataclass(frozen=True, slots=True)
class Blip:
    """An elevated stretch too short to be a window: [`start`, `end`) in seconds since the epoch."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Window:
    """One outage of one service: [`start`, `end`), joined from its phases.

    While it is ongoing `end` is not derivable, `provisional_end` is where the last elevated
    stretch stops so far (None when it is still elevated), and every count runs to `as_of`.
    """

    status: WindowStatus
    kind: Kind
    pattern: Pattern
    start: Estimate
    end: Estimate
    provisional_end: float | None
    as_of: float
    duration_seconds: Estimate
    impaired_seconds: Estimate
    attempts: Estimate
    errors: Estimate
    excess_errors: Estimate
    error_ratio: Estimate
    baseline_error_ratio: Estimate
    peak_error_ratio: Estimate
    phases: tuple[Phase, ...]

    @property
    def onset(self) -> float:
        """The point estimate of the start, which every window has."""
        assert self.start.value is not None  # a window without an onset is never built
        return self.start.value

    @property
    def until(self) -> float:
        """Where the window stops as far as is known: its end, or the latest data."""
        return self.as_of if self.end.value is None else self.end.value


@dataclass(frozen=True, slots=True)
class Detection:
    """All that was found in one series.

    `not_assessed` holds the reason when the series could not be judged (then nothing else does);
    "could not assess" is never the same as "no outage".
    """

    series: Series
    windows: tuple[Window, ...]
    blips: tuple[Blip, ...]
    evidence: Evidence | None
    not_assessed: str | None = None

    @property
    def cells(self) -> Cells | None:
        """The series a step at a time beside what was expected; None when not assessed."""
        return None if self.evidence is None else cells_of(self.evidence)
