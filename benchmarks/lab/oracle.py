"""The limit: the posterior of both edges for one who knows p0(t), p1 and rho. Slow and obvious."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, logsumexp

from benchmarks.lab.simulate import EPOCH, Sample, World, draw_errors

F64 = NDArray[np.float64]
PLACES = 20
"""Places of an edge in a step."""
NEGLIGIBLE = 18.0
ALMOST = 1e-9
COARSE_PLACES = 8
COARSE = np.linspace(0.0, 1.0, 5)


@dataclass(frozen=True, slots=True)
class Known:
    """Onset and recovery: median, and the central 95 %, in seconds since the epoch."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]


def log_likelihood(errors: F64, attempts: F64, p: F64, rho: float) -> F64:
    """Beta-binomial, without the coefficient that no comparison needs."""
    p = np.clip(p, ALMOST, 1 - ALMOST)
    if rho == 0:
        return errors * np.log(p) + (attempts - errors) * np.log1p(-p)
    theta = (1 - rho) / rho
    a, b = p * theta, (1 - p) * theta
    value: F64 = betaln(errors + a, attempts - errors + b) - betaln(a, b)
    return value


@lru_cache(maxsize=128)
def gain(world: World, extra: float, seed: int, draws: int = 500) -> F64:
    """Expected log-likelihood ratio of a fully hit step, for each hour of the week, (168,)."""
    rng = np.random.default_rng(seed)
    time = EPOCH + 3600.0 * np.repeat(np.arange(168), draws) + 1800.0
    level = world.traffic(time) * rng.gamma(25.0, 1 / 25.0, len(time))
    attempts = rng.poisson(level)
    p0 = world.usual(time)
    p1 = p0 + extra * (1 - p0)
    errors = draw_errors(rng, attempts, p1, world.rho).astype(float)
    n = attempts.astype(float)
    won = log_likelihood(errors, n, p1, world.rho) - log_likelihood(errors, n, p0, world.rho)
    return won.reshape(168, draws).mean(axis=1)


class Oracle:
    """Weighs one sample, knowing all but the edges of its single outage."""

    def __init__(self, drawn: Sample, extra: float) -> None:
        self._n, self._k, self._p0 = drawn.attempts, drawn.errors, drawn.usual
        self._extra, self._rho = extra, drawn.world.rho
        self._drawn = drawn
        self._normal = log_likelihood(self._k, self._n, self._p0, self._rho)
        everything = np.arange(len(self._n))
        self._total = np.concatenate(([0.0], np.cumsum(self._won(everything, np.ones(1))[0])))

    def _won(self, cells: NDArray[np.int64], hit: F64) -> F64:
        """Log-likelihood ratio of cells hit for `hit` (g,) of their time, shape (g, cells)."""
        p0 = self._p0[cells]
        p = p0 + hit[:, None] * self._extra * (1 - p0)
        return log_likelihood(self._k[cells], self._n[cells], p, self._rho) - self._normal[cells]

    def edges(self) -> Known:
        """The posterior of onset and recovery under a flat prior over all windows."""
        total = self._total
        first, last = self._likely()
        at = (np.arange(PLACES) + 0.5) / PLACES
        begun = self._won(first, 1 - at).T - total[first + 1][:, None]
        ended = self._won(last, at).T + total[last][:, None]
        after = np.append(np.logaddexp.accumulate(logsumexp(ended, axis=1)[::-1])[::-1], -np.inf)
        before = np.append(-np.inf, np.logaddexp.accumulate(logsumexp(begun, axis=1)))
        begun = begun + after[np.searchsorted(last, first, side="right")][:, None]
        ended = ended + before[np.searchsorted(first, last, side="left")][:, None]
        if len(np.intersect1d(first, last)):
            begun, ended = self._with_lone(first, last, begun, ended, at)
        return Known(summary(self._drawn, first, begun, at), summary(self._drawn, last, ended, at))

    def masses(self, at: F64) -> tuple[F64, F64]:
        """Log-mass of onset and of recovery at the places `at` of every cell, (cells, places)."""
        total, cells = self._total, np.arange(len(self._n))
        begun = self._won(cells, 1 - at).T - total[1:, None]
        ended = self._won(cells, at).T + total[:-1, None]
        lasts, begins = logsumexp(ended, axis=1), logsumexp(begun, axis=1)
        after = np.append(np.logaddexp.accumulate(lasts[::-1])[::-1][1:], -np.inf)
        before = np.append(-np.inf, np.logaddexp.accumulate(begins)[:-1])
        return begun + after[:, None], ended + before[:, None]

    def _likely(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The cells in which onset and recovery may lie."""
        total = self._total
        part = self._won(np.arange(len(self._n)), COARSE).max(axis=0)
        begun, ended = part - total[1:], part + total[:-1]
        after = np.append(np.maximum.accumulate(ended[::-1])[::-1][1:], -np.inf)
        before = np.append(-np.inf, np.maximum.accumulate(begun)[:-1])
        begun, ended = np.maximum(begun + after, part), np.maximum(ended + before, part)
        first = np.flatnonzero(begun > begun.max() - NEGLIGIBLE)
        last = np.flatnonzero(ended > begun.max() - NEGLIGIBLE)
        return first, last

    def _with_lone(
        self, first: NDArray[np.int64], last: NDArray[np.int64], begun: F64, ended: F64, at: F64
    ) -> tuple[F64, F64]:
        """Add the windows that lie within one step."""
        begun, ended = begun.copy(), ended.copy()
        onset, recovery = np.meshgrid(at, at, indexing="ij")
        inside = recovery > onset
        for cell in np.intersect1d(first, last):
            lone = np.full(inside.shape, -np.inf)
            lone[inside] = self._won(np.array([cell]), (recovery - onset)[inside])[:, 0]
            i, j = int(np.searchsorted(first, cell)), int(np.searchsorted(last, cell))
            begun[i] = np.logaddexp(begun[i], logsumexp(lone, axis=1))
            ended[j] = np.logaddexp(ended[j], logsumexp(lone, axis=0))
        return begun, ended


def summary(
    drawn: Sample, cells: NDArray[np.int64], logmass: F64, at: F64
) -> tuple[float, float, float]:
    """Median and central 95 % of log-masses (cells, places) at the places `at` of the cells."""
    places = (drawn.start[cells][:, None] + drawn.world.step * at[None, :]).ravel()
    mass = np.exp(logmass - logmass.max()).ravel()
    below = (np.cumsum(mass) - mass / 2) / mass.sum()
    median, low, high = np.interp([0.5, 0.025, 0.975], below, places)
    return float(median), float(low), float(high)


def without_effect(drawn: Sample, around: tuple[float, float], effects: int = 25) -> Known:
    """The posterior of one who knows p0(t) and rho but not p1, within `around` (seconds).

    Flat in the log-odds of the extra failing fraction and over all windows. Not knowing p1 costs
    what it costs: no detector without that knowledge does better on average.
    """
    near = (drawn.start >= around[0]) & (drawn.start < around[1])
    part = drawn.kept(near)
    at = (np.arange(COARSE_PLACES) + 0.5) / COARSE_PLACES
    begun, ended = [], []
    for extra in 1 / (1 + np.exp(-np.linspace(-5.0, 5.0, effects))):
        first, last = Oracle(part, float(extra)).masses(at)
        begun.append(first)
        ended.append(last)
    cells = np.arange(len(part.start))
    return Known(
        summary(part, cells, logsumexp(np.array(begun), axis=0), at),
        summary(part, cells, logsumexp(np.array(ended), axis=0), at),
    )
