"""What cells say about an outage: their likelihood when elevated, against normal running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from detector.baseline import CEILING, Baseline, read
from detector.grid import Grid
from detector.likelihood import beta_binomial
from detector.series import F64
from detector.stack import DAY_HOURS, HOUR, MOST_LEVEL, Row, Stack
from detector.zones import local_hours_ahead

LEAST_RISE = 1.5
"""The least rise looked for, as a multiple of the expected ratio: less is a bad quarter of an hour,
not an outage, in every service whose users mistype passwords."""

EFFECTS = 12
LEAST_EFFECT = 1e-3
BLUR = 0.003
"""Overdispersion that makes up for the spacing of places on a grid of a tenth of a cell."""
MOST_EFFECT = 0.95

MOST_WON = 8.0
"""Nats that one interval without attempts can win: what its noise is worth is itself an estimate,
and one burst is no outage."""


class Likelihood(Protocol):
    """Successive cells, and how likely they are when an outage touches them."""

    @property
    def grid(self) -> Grid:
        """The cells, shape (c,)."""

    def slice(self, low: int, high: int) -> Likelihood:
        """The cells `low` to `high` (exclusive) alone."""

    def loglik(self, exposure: F64, effect: F64 | float) -> F64:
        """Log-likelihood of each cell, touched for part of its time.

        `exposure` (0 to 1) has shape (..., c), `effect` broadcasts to (..., 1).
        """

    def effects(self, low: int, high: int, size: int) -> F64:
        """`size` effects that span what the cells `low` to `high`, all touched, allow."""

    def best(self, exposure: F64) -> tuple[F64, F64]:
        """The effect (...,) that fits cells touched by `exposure` (..., c) best, and its spread."""

    def blurred(self) -> Likelihood:
        """The same for one who cannot tell a few hundredths of a cell apart."""

    def mirrored(self) -> Likelihood:
        """The same cells with time running backwards, so that a recovery becomes an onset."""


Slice = Callable[[int, int], Likelihood]
"""The cells from the first to the second (exclusive) of a row."""


@dataclass(frozen=True, slots=True)
class Part:
    """Successive cells of one row: K of N fail with p = p0 + a (1 - p0), beta-binomially.

    The effect is a, the extra failing fraction. Arrays have shape (c,).
    """

    grid: Grid
    n: F64
    k: F64
    p0: F64
    rho: float
    most: float = np.inf

    def slice(self, low: int, high: int) -> Part:
        """See `Likelihood.slice`."""
        within = slice(low, high)
        cells = (self.n[within], self.k[within], self.p0[within])
        return Part(self.grid.slice(low, high), *cells, self.rho, self.most)

    def loglik(self, exposure: F64, effect: F64 | float) -> F64:
        """See `Likelihood.loglik`."""
        ratio = np.minimum(self.p0 + exposure * effect * (1 - self.p0), 1 - 1e-9)
        return beta_binomial(self.k, self.n, ratio, self.rho)

    def score(self, effect: F64) -> F64:
        """Log-likelihood ratio of each cell wholly elevated, against normal: (..., c).

        The rise is `LEAST_RISE` times the expected ratio at least.
        """
        extra = np.maximum(effect, np.minimum(LEAST_RISE * self.p0, MOST_EFFECT))
        normal = beta_binomial(self.k, self.n, self.p0, self.rho)
        raised = beta_binomial(self.k, self.n, self.p0 + extra * (1 - self.p0), self.rho)
        won: F64 = np.minimum(raised - normal, self.most) * (self.p0 < CEILING)
        return won

    def effects(self, low: int, high: int, size: int) -> F64:
        """See `Likelihood.effects`: even steps of the log-odds over three deviations each way."""
        within = slice(low, high)
        n, p0 = self.n[within], self.p0[within]
        weight = 1 / (1 + np.maximum(n - 1, 0) * self.rho)
        few = 1e-6  # cells without attempts: what is usual, with no certainty at all
        total = float((weight * n).sum()) + few
        usual = (float((weight * n * p0).sum()) + few * float(p0.mean())) / total
        ratio = (float((weight * self.k[within]).sum()) + usual) / (total + 1.0)
        ratio = min(max(ratio, 1.2 * usual), 1 - 0.3 / (total + 1), 1 - 1e-9)
        spread = min(2.5 / np.sqrt(total * ratio * (1 - ratio) + 0.1), 2.5)
        odds = np.log(ratio / (1 - ratio)) + spread * np.linspace(-1, 1, size)
        tried = 1 / (1 + np.exp(-odds))
        chosen: F64 = np.clip((tried - usual) / (1 - usual), 0.1 * usual, 1 - 1e-9)
        return chosen

    def best(self, exposure: F64) -> tuple[F64, F64]:
        """See `Likelihood.best`."""
        weight = 1 / (1 + np.maximum(self.n - 1, 0) * self.rho)
        touched = exposure @ (weight * self.n * (1 - self.p0)) + 1e-9
        hit = (exposure > 0).astype(np.float64)
        beyond = hit @ (weight * (self.k - self.n * self.p0))
        effect = np.clip(beyond / touched, LEAST_EFFECT, 1 - LEAST_EFFECT)
        ratio = self.p0 + exposure * effect[..., None] * (1 - self.p0)
        noise = (hit * weight * self.n * ratio * (1 - ratio)).sum(axis=-1)
        return effect, np.sqrt(noise + 0.25) / touched

    def blurred(self) -> Part:
        """See `Likelihood.blurred`."""
        return replace(self, rho=max(self.rho, BLUR)) if self.most == np.inf else self

    def mirrored(self) -> Part:
        """See `Likelihood.mirrored`."""
        back = self.grid.mirrored()
        return Part(back, self.n[::-1], self.k[::-1], self.p0[::-1], self.rho, self.most)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row beside what is expected of it.

    `usual` (hours,) holds the expected ratio at the middle of each local hour from `origin` on,
    `worth` (24,) how many attempts an interval without attempts is worth by hour of the day.
    """

    row: Row
    usual: F64
    worth: F64
    rho: float
    origin: int
    zone: str

    def part(self, low: int, high: int) -> Part:
        """The cells `low` to `high` (exclusive) with what is expected of them."""
        within = slice(low, high)
        n, k = self.row.attempts[within], self.row.errors[within]
        at = local_hours(self.row.grid, low, high, self.origin, self.zone)
        p0 = read(self.usual, at, 0, len(self.usual))
        if not self.row.counted:
            worth = self.worth[np.floor(at).astype(np.int64) % DAY_HOURS]
            n, k = n * worth, k * worth
        most = np.inf if self.row.counted else MOST_WON
        return Part(self.row.grid.slice(low, high), n, k, p0, self.rho, most)

    def effects(self) -> F64:
        """The extra failing fractions that a search tries, rising."""
        most = MOST_EFFECT if self.row.unit == 1.0 else 2 * MOST_LEVEL
        tried = effects_from(np.array([self.usual.mean()]), np.array([most]), EFFECTS)[:, 0]
        # Where even the least rise is beyond the highest effect, all of them are that one.
        return tried[np.diff(tried, prepend=-1.0) > 0]


def local_hours(grid: Grid, low: int, high: int, origin: int, zone: str) -> F64:
    """Local hours since `origin` at the middle of the cells `low` to `high` (exclusive)."""
    middle = (grid.start[low:high] + grid.end[low:high]) / (2 * HOUR)
    whole = np.floor(middle).astype(np.int64)
    hours: F64 = middle + (local_hours_ahead(whole, zone) - origin)
    return hours


def effects_from(usual: F64, most: F64, size: int) -> F64:
    """`size` effects a row from the least rise to `most`, in even ratios: (size, rows)."""
    least = np.minimum(LEAST_RISE * usual, most)
    share = np.linspace(0.0, 1.0, size)[:, None]
    effects: F64 = least * (most / least) ** share
    return effects


def evidence_of(stack: Stack, baseline: Baseline, row: int, zone: str) -> Evidence:
    """The evidence of one row of a stack."""
    return Evidence(
        stack.rows[row],
        baseline.usual[row],
        baseline.worth[row],
        float(baseline.rho[row]),
        int(stack.origin[row]),
        zone,
    )
