"""How restless normal running is: overdispersion of counts, and what intervals are worth."""

from __future__ import annotations

import numpy as np

from detector.robust import median
from detector.series import F64, Bool
from detector.stack import DAY_HOURS, Stack
from detector.sums import tally

MAX_DISPERSION = 0.5
LEAST_SPREAD = 1e-5
HOUR_PRIOR = 30.0
"""Errors' worth that the noise of all hours counts beside that of one hour of the day."""


def noise(stack: Stack, p: F64, keep: Bool, *, tainted: bool) -> tuple[F64, F64]:
    """Overdispersion rho and the inflation of variance of each row, by moments.

    The expectation of (K - Np)^2 is N p q (1 + (N - 1) rho), over stretches of 20 to 200 cells.
    Where outages may still be among the cells (`tainted`) the median stretch decides. Otherwise it
    is all but the worst: a service whose errors come in bursts has many of them, an outage that
    nobody noticed is one.
    """
    plain = np.where(keep, p * (1 - p), 0.0)
    off = np.where(keep, stack.kk - 2 * p * stack.nk + p * p * stack.nn, 0.0)

    def sums(values: F64) -> F64:
        return tally(stack.stretch, values, stack.size, stack.stretches)

    simple = sums(plain * stack.n)
    excess, scale = sums(off) - simple, sums(plain * (stack.nn - stack.n))
    rho = np.clip(_pooled(excess, scale, tainted), 0.0, MAX_DISPERSION)
    size = stack.by_row(np.where(keep, stack.nn, 0.0)) / np.maximum(
        stack.by_row(np.where(keep, stack.n, 0.0)), 1e-9
    )
    spread = 1 + np.maximum(size - 1, 0.0) * rho
    counted = stack.counted
    if not counted.all():
        bare = np.maximum(_pooled(sums(off), simple, tainted), LEAST_SPREAD)
        spread = np.where(counted, spread, bare)
    return rho, spread


def _pooled(top: F64, bottom: F64, tainted: bool) -> F64:
    """Pool top / bottom over stretches (rows, stretches): their median, or all but the worst."""
    known = bottom > 0
    ratio = np.where(known, top / np.where(known, bottom, 1.0), -np.inf)
    if tainted:
        return median(ratio, known)
    several = known.sum(axis=1) > 1
    worst = np.argmax(ratio, axis=1)
    rows = np.arange(len(top))
    left = bottom.sum(axis=1) - several * bottom[rows, worst]
    pooled = (top.sum(axis=1) - several * top[rows, worst]) / np.where(left > 0, left, 1.0)
    return np.where(left > 0, pooled, 0.0)


def spread_by_hour(stack: Stack, p: F64, normal: Bool, spread: F64) -> F64:
    """Inflation of variance by hour of the day, shrunk to that of the row: traffic has seasons."""
    hours = stack.row * DAY_HOURS + stack.hour % DAY_HOURS
    off = np.where(normal, stack.kk - 2 * p * stack.nk + p * p * stack.nn, 0.0)
    plain = np.where(normal, p * (1 - p) * stack.n, 0.0)
    top, bottom = (tally(hours, values, stack.size, DAY_HOURS) for values in (off, plain))
    prior = HOUR_PRIOR * spread
    by_hour = (top + (prior * spread)[:, None]) / np.maximum(bottom + prior[:, None], 1e-300)
    # A quiet hour must not make an interval worth more than a few times the usual.
    clipped: F64 = np.clip(by_hour, spread[:, None] / 4, None)
    return clipped
