"""Normal running: the seasonal error ratio of every hour, its drift, and how restless it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.noise import noise, spread_by_hour
from detector.robust import calm_hours, median, middle, middle_of_stretches
from detector.seasons import harmonics, shrunk
from detector.series import F64, I64, Bool
from detector.stack import DAY_HOURS, Stack
from detector.sums import rolling
from detector.zones import MONDAY

FLOOR = 2e-4
"""The least error ratio expected: a service that never failed has no outage at its first error."""

LEVEL_FLOOR = 1e-6
"""The same for levels, whose highest value is 1e-3."""

CEILING = 0.9
"""Where this share fails in normal running there is no outage to be seen."""

PRIOR_ERRORS = 20.0
"""How many expected errors of its own an hour needs to count as much as what it shrinks to. A day
needs as many to move the level its own way."""

CALM_RATIO, CALM_LEVEL = 3.0, 12.0
"""How many times the lowest half-day the seasons of an error ratio reach; those of a level are also
those of the traffic."""

DAYS_FOR_HOURS = 3
DAYS_FOR_WEEKS = 14

DRIFT_DAYS = 2
"""The level of a day is that of itself and this many days on either side."""


@dataclass(frozen=True, slots=True)
class Normal:
    """Which blocks, of shape (b,), show normal running.

    `level` are those without any elevated stretch. `noise` are these and the bursts of one cell: a
    burst tells how restless a service is, and must not raise what is expected of its hour.
    """

    level: Bool
    noise: Bool


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is expected of each row of a stack.

    `usual` (rows, hours) is the error ratio at the middle of each local hour, `rho` (rows,) the
    overdispersion of counts. `worth` (rows, 24) is how many attempts an interval of a row without
    attempts is worth, by its noise; 1 for counts.
    """

    usual: F64
    rho: F64
    worth: F64

    def of_blocks(self, stack: Stack) -> F64:
        """The expected error ratio of each block, shape (b,)."""
        hours = self.usual.shape[1]
        return read(self.usual.ravel(), stack.at, stack.row * hours, hours)

    def block_worth(self, stack: Stack) -> F64:
        """`worth` of each block, shape (b,)."""
        worth: F64 = self.worth[stack.row, stack.hour % DAY_HOURS]
        return worth


def read(usual: F64, at: F64, begin: I64 | int, hours: int) -> F64:
    """Read hourly values at `at` (hours), linear between the middles of the hours.

    `begin` is where in the flat `usual` each row's `hours` values begin.
    """
    place = np.clip(at - 0.5, 0.0, hours - 1.0)
    low = place.astype(np.int64)
    high = np.minimum(low + 1, hours - 1)
    part = place - low
    value: F64 = usual[begin + low] * (1 - part) + usual[begin + high] * part
    return value


def first_look(stack: Stack) -> Baseline:
    """Learn normal running without knowing where outages are.

    Half-days far above the lowest are left out, and of what remains the middle third of stretches
    and of days stands for all. An outage of days leaves no trace where a day of normal running
    remains, a shorter one where it takes less than a third.
    """
    n, k = stack.by_hour(stack.n), stack.by_hour(stack.k)
    flat = np.clip(median(k / np.maximum(n, 1e-9), n > 0), _floor(stack), CEILING)
    _, spread = noise(stack, flat[stack.row], stack.n > 0, tainted=True)
    n, k = n / spread[:, None, None], k / spread[:, None, None]
    calm = calm_hours(n, k, np.where(_is_level(stack), CALM_LEVEL, CALM_RATIO))
    n, k = np.where(calm, n, 0.0), np.where(calm, k, 0.0)
    level = middle_of_stretches(n, k)
    daily = np.repeat(level[:, None], DAY_HOURS, axis=1)
    long = (n.sum(axis=2) > 0).sum(axis=1) > DAYS_FOR_HOURS
    if long.any():
        across = middle(n[long].swapaxes(1, 2), k[long].swapaxes(1, 2))
        weight = n[long].sum(axis=1) / 3
        prior = PRIOR_ERRORS / np.maximum(level[long], _floor(stack)[long])[:, None]
        daily[long] = (weight * across + prior * daily[long]) / (weight + prior)
    usual = np.repeat(daily[:, None, :], stack.days, axis=1)
    quiet = calm.reshape(stack.size, -1)[stack.row, stack.hour] & (stack.n > 0)
    return _judged(stack, usual, quiet, tainted=True)


