"""What the detector answers for a window, without arrays: frozen values for any room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from detector.estimate import Estimate

Kind = Literal["errors", "traffic_loss", "errors_and_traffic_loss"]
Pattern = Literal["continuous", "phased"]
WindowStatus = Literal["closed", "ongoing"]
Experience = Literal["blocked", "intermittent", "mixed", "not_derivable"]
Tier = Literal[1, 2, 3, 4]
Verdict = Literal["supported", "not_supported", "not_assessable"]


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
class UserShare:
    """Users hit by a window, as a fraction of those who tried, with how that was come by.

    `tier` 1: ids and reasons, counted. 2: ids alone, against the same users' earlier weeks. 3:
    counters, a range without a point. 4: an error ratio alone: not derivable, and `attempts_share`
    with `retry_range` (low, high: the share of users it would mean at 8 tries and at 1 try a
    blocked session) is all that can be said. None: nothing at all is known. `needs` says what input
    would raise the tier. `expected_active` is how many users comparable earlier weeks would make
    expect in the window; the shares of it and of the registered are secondary and labelled.
    """

    affected: Estimate
    tier: Tier | None
    denominator: str | None
    hit_users: Estimate
    blocked_users: Estimate
    degraded_users: Estimate
    active_users: Estimate
    user_minutes_observed: Estimate
    user_minutes_potential: Estimate
    expected_active: Estimate
    share_of_expected_active: Estimate
    share_of_registered: Estimate
    experience: Experience
    needs: str | None = None
    attempts_share: Estimate | None = None
    retry_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A lead and what the data say to it.

    `id` names the lead, `because` gives the figures in words, without the verdict. `evidence` holds
    the figures themselves: numbers, ratios (1 is as usual), or names.
    """

    id: str
    verdict: Verdict
    because: str
    evidence: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """One value of a label in a window: its errors, those expected of it (None: not known), and
    its share of all errors beyond the expected."""

    value: str
    errors: float
    expected: float | None
    share: Estimate


@dataclass(frozen=True, slots=True)
class Split:
    """The errors of a window by one label, the values with the most beyond the usual first.

    `kind` says what the label tells: reason, version, region or instance. `others` values more have
    `other_errors` together.
    """

    kind: str
    label: str
    values: tuple[LabelErrors, ...]
    others: int = 0
    other_errors: float = 0.0


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """`error ratio over range_seconds > threshold`, held for `for_seconds`, on the data at hand.

    `threshold` is the lowest of a ladder that never fires in the normal running that it was chosen
    on, `history_seconds` of it: of the time before the window, or, unless `before`, of all the
    data. `fired_at` (seconds since the epoch) is when it would have fired in the window, None if
    never.
    """

    threshold: float
    range_seconds: float
    for_seconds: float
    fired_at: float | None
    history_seconds: float
    before: bool = False
