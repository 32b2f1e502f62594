"""Loss of traffic: attempts far below what comparable hours show, while data arrives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from detector.baseline import read
from detector.evidence import BLUR
from detector.grid import Grid
from detector.screen import Zone, risen
from detector.segments import segments
from detector.series import F64
from detector.stack import Row, Stack

FORTNIGHT = 14
LEAST_DAYS = 3
"""An hour is compared with the same hour of the days within a fortnight, of which it takes three to
know what is usual."""

USUAL = 0.4
"""Down to this share of the lowest comparable hours nothing speaks of a loss: a holiday is none."""

LEFT = np.array([0.15, 0.05, 0.01])
"""Shares of traffic left, against the same, that are looked for: three quarters lost, and more."""

AROUND = 32
"""Cells on either side of a loss that tell how much traffic there would have been."""


@dataclass(frozen=True, slots=True)
class TrafficPart:
    """Successive cells of one row: N attempts come where `expected` are, if nothing is lost.

    The effect is the share lost. Attempts are Poisson, a cell's worth divided by `1 / weight` for
    overdispersion. Arrays have shape (c,); `least` is the lowest that is usual.
    """

    grid: Grid
    n: F64
    expected: F64
    least: F64
    weight: F64

    def slice(self, low: int, high: int) -> TrafficPart:
        """See `Likelihood.slice`."""
        own = (v[low:high] for v in (self.n, self.expected, self.least, self.weight))
        return TrafficPart(self.grid.slice(low, high), *own)

    def loglik(self, exposure: F64, effect: F64 | float) -> F64:
        """See `Likelihood.loglik`."""
        mean = self.expected * np.maximum(1 - exposure * effect, 1e-4) + 1e-9
        value: F64 = self.weight * (self.n * np.log(mean) - mean)
        return value

    def score(self, effect: F64) -> F64:
        """Log-likelihood ratio of each cell with `effect` lost of the least that is usual."""
        left, usual = (1 - effect) * self.least, USUAL * self.least
        won = self.n * np.log((1 - effect) / USUAL) - (left - usual)
        score: F64 = self.weight * won * (self.least > 0)
        return score

    def effects(self, low: int, high: int, size: int) -> F64:
        """See `Likelihood.effects`."""
        n, expected = float(self.n[low:high].sum()), float(self.expected[low:high].sum())
        weight = float(self.weight[low:high].mean())
        left = (n + 0.5) / max(expected, 0.5)
        spread = 2.5 / np.sqrt(weight * (n + 0.5))
        chosen = 1 - np.clip(left * np.exp(spread * np.linspace(-1, 1, size)), 1e-4, 0.95)
        rising: F64 = chosen[::-1]
        return rising

    def best(self, exposure: F64) -> tuple[F64, F64]:
        """See `Likelihood.best`."""
        touched = exposure @ (self.weight * self.expected) + 1e-9
        hit = (exposure > 0).astype(np.float64)
        missing = hit @ (self.weight * (self.expected - self.n))
        effect = np.clip(missing / touched, 1 - USUAL, 0.999)
        left = self.expected * (1 - exposure * effect[..., None])
        noise = (hit * self.weight * left).sum(axis=-1)
        return effect, np.sqrt(noise + 0.25) / touched

    def blurred(self) -> TrafficPart:
        """See `Likelihood.blurred`."""
        noise = 1 / self.weight - 1 + BLUR * self.expected
        return replace(self, weight=1 / (1 + noise))

    def mirrored(self) -> TrafficPart:
        """See `Likelihood.mirrored`."""
        own = (v[::-1] for v in (self.n, self.expected, self.least, self.weight))
        return TrafficPart(self.grid.mirrored(), *own)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is expected of one row's traffic.

    `least` (hours,) are attempts a second, at the middle of each local hour, below which no
    comparable hour fell; `noise` is the squared spread of a cell beyond Poisson; `scale` is how
    much more than the least there would have been.
    """

    row: Row
    hours: F64
    least: F64
    noise: float
    scale: float = 1.0

    def part(self, low: int, high: int) -> TrafficPart:
        """The cells `low` to `high` (exclusive) with what is expected of them."""
        grid = self.row.grid
        length = self.row.seconds[low:high]
        least = read(self.least, self.hours[low:high], 0, len(self.least)) * length
        expected = least * self.scale
        weight = 1 / (1 + self.noise * expected)
        return TrafficPart(
            grid.slice(low, high), self.row.attempts[low:high], expected, least, weight
        )

    def around(self, start: int, stop: int) -> Traffic:
        """The same, scaled to the traffic beside the cells [`start`, `stop`)."""
        size = self.row.grid.size
        sides = [
            self.part(max(start - AROUND, 0), start),
            self.part(stop, min(stop + AROUND, size)),
        ]
        least = sum(float(side.least.sum()) for side in sides)
        seen = sum(float(side.n.sum()) for side in sides)
        scale = max(seen / least, 1.0) if least > 0 else 1.0
        return Traffic(self.row, self.hours, self.least, self.noise, scale)


