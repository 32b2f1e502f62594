"""Simulated histories for suggested rules, and the best rule that hindsight finds in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.lab.report import rng_of
from benchmarks.lab.simulate import EPOCH, MEDIAN_DURATION, WEEK, Sample, Truth, World, sample
from detector.alerting import firings
from detector.suggesting.family import Candidate, Threshold, family
from detector.suggesting.suggest import KEEP_FIRING
from detector.suggesting.trailing import Trail, statistic, trail

F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

LEARNT = HELD = 8
"""Weeks that a rule is chosen on, and weeks that are kept out."""
STEP, INTERVAL = 15.0, 30.0
APART = 4 * 3600.0
MISSED = 1e9
"""Seconds that count for an outage that a rule does not tell of."""


@dataclass(frozen=True, slots=True)
class History:
    """Sixteen weeks of one service, with the outages of both halves."""

    sample: Sample
    split: float

    @property
    def held(self) -> tuple[Truth, ...]:
        """The outages kept out."""
        return tuple(one for one in self.sample.truths if one.start >= self.split)


def history(seed: int, number: int) -> History:
    """A service of any size and restlessness, with three to six outages in each half.

    From 5 % to all attempts fail in them, a third begin with a ramp of five minutes.
    """
    rng = rng_of(seed, number)
    world = World(
        mean=float(rng.choice([5.0, 50.0, 1250.0])),  # 20, 200, 5000 a minute
        rho=float(rng.choice([0.0, 0.004, 0.05])),
        step=STEP,
        days=7.0 * (LEARNT + HELD),
        ratio=float(rng.choice([0.002, 0.005, 0.02])),
    )
    truths: list[Truth] = []
    for first, weeks in ((0, LEARNT), (LEARNT, HELD)):
        for _ in range(int(rng.integers(3, 7))):
            begin = EPOCH + (first + rng.uniform(0.3, weeks - 0.5)) * WEEK
            lasts = np.clip(MEDIAN_DURATION * np.exp(rng.standard_normal()), 600.0, 86400.0)
            extra = float(np.exp(rng.uniform(np.log(0.05), 0.0)))
            one = Truth(begin, begin + float(lasts), extra, float(rng.choice([0.0, 0.0, 300.0])))
            if all(one.end + APART < o.start or one.start > o.end + APART for o in truths):
                truths.append(one)
    found = sample(rng, world, tuple(sorted(truths, key=lambda one: one.start)))
    return History(found, EPOCH + LEARNT * WEEK)


class Held:
    """The weeks kept out, at each evaluation: what a rule does in them."""

    def __init__(self, past: History) -> None:
        seen = past.sample
        self.candidates = family(STEP, INTERVAL)
        end = seen.start + STEP
        self.trail: Trail = trail(seen.start, end, seen.attempts, self.candidates, INTERVAL)
        self._ratios = self.trail.ratios(seen.errors)
        self._held = self.trail.at >= past.split
        self._truths = seen.truths
        self._outages = past.held

    def values(self, candidate: Candidate) -> F64:
        """What must exceed a threshold, at each evaluation."""
        return statistic(candidate, self._ratios, INTERVAL)

    def calm(self, reach: float) -> Bool:
        """Evaluations kept out that look at no outage, with the time that it is kept firing."""
        calm = self._held.copy()
        for one in self._truths:
            calm &= (self.trail.at <= one.start) | (self.trail.at - reach - KEEP_FIRING >= one.end)
        return calm

    def fires(self, rule: Sequence[Threshold]) -> Bool:
        """Where any of the conditions holds."""
        return np.logical_or.reduce([self.values(one.candidate) > one.ratio for one in rule])

    def false_alarms(self, fires: Bool, reach: float) -> int:
        """Alarms about nothing."""
        return len(firings(self.trail.at, fires & self.calm(reach), 0.0, KEEP_FIRING))

    def delays(self, fires: Bool) -> F64:
        """Seconds from each outage kept out to the alarm; `MISSED` where there is none."""
        at = self.trail.at[fires]
        first = [int(np.searchsorted(at, one.start)) for one in self._outages]
        return np.array(
            [
                at[place] - one.start if place < len(at) and at[place] < one.end else MISSED
                for one, place in zip(self._outages, first, strict=True)
            ]
        )


def best(held: Held, allowed: int) -> F64:
    """The delays of the rule with the least median delay (then the least mean) of all candidates.

    Each with the least threshold that keeps its false alarms within what is allowed: of the very
    weeks that it is judged on, so no rule chosen beforehand can be expected to do as well.
    """
    found = []
    for one in held.candidates:
        values = held.values(one)
        least = _least(held, one, values, allowed)
        delays = held.delays(values > least)
        found.append((float(np.median(delays)), float(np.minimum(delays, 86400.0).mean()), delays))
    return min(found, key=lambda one: one[:2])[2]


def _least(held: Held, one: Candidate, values: F64, allowed: int) -> float:
    """The least threshold, by bisection among the values: alarms grow as it falls, but for few."""
    calm = held.calm(one.reach)
    tried = np.unique(values[calm])[::-1][:20_000]
    low, high = 0, len(tried) - 1
    while low < high:
        middle = (low + high + 1) // 2
        alarms = firings(held.trail.at, calm & (values > tried[middle]), 0.0, KEEP_FIRING)
        low, high = (middle, high) if len(alarms) <= allowed else (low, middle - 1)
    return float(tried[low])
