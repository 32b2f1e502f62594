"""The alerting rules that are tried: error ratios over one range or two, held for a while."""

from __future__ import annotations

from dataclasses import dataclass

RANGES = (60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0)
HOLDS = (0.0, 60.0, 120.0, 180.0, 300.0, 600.0)
SOON_OVER = 300.0
"""A longer range alone would go on firing for its own length after recovery."""
SHORT = 12.0
"""The ratio must be above the threshold over a twelfth of a long range, too, so that it stops soon
(Site Reliability Workbook, ch. 5)."""
SAMPLES = 4.0
"""A range holds so many samples at least: one scrape may fail, and `rate` needs two."""
LONGEST_HOLD = 300.0
"""A condition over a short range is held so long at most, or as long as its range."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The error ratio over each of `ranges` (seconds, the longest first), for `hold` seconds.

    With a threshold it is a rule: it fires where all of them have been above it for that long.
    """

    ranges: tuple[float, ...]
    hold: float

    @property
    def reach(self) -> float:
        """Seconds before an evaluation that it looks at."""
        return self.ranges[0] + self.hold


@dataclass(frozen=True, slots=True)
class Threshold:
    """A candidate that fires above an error ratio (0 to 1)."""

    candidate: Candidate
    ratio: float


def family(step: float, interval: float) -> tuple[Candidate, ...]:
    """All that is tried where samples come every `step` and are evaluated every `interval` s."""
    ranges = [span for span in RANGES if span >= SAMPLES * step]
    return tuple(
        Candidate(_beside(span, ranges), hold)
        for span in ranges
        for hold in HOLDS
        if hold <= max(span, LONGEST_HOLD) and (hold == 0 or hold >= interval)
    )


def _beside(span: float, ranges: list[float]) -> tuple[float, ...]:
    """A range with the short one that it needs."""
    short = next(one for one in ranges if one >= min(span, max(span / SHORT, ranges[0])))
    return (span,) if span <= SOON_OVER or short == span else (span, short)
