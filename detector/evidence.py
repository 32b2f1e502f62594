"""What each cell says about an outage, whatever the series is made of: scores and likelihoods."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from detector.blocks import blocks_of, cut, noise_of
from detector.expectation import FLOOR, Expected, Normal, dispersion, first_guess, fit
from detector.grid import Grid
from detector.likelihood import beta_binomial, student
from detector.seasons import WEEK_HOURS, local_hours, read_profile
from detector.series import F64, I64, Bool, Counts, Levels, Series

RATIO_EFFECTS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95)
"""Extra failing fractions that are looked for; what lies between is found by its neighbours."""

LEAST_RISE = 1.5
"""The least rise looked for, as a multiple of the expected ratio: less is a bad quarter of an hour,
not an outage, in every service whose users mistype passwords."""

LEVEL_EFFECTS = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Rises of a level that are looked for, in standard deviations of its noise."""


class Likelihood(Protocol):
    """How likely cells are when they are elevated for all or part of their time.

    An effect is the extra failing fraction `a` of counts, or the rise of a level.
    """

    def loglik(self, low: int, high: int, exposure: F64, effect: F64) -> F64:
        """Log-likelihood of cells `low` to `high` (exclusive), elevated for part of their time.

        `exposure` (0 to 1) has shape (..., high - low), `effect` broadcasts to (..., 1).
        """

    def plausible(self, low: int, high: int, size: int) -> F64:
        """`size` effects that span what the cells `low` to `high`, all elevated, allow."""


class Evidence(Likelihood, Protocol):
    """The likelihood of each cell, against what is expected of it in normal running."""

    @property
    def expected(self) -> F64:
        """The error ratio (or level) of each cell in normal running, shape (m,)."""

    @property
    def effects(self) -> tuple[float, ...]:
        """The effects that a search tries."""

    def score(self, effect: float) -> F64:
        """Log-likelihood ratio of each cell, elevated by `effect` against normal, shape (m,)."""

    def in_blocks(self, size: int, normal: Bool, start: int, stop: int) -> float | None:
        """Log-likelihood ratio of a stretch, judged in blocks of `size` cells.

        Normal running often comes in waves: blocks of it vary more than their cells would if each
        stood for itself, and that is learnt from the `normal` cells. None where they make too few
        blocks to tell.
        """


class CountEvidence:
    """Counts: K of N attempts fail with p = p0 + a (1 - p0), beta-binomially."""

    def __init__(self, attempts: F64, errors: F64, expected: Expected) -> None:
        self.attempts, self.errors = attempts, errors
        self.expected: F64 = expected.ratio
        self.dispersion = expected.dispersion
        self._code, self._keep = _distinct(attempts, errors, self.expected)
        self._normal = self._quick(self.expected[self._keep])

    @property
    def effects(self) -> tuple[float, ...]:
        """The extra failing fractions that a search tries."""
        return RATIO_EFFECTS

    def score(self, effect: float) -> F64:
        """Log-likelihood ratio of a rise by `effect`, or of `LEAST_RISE` if that is more."""
        p0 = self.expected[self._keep]
        extra = np.maximum(effect, np.minimum(LEAST_RISE * p0, 0.9))
        raised = self._quick(p0 + extra * (1 - p0))
        ratio: F64 = (raised - self._normal)[self._code]
        return ratio

    def in_blocks(self, size: int, normal: Bool, start: int, stop: int) -> float | None:
        """See `Evidence.in_blocks`."""
        usual = blocks_of(normal, size)
        if usual is None:
            return None
        expected = self.attempts * self.expected
        n, k, e = (usual.sums(v) for v in (self.attempts, self.errors, expected))
        ratio = e / np.maximum(n, 1e-9)
        rho = dispersion(n, k, np.clip(ratio, FLOOR, 1 - FLOOR))
        own = cut(start, stop, size)
        n, k, e = (np.add.reduceat(v[:stop], own) for v in (self.attempts, self.errors, expected))
        n, k, e = n[n > 0], k[n > 0], e[n > 0]
        raised = np.clip(k.sum() / n.sum(), FLOOR, 1 - FLOOR)
        up = beta_binomial(k, n, np.full(len(n), raised), rho)
        return float((up - beta_binomial(k, n, np.clip(e / n, FLOOR, 1 - FLOOR), rho)).sum())

    def loglik(self, low: int, high: int, exposure: F64, effect: F64) -> F64:
        """See `Likelihood.loglik`."""
        p0 = self.expected[low:high]
        ratio = np.minimum(p0 + exposure * effect * (1 - p0), 1 - 1e-9)
        return beta_binomial(self.errors[low:high], self.attempts[low:high], ratio, self.dispersion)

    def plausible(self, low: int, high: int, size: int) -> F64:
        """See `Likelihood.plausible`: even steps of the log-odds over all but 0.2 % of the mass."""
        odds = np.linspace(-6.5, 7.0, 136)
        tried = 1 / (1 + np.exp(-odds))
        full = np.ones((1, high - low))
        mass = _normalised(self.loglik(low, high, full, tried[:, None]).sum(axis=-1))
        below = np.interp([0.001, 0.999], np.cumsum(mass), odds)
        chosen: F64 = 1 / (1 + np.exp(-np.linspace(below[0], below[1], size)))
        return chosen

    def _quick(self, ratio: F64) -> F64:
        keep = self._keep
        return beta_binomial(self.errors[keep], self.attempts[keep], ratio, self.dispersion)