def fit(stack: Stack, normal: Normal) -> Baseline:
    """Learn normal running from the blocks that show it.

    Hours of the week are shrunk to hours of the day, and these to the level of the whole; with
    under 14 days of normal running there are no hours of the week, with under 3 no hours of the
    day. What is left of a day beside its hours is drift, shrunk to none.
    """
    calm_n, calm_k = np.where(normal.level, stack.n, 0.0), np.where(normal.level, stack.k, 0.0)
    flat = _ratio(calm_n, calm_k, stack)
    _, spread = noise(stack, flat[stack.row], normal.noise, tainted=False)
    n = stack.by_hour(calm_n) / spread[:, None, None]
    k = stack.by_hour(calm_k) / spread[:, None, None]
    prior = PRIOR_ERRORS / flat
    days = (n.sum(axis=2) > 0).sum(axis=1)
    daily = np.repeat(flat[:, None], DAY_HOURS, axis=1)
    long = days >= DAYS_FOR_HOURS
    if long.any():
        by_hour = n[long].sum(axis=1), k[long].sum(axis=1)
        smooth = harmonics(*by_hour, flat[long])
        daily[long] = shrunk(*by_hour, smooth, prior[long])
    weekly = np.repeat(daily[:, None, :], 7, axis=1)
    weekday = (stack.origin[:, None] // DAY_HOURS + MONDAY - 1 + np.arange(stack.days)) % 7
    long = days >= DAYS_FOR_WEEKS
    if long.any():
        by_weekday = np.arange(7)[None, :, None] == weekday[long][:, None, :]
        own = [np.einsum("swd,sdh->swh", by_weekday, part[long]) for part in (n, k)]
        weekly[long] = shrunk(own[0], own[1], weekly[long], prior[long])
    usual = np.take_along_axis(weekly, weekday[:, :, None], axis=1)
    usual = usual * _drift(n, k, usual)[:, :, None]
    return _judged(stack, usual, normal.noise, tainted=False)


def _is_level(stack: Stack) -> Bool:
    return np.array([row.unit != 1.0 for row in stack.rows])


def _floor(stack: Stack) -> F64:
    return np.where(_is_level(stack), LEVEL_FLOOR, FLOOR)


def _ratio(n: F64, k: F64, stack: Stack) -> F64:
    """Errors / attempts of blocks of shape (b,) by row, kept off 0 and 1."""
    ratio = (stack.by_row(k) + 1e-12) / np.maximum(stack.by_row(n), 1e-9)
    return np.clip(ratio, _floor(stack), CEILING)


def _judged(stack: Stack, usual: F64, normal: Bool, *, tainted: bool) -> Baseline:
    """Put the noise beside what is expected."""
    usual = np.clip(usual, _floor(stack)[:, None, None], CEILING)
    hours = usual.reshape(stack.size, -1)
    unknown = Baseline(hours, np.zeros(stack.size), np.ones((stack.size, DAY_HOURS)))
    p = unknown.of_blocks(stack)
    rho, spread = noise(stack, p, normal, tainted=tainted)
    counted = stack.counted
    worth = np.ones((stack.size, DAY_HOURS))
    if not counted.all():
        # An outage that nobody knows of yet must not make its hour worth nothing.
        by_hour = spread[:, None] if tainted else spread_by_hour(stack, p, normal, spread)
        worth = np.where(counted[:, None], 1.0, 1.0 / by_hour) * worth
    return Baseline(hours, np.where(counted, rho, 0.0), worth)


def _drift(n: F64, k: F64, usual: F64) -> F64:
    """How much higher the level of each day is than its hours explain, (rows, days)."""
    expected, errors = (n * usual).sum(axis=2), k.sum(axis=2)
    around = [rolling(values, 2 * DRIFT_DAYS) for values in (expected, errors)]
    drift: F64 = (around[1] + PRIOR_ERRORS) / (around[0] + PRIOR_ERRORS)
    return drift
