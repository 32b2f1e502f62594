"""Simulated services: traffic, error ratios and outages with known edges, for the benchmarks.

Nothing here is shared with the detector, and the detector knows none of these constants.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

EPOCH = 1_699_833_600.0  # Monday 2023-11-13, 00:00 UTC
DAY = 86_400.0
WEEK = 7 * DAY
MEDIAN_DURATION = 70 * 60.0
SIGMA_DURATION = 1.3
"""Of the logarithm: 1 % of the outages last longer than a day."""
SHORTEST = 180.0
"""Shorter outages are blips to the product."""
BURSTINESS = 25.0
"""Shape of the gamma noise of traffic: a spread of 20 % from step to step."""


@dataclass(frozen=True, slots=True)
class World:
    """One service. `mean` attempts a step, `rho` the overdispersion, `ratio` the usual p0."""

    mean: float
    rho: float
    step: float = 300.0
    days: float = 21.0
    ratio: float = 0.005
    ratio_cycle: float = 0.7
    traffic_cycle: float = 0.7
    weekend: float = 0.6

    @property
    def cells(self) -> int:
        """How many steps the series has."""
        return round(self.days * DAY / self.step)

    def starts(self) -> F64:
        """The start of every step, in seconds since the epoch."""
        return EPOCH + self.step * np.arange(self.cells)

    def traffic(self, time: F64) -> F64:
        """Expected attempts a step at `time`: a cycle a day, and quieter weekends."""
        day = 1 + self.traffic_cycle * np.sin(2 * np.pi * time / DAY)
        weekend = (time - EPOCH) % WEEK >= 5 * DAY
        level: F64 = self.mean * day * np.where(weekend, self.weekend, 1.0)
        return level

    def usual(self, time: F64) -> F64:
        """The expected error ratio p0 at `time`."""
        return self.ratio * (1 + self.ratio_cycle * np.cos(2 * np.pi * time / DAY))


@dataclass(frozen=True, slots=True)
class Truth:
    """An outage [`start`, `end`), in seconds since the epoch, in which `extra` of attempts fail.

    `ramp` seconds pass from its start to full effect, and as many at its end.
    """

    start: float
    end: float
    extra: float
    ramp: float = 0.0

    def effect(self, time: F64, step: float) -> F64:
        """The mean extra failing fraction over [time, time + step)."""
        return self.extra * (self._risen(time + step) - self._risen(time)) / step

    def _risen(self, time: F64) -> F64:
        """The integral of the outage's shape up to `time`, in seconds."""
        return _climbed(time - self.start, self.ramp) - _climbed(
            time - self.end + self.ramp, self.ramp
        )


def _climbed(elapsed: F64, ramp: float) -> F64:
    """Integrate a rise from 0 to 1 over `ramp` seconds, beginning at 0."""
    after = np.maximum(elapsed, 0.0)
    if ramp <= 0:
        return after
    climbed: F64 = np.where(after < ramp, after * after / (2 * ramp), after - ramp / 2)
    return climbed


@dataclass(frozen=True, slots=True)
class Sample:
    """What one service showed: arrays of shape (n,), one entry a step that was observed."""

    world: World
    start: F64
    attempts: F64
    errors: F64
    usual: F64
    truths: tuple[Truth, ...] = field(default=())

    def kept(self, keep: NDArray[np.bool_]) -> Sample:
        """The same with the other steps missing."""
        return replace(
            self,
            start=self.start[keep],
            attempts=self.attempts[keep],
            errors=self.errors[keep],
            usual=self.usual[keep],
        )


def draw_errors(
    rng: np.random.Generator, attempts: NDArray[np.int64], p: F64, rho: float
) -> NDArray[np.int64]:
    """Beta-binomial errors of mean ratio `p`; p of 0 and 1 are certain."""
    if rho > 0:
        theta = (1 - rho) / rho
        inside = (p > 0) & (p < 1)
        mean = np.where(inside, p, 0.5)
        p = np.where(inside, rng.beta(mean * theta, (1 - mean) * theta), p)
    return rng.binomial(attempts, np.clip(p, 0.0, 1.0))


def sample(
    rng: np.random.Generator,
    world: World,
    truths: tuple[Truth, ...] = (),
    *,
    usual: F64 | None = None,
    traffic: F64 | None = None,
) -> Sample:
    """Draw one service. An attempt falls anywhere into its step, so a cut step's ratio is a mean.

    `usual` and `traffic`, of shape (cells,), take the place of the world's own.
    """
    start = world.starts()
    middle = start + world.step / 2
    p0 = world.usual(middle) if usual is None else usual
    level = world.traffic(middle) if traffic is None else traffic
    attempts = rng.poisson(level * rng.gamma(BURSTINESS, 1 / BURSTINESS, len(start)))
    extra = np.zeros(len(start))
    for truth in truths:
        near = np.flatnonzero((start + world.step > truth.start) & (start < truth.end))
        extra[near] = truth.effect(start[near], world.step)
    errors = draw_errors(rng, attempts, p0 + extra * (1 - p0), world.rho)
    return Sample(world, start, attempts.astype(float), errors.astype(float), p0, truths)


def place(
    rng: np.random.Generator,
    world: World,
    extra: float,
    gain: F64,
    least: float,
    most: float = np.inf,
) -> Truth | None:
    """An outage at a uniform time whose expected log-likelihood ratio lies in [least, most).

    `gain` (168,) is the expected log-likelihood ratio of a whole step by hour of the week. Its
    duration is log-normal, lengthened to what `least` asks and shortened to what `most` allows.
    None where it would need more than a quarter of the series.
    """
    total = world.days * DAY
    begin = EPOCH + rng.uniform(0.05, 0.70) * total
    drawn = float(MEDIAN_DURATION * np.exp(SIGMA_DURATION * rng.standard_normal()))
    seconds = begin + 60.0 * np.arange(int(total / 4 / 60) + 1)
    hour = np.floor((seconds - EPOCH) % WEEK / 3600).astype(int)
    won = np.concatenate(([0.0], np.cumsum(gain[hour] * 60.0 / world.step)))
    need = 60.0 * float(np.interp(least, won, np.arange(len(won)), right=np.inf))
    if not np.isfinite(need):
        return None
    limit = 60.0 * float(np.interp(most, won, np.arange(len(won))))
    if limit < SHORTEST:
        return None
    lasts = min(max(drawn, need, SHORTEST), total / 4, limit)
    return Truth(begin, begin + lasts, extra)
