"""What a service does without any outage, seen and simulated, and the thresholds beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.results import Window
from detector.series import F64, Bool
from detector.suggesting.family import Candidate
from detector.suggesting.trailing import Trail, statistic

WEEK = 7 * 86400.0
SIMULATED = 200.0
"""Weeks of normal running that are simulated: rarely does not show in the few that were seen."""
BLOCK = 3600.0
"""Seconds of which the highest value counts once: what crosses a threshold does so in clusters."""
SEED = 20231110
MARGIN = 1800.0
"""Seconds around a window in which an alarm is about it, as an alert that joins its incident."""
DIGITS = 2
"""Significant digits of a threshold, which people read: rounded up, never down."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """What each candidate was in so many weeks of normal running.

    `highest` has its highest values, an hour each, the highest first; `mean` and `spread` (standard
    deviation), shape (c,), are of all evaluations.
    """

    highest: tuple[F64, ...]
    mean: F64
    spread: F64
    weeks: float

    def above(self, candidate: int, a_week: float) -> float:
        """The least value that is exceeded no more than so often a week."""
        values = self.highest[candidate]
        place = int(a_week * self.weeks)
        return float(values[place]) if place < len(values) else 0.0

    def stretched(self, seen: Peaks) -> Peaks:
        """The same with a spread no less than that seen.

        Errors of one interval after the other are drawn each for itself, but people mistype more
        for a quarter of an hour at a time: over a range, that adds up.
        """
        by = np.maximum(seen.spread / np.maximum(self.spread, 1e-12), 1.0)
        highest = tuple(
            mean + (values - mean) * factor
            for values, mean, factor in zip(self.highest, self.mean, by, strict=True)
        )
        return replace(self, highest=highest, spread=self.spread * by)


def seen(
    trail: Trail,
    errors: F64,
    candidates: Sequence[Candidate],
    windows: Sequence[Window],
) -> Peaks:
    """The peaks of what was seen outside the windows; they count for the time that is left."""
    ratios = trail.ratios(errors)
    highest, mean, spread, weeks = [], [], [], 0.0
    for one in candidates:
        calm = outside(trail.at, windows, one.reach)
        values = statistic(one, ratios, trail.interval)
        highest.append(_peaks(np.where(calm, values, 0.0), trail.interval))
        some = values[calm] if calm.any() else np.zeros(1)
        mean.append(some.mean())
        spread.append(some.std())
        weeks = max(weeks, float(calm.sum()) * trail.interval / WEEK)
    return Peaks(_falling(highest), np.array(mean), np.array(spread), weeks)


def simulated(trail: Trail, expected: F64, rho: float, candidates: Sequence[Candidate]) -> Peaks:
    """The peaks of many weeks without outages: the traffic that was seen, errors drawn anew.

    Errors are beta-binomial with the mean `expected`, shape (m,), and the overdispersion `rho`, as
    the detector learnt them. Its random numbers are the same each time.
    """
    rng = np.random.default_rng(SEED)
    weeks = len(trail.at) * trail.interval / WEEK
    rounds = int(np.ceil(SIMULATED / weeks))
    whole = np.rint(trail.attempts).astype(np.int64)
    highest: list[list[F64]] = [[] for _ in candidates]
    moments = np.zeros((2, len(candidates)))
    most = max(64, int(rounds))  # of each round: what is rarer than that is never asked for
    for _ in range(rounds):
        ratios = trail.ratios(_drawn(rng, whole, expected, rho))
        for number, one in enumerate(candidates):
            values = statistic(one, ratios, trail.interval)
            highest[number].append(np.sort(_peaks(values, trail.interval))[-most:])
            moments[:, number] += values.mean() / rounds, np.square(values).mean() / rounds
    mean, square = moments
    spread = np.sqrt(np.maximum(square - mean * mean, 0.0))
    return Peaks(_falling(map(np.concatenate, highest)), mean, spread, rounds * weeks)


def _falling(values: Iterable[F64]) -> tuple[F64, ...]:
    return tuple(np.sort(one)[::-1] for one in values)


def thresholds(candidates: int, peaks: Sequence[Peaks], a_week: float) -> F64:
    """The least threshold of each candidate, shape (c,), exceeded no more often than that.

    By each of the peaks: what was simulated reaches further, what was seen holds what no model
    knows of. Rounded up to two digits.
    """
    found = [max(one.above(number, a_week) for one in peaks) for number in range(candidates)]
    return _rounded(np.array(found))


def outside(at: F64, windows: Sequence[Window], reach: float) -> Bool:
    """Which evaluations look at no window, nor at what is near one: (n,)."""
    calm = np.ones(len(at), dtype=bool)
    for one in windows:
        begin = one.onset if one.start.low is None else one.start.low
        end = one.until if one.end.high is None else one.end.high
        calm &= (at <= begin - MARGIN) | (at - reach >= end + MARGIN)
    return calm


def _drawn(
    rng: np.random.Generator, attempts: np.typing.NDArray[np.int64], p: F64, rho: float
) -> F64:
    if rho > 0:
        size = (1 - rho) / rho
        p = rng.beta(np.maximum(p * size, 1e-9), np.maximum((1 - p) * size, 1e-9))
    return rng.binomial(attempts, p).astype(np.float64)


def _peaks(values: F64, interval: float) -> F64:
    size = max(round(BLOCK / interval), 1)
    whole = len(values) // size * size
    found: F64 = values[:whole].reshape(-1, size).max(axis=1)
    return np.append(found, values[whole:].max()) if whole < len(values) else found


def _rounded(values: F64) -> F64:
    """Up to the next number of two digits; 0 becomes a thousandth."""
    positive = np.maximum(values, 1e-3)
    unit = 10.0 ** (np.floor(np.log10(positive)) - DIGITS + 1)
    rounded: F64 = np.ceil(positive / unit - 1e-9) * unit
    return rounded
