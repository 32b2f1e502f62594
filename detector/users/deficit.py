"""Tier 3: counters, so the successes that are missing bound the share of users from below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from detector.estimate import Estimate, Z, percent
from detector.one_more import one_more
from detector.overlap import overlap, total
from detector.results import Window
from detector.series import Counts
from detector.users.answer import Answer, without_users
from detector.users.edges import Stretch
from detector.users.weeks import LEAST_WEEKS, earlier_weeks

DAY = 86_400.0
DENOMINATOR = "users whose successes were to be expected in the window"
LEAST_COVER = 0.9
"""Below this share of a stretch with data its successes are not known."""
LEAST_SUCCESSES = 50.0
"""Fewer than these in a stretch, and a ratio to them is noise."""


@dataclass(frozen=True, slots=True)
class Deficit:
    """The share of the expected successes that is missing: point and 95 % interval.

    `error` is the error of the forecast, one standard deviation of its logarithm.
    """

    value: float
    low: float
    high: float
    error: float
    weeks: int


def bounded(
    series: Counts,
    window: Window,
    outages: Sequence[Stretch],
    reason: str,
    most: float | None = None,
) -> Answer | str:
    """Bound the users that a window hit by counters alone, or say why that cannot be.

    From below: the share of expected successes that is missing (`deficit`). It does not see users
    who were failed and then served, and retries do not change it. From above counters tell
    nothing, since nobody knows how many failures were of one user: 1, or `most`, the share of
    users that failed at all where ids are known. Assumes that users hit come as often as others.
    `reason` is why users are not counted: every count of them is refused with it.
    """
    found = deficit(series, (window.onset, window.until), outages)
    if isinstance(found, str) and most is None:
        return found
    if isinstance(found, str):
        low, below = 0.0, f"not bounded from below, since {found}"
    else:
        low = max(found.low, 0.0)
        below = (
            f"at least the missing successes, {percent(max(found.value, 0.0), 1)} (forecast from"
            f" {found.weeks} earlier weeks, error {percent(found.error, 1)})"
        )
    high = max(1.0 if most is None else most, low)
    above = "no counter bounds it from above" if most is None else "at most all users who failed"
    method = f"{below}; {above} (tier 3)"
    share = Estimate(None, low, high, "ratio", "estimated", method)
    return without_users(share, 3, reason, DENOMINATOR)


def deficit(series: Counts, window: Stretch, outages: Sequence[Stretch]) -> Deficit | str:
    """1 - successes / expected successes of [start, end), or why nothing can be expected.

    Expected are those of the day before the window times the ratio of the two in earlier weeks,
    which growth from week to week leaves alone; the logarithm of that ratio varies between weeks,
    and Student's t for one more week gives the interval.
    """
    first = float(series.start.min()) + DAY
    begin, end = window
    ratios = []
    for stretch in earlier_weeks(window, first, outages):
        ratio = _ratio(series, stretch, outages)
        if ratio is not None:
            ratios.append(ratio)
    if len(ratios) < LEAST_WEEKS:
        return f"{LEAST_WEEKS} earlier weeks without an outage are needed to forecast successes"
    before = _successes(series, begin - DAY, begin)
    seen = _successes(series, begin, end)
    spoilt = _meets((begin - DAY, begin), outages)
    if before is None or seen is None or before < LEAST_SUCCESSES or spoilt:
        return "the day before the window does not tell how many successes were to come"
    mean, reach, error = one_more(np.log(np.array(ratios)))
    value, low, high = (
        1 - seen / (before * float(np.exp(mean + side * reach))) for side in (0, -1, 1)
    )
    chance = _by_activity(value, seen / max(1 - value, 1e-9), (end - begin) / DAY)
    return Deficit(
        value, value - hypot(value - low, chance), value + hypot(high - value, chance), error,
        len(ratios),
    )  # fmt: skip


def _by_activity(share: float, sessions: float, days: float) -> float:
    """How far a share of sessions may be from that of users, 95 %, since some come more often.

    The variance is share (1 - share) E[k²]/E[k] / sessions, for k sessions of a user; whoever
    comes about once a day, and some far more often, makes E[k²]/E[k] about 2 (1 + days).
    """
    within = min(max(share, 0.0), 1.0)
    return Z * sqrt(within * (1 - within) * 2 * (1 + days) / max(sessions, 1.0))


def _ratio(series: Counts, stretch: Stretch, outages: Sequence[Stretch]) -> float | None:
    """Successes of a stretch for each of the day before it; None where either is not known."""
    begin, end = stretch
    if _meets((begin - DAY, begin), outages):
        return None
    before, own = _successes(series, begin - DAY, begin), _successes(series, begin, end)
    if before is None or own is None or min(before, own) < LEAST_SUCCESSES:
        return None
    return own / before


def _meets(stretch: Stretch, outages: Sequence[Stretch]) -> bool:
    return any(stretch[0] < until and onset < stretch[1] for onset, until in outages)


def _successes(series: Counts, begin: float, end: float) -> float | None:
    """Successes in [`begin`, `end`), intervals that an edge cuts counted in part.

    None where too little of it has data.
    """
    rows, share, seconds = overlap(series, begin, end)
    if seconds < LEAST_COVER * (end - begin):
        return None
    return total(series.attempts - series.errors, rows, share)