class LevelEvidence:
    """Levels: the square root, which evens out the noise, is Student-distributed about its mean."""

    def __init__(self, value: F64, expected: F64, scale: float) -> None:
        self.value, self.expected, self.scale = value, expected, scale
        self._root = np.sqrt(value)

    @property
    def effects(self) -> tuple[float, ...]:
        """Rises of the square root, in its standard deviations."""
        return LEVEL_EFFECTS

    def score(self, effect: float) -> F64:
        """Log-likelihood ratio of a rise of the root by `effect` standard deviations."""
        normal = np.sqrt(self.expected)
        rise = np.maximum(effect * self.scale, 0.4 * normal)
        raised = student(self._root, normal + rise, np.asarray(self.scale))
        return raised - student(self._root, normal, np.asarray(self.scale))

    def in_blocks(self, size: int, normal: Bool, start: int, stop: int) -> float | None:
        """See `Evidence.in_blocks`."""
        usual = blocks_of(normal, size)
        if usual is None:
            return None
        off = self._root - np.sqrt(self.expected)
        scale = np.asarray(max(noise_of(usual.sums(off) / size), 1e-9))
        own = cut(start, stop, size)
        mean = np.add.reduceat(off[:stop], own) / np.diff(np.append(own, stop))
        rise = np.full(len(mean), off[start:stop].mean())
        raised = student(mean, rise, scale, size)
        return float((raised - student(mean, 0 * rise, scale, size)).sum())

    def loglik(self, low: int, high: int, exposure: F64, effect: F64) -> F64:
        """See `Likelihood.loglik`; the effect is in units of the level."""
        mean = np.sqrt(self.expected[low:high] + exposure * effect)
        return student(self._root[low:high], mean, np.asarray(self.scale))

    def plausible(self, low: int, high: int, size: int) -> F64:
        """See `Likelihood.plausible`: about the median rise of the cells."""
        rise = self.value[low:high] - self.expected[low:high]
        middle = max(float(np.median(rise)), 1e-12)
        noise = 2 * np.sqrt(middle + self.expected[low:high].mean()) * self.scale
        spread = 3 * noise / np.sqrt(high - low)
        chosen: F64 = np.linspace(max(middle - spread, middle / 10), middle + spread, size)
        return chosen


def evidence(series: Series, grid: Grid, zone: str, normal: Normal | None) -> Evidence:
    """Weigh a series against its own normal running, learnt from the cells that are `normal`.

    `normal` is None at the first look, when nothing is known of outages yet.
    """
    hours = local_hours((grid.start + grid.end) / 2, zone)
    if isinstance(series, Counts):
        n, k = grid.sums(series.attempts), grid.sums(series.errors)
        known = first_guess(n, k, hours) if normal is None else fit(n, k, hours, normal)
        return CountEvidence(n, k, known)
    return _level_evidence(series, hours, normal)


def _level_evidence(series: Levels, hours: F64, normal: Normal | None) -> LevelEvidence:
    """Expect the median root of the hour of the day, and noise by the median deviation."""
    root = np.sqrt(series.value)
    use = np.ones(len(root), dtype=bool) if normal is None else normal.level
    level = float(np.median(root[use]))
    hour = np.floor(hours).astype(np.int64) % 24
    daily = np.full(24, level)
    if hours[use][-1] - hours[use][0] >= 72:
        for h in range(24):
            own = root[use & (hour == h)]
            weight = len(own) / (len(own) + 20.0)
            daily[h] = weight * (np.median(own) if len(own) else level) + (1 - weight) * level
    mean = read_profile(np.tile(daily, WEEK_HOURS // 24), hours)
    return LevelEvidence(series.value, mean**2, max(noise_of((root - mean)[use]), 1e-9))


def _distinct(attempts: F64, errors: F64, ratio: F64) -> tuple[I64, I64]:
    """Find the distinct cells, the expected ratio told apart to 1 %: most cells repeat another.

    Returns for every cell its place among the distinct ones, and the cells that stand for those.
    """
    every = np.arange(len(attempts))
    level = np.rint(np.log(ratio) / 0.01)
    level -= level.min()
    sizes = [float(part.max()) + 1 for part in (attempts, errors, level)]
    whole = bool((attempts % 1 == 0).all() and (errors % 1 == 0).all())
    if not whole or np.prod(sizes) > 2.0**62:
        return every, every
    key = ((level * sizes[0]).astype(np.int64) + attempts.astype(np.int64)) * int(sizes[1])
    _, keep, code = np.unique(key + errors.astype(np.int64), return_index=True, return_inverse=True)
    return code, keep


def _normalised(loglik: F64) -> F64:
    mass = np.exp(loglik - loglik.max())
    share: F64 = mass / mass.sum()
    return share