@dataclass(frozen=True, slots=True)
class Usual:
    """The least usual traffic of all rows of a stack: (rows, hours), and the noise (rows,)."""

    least: F64
    noise: F64


def usual_traffic(stack: Stack) -> Usual:
    """Learn the least that comparable hours show, and how restless traffic is."""
    n, seconds = stack.by_hour(stack.n), stack.by_hour(stack.seconds)
    counted = stack.counted[:, None, None]
    known = (seconds > 0) & counted
    rate = np.where(known, n / np.maximum(seconds, 1e-9), np.inf)
    least = _by_week(rate)
    mean = stack.n / stack.length
    several = np.maximum(stack.length - 1, 1)
    spread = np.where(stack.length > 1, (stack.nn - stack.n * mean) / several - mean, 0.0)
    total = stack.by_row(np.where(stack.length > 1, mean * mean, 0.0))
    noise = np.clip(stack.by_row(spread) / np.maximum(total, 1e-9), 0.0, 4.0)
    return Usual(least.reshape(stack.size, -1), noise)


def _by_week(rate: F64) -> F64:
    """The low end of what the fortnights around each week show, (rows, days, 24)."""
    rows, days, hours = rate.shape
    weeks = -(-days // 7)
    beside = min(FORTNIGHT, 7 * (weeks - 1))
    padded = np.full((rows, weeks * 7 + 2 * beside, hours), np.inf)
    padded[:, beside : beside + days] = rate
    near = np.lib.stride_tricks.sliding_window_view(padded, 7 + 2 * beside, axis=1)[:, ::7]
    own = padded[:, beside : beside + 7 * weeks].reshape(rows * weeks, 7, hours)
    least = _least(near.swapaxes(2, 3).reshape(rows * weeks, -1, hours), own)
    return least.reshape(rows, weeks * 7, hours)[:, :days]


def _least(near: F64, own: F64) -> F64:
    """The low end of the same hour's rates on other days: (rows, days, 24) of both.

    As many of the lowest are passed over as leave two weekend days, so that days of lost traffic do
    not count as usual, and quiet weekends do.
    """
    ordered = np.sort(near, axis=1)
    others = np.isfinite(near).sum(axis=1, keepdims=True) - np.isfinite(own)
    passed = np.maximum(2 * (others + 1) // 7 - 3, 0)
    low = np.take_along_axis(ordered, passed, axis=1)
    above = np.take_along_axis(ordered, np.minimum(passed + 1, near.shape[1] - 1), axis=1)
    least: F64 = np.where(own <= low, above, low)
    return np.where((others >= LEAST_DAYS) & np.isfinite(least), least, 0.0)


def screen_traffic(stack: Stack, usual: Usual, penalty: F64) -> dict[int, list[Zone]]:
    """Find, for each row with any, the ranges of blocks whose traffic looks lost."""
    hours = usual.least.shape[1]
    least = read(usual.least.ravel(), stack.at, stack.row * hours, hours) * stack.seconds
    if not (stack.n < USUAL * least).any():
        return {}
    weight = 1 / (1 + usual.noise[stack.row] * least / stack.length)
    zones: dict[int, list[Zone]] = {}
    for left in LEFT:
        score = weight * (stack.n * np.log(left / USUAL) - (left - USUAL) * least) * (least > 0)
        for row in risen(score, stack, 0.5 * penalty):
            found = segments(score[stack.blocks(row)], 0.5 * float(penalty[row]))
            zones.setdefault(int(row), []).extend(found)
    return zones


def traffic_of(stack: Stack, usual: Usual, row: int, hours: F64) -> Traffic:
    """What is expected of one row; `hours` (m,) are its cells in local hours since `origin`."""
    return Traffic(stack.rows[row], hours, usual.least[row], float(usual.noise[row]))
