"""What normal running looks like: the seasonal error ratio and its overdispersion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.seasons import WEEK_HOURS, read_profile
from detector.series import F64, I64, Bool

FLOOR = 2e-4
"""The least error ratio expected: a service that never failed has no outage at its first error."""

PRIOR_ERRORS = 20.0
"""How many expected errors of its own an hour needs to count as much as what it shrinks to."""

MAX_DISPERSION = 0.5
_DAYS_FOR_HOURS = 3
_DAYS_FOR_WEEKS = 14


@dataclass(frozen=True, slots=True)
class Normal:
    """Which cells, of shape (m,), show normal running.

    `level` are those without any elevated stretch. `noise` are these and the bursts of one cell: a
    burst tells how restless a service is, and must not raise what is expected of its hour.
    """

    level: Bool
    noise: Bool


@dataclass(frozen=True, slots=True)
class Expected:
    """`ratio` of shape (m,), the expected error ratio of each cell; `dispersion` is rho."""

    ratio: F64
    dispersion: float


def first_guess(attempts: F64, errors: F64, hours: F64) -> Expected:
    """Estimate without knowing where outages are: the middle of stretches of equal length.

    Arrays of shape (m,); `hours` as of `seasons.local_hours`. Only the middle third of stretches by
    ratio is pooled, so an outage shorter than a third of the data leaves no trace in it.
    """
    stretches = int(np.clip(errors.sum() / 10.0, 1, 500))
    span = hours[-1] - hours[0] + 1e-9
    stretch = np.floor((hours - hours[0]) / span * stretches).astype(np.int64)
    k = _by_group(stretch, errors, stretches)
    n = _by_group(stretch, attempts, stretches)
    level = _middle(k[n > 0], n[n > 0])
    profile = np.full(WEEK_HOURS, level)
    day = np.floor(hours / 24).astype(np.int64)
    if _days(day) > _DAYS_FOR_HOURS:
        profile = np.tile(_daily_middle(attempts, errors, hours, day, level), 7)
    ratio = np.maximum(read_profile(profile, hours), FLOOR)
    return Expected(ratio, dispersion(attempts, errors, ratio, tainted=True))


def fit(attempts: F64, errors: F64, hours: F64, normal: Normal) -> Expected:
    """Hour-of-week ratios from the normal cells, shrunk to the day's, and those to the whole's.

    With under 14 days of normal cells there are no hours of the week, with under 3 no hours of the
    day. At least one cell must be normal.
    """
    n, k, at = attempts[normal.level], errors[normal.level], hours[normal.level]
    level = float((k.sum() + 0.5) / (n.sum() + 1.0))
    flat = np.full(len(hours), max(level, FLOOR))
    rho = dispersion(n, k, flat[normal.level])
    inflation = 1.0 + max(float(n.mean()) - 1.0, 0.0) * rho
    strength = PRIOR_ERRORS * inflation / max(level, FLOOR)
    days = _days(np.floor(at / 24).astype(np.int64))
    profile: F64 = np.full(WEEK_HOURS, level)
    if days >= _DAYS_FOR_HOURS:
        hour = np.floor(at).astype(np.int64) % 24
        daily = _shrunk(n, k, hour, np.full(24, level), strength)
        profile = np.tile(daily, 7)
    if days >= _DAYS_FOR_WEEKS:
        profile = _shrunk(n, k, np.floor(at).astype(np.int64) % WEEK_HOURS, profile, strength)
    ratio = np.maximum(read_profile(profile, hours), FLOOR)
    noise = normal.noise
    return Expected(ratio, dispersion(attempts[noise], errors[noise], ratio[noise]))


def dispersion(attempts: F64, errors: F64, ratio: F64, *, tainted: bool = False) -> float:
    """Rho by moments over stretches of 20 to 200 cells; (m,) arrays. 0 where N tells nothing.

    The expectation of (K - Np)^2 is N p q (1 + (N - 1) rho). Where outages may still be among the
    cells (`tainted`) the median stretch decides. Otherwise it is all but the worst: a service whose
    errors come in bursts has many of them, an outage that nobody noticed is one.
    """
    tells = attempts > 1
    n, k, p = attempts[tells], errors[tells], ratio[tells]
    if len(n) == 0:
        return 0.0
    plain = n * p * (1 - p)
    stretches = max(len(n) // 200, min(len(n) // 20, 20), 1)
    stretch = np.arange(len(n)) * stretches // len(n)
    excess = np.bincount(stretch, (k - n * p) ** 2 - plain)
    scale = np.bincount(stretch, (n - 1) * plain)
    if tainted or len(excess) == 1:
        rho = np.median(excess / scale)
    else:
        kept = np.argsort(excess / scale)[:-1]
        rho = excess[kept].sum() / scale[kept].sum()
    return float(np.clip(rho, 0.0, MAX_DISPERSION))


def _shrunk(attempts: F64, errors: F64, group: I64, prior: F64, strength: float) -> F64:
    """Pool ratios by group, each shrunk to its prior as if that were `strength` attempts."""
    n = _by_group(group, attempts, len(prior))
    k = _by_group(group, errors, len(prior))
    ratio: F64 = (k + strength * prior) / (n + strength)
    return ratio


def _daily_middle(attempts: F64, errors: F64, hours: F64, day: I64, level: float) -> F64:
    """Take an error ratio for each hour of the day from the middle third of its days."""
    days = int(day.max() - day.min()) + 1
    group = (np.floor(hours).astype(np.int64) % 24) * days + (day - day.min())
    n = _by_group(group, attempts, 24 * days).reshape(24, days)
    k = _by_group(group, errors, 24 * days).reshape(24, days)
    strength = PRIOR_ERRORS / max(level, FLOOR)
    profile = np.empty(24)
    for hour in range(24):
        seen = n[hour] > 0
        middle = _middle(k[hour][seen], n[hour][seen]) if seen.any() else level
        weight = n[hour].sum() / 3.0
        profile[hour] = (weight * middle + strength * level) / (weight + strength)
    return profile


def _middle(errors: F64, attempts: F64) -> float:
    """Pool the third of the stretches whose ratio is neither high nor low."""
    order: I64 = np.argsort(errors / attempts, kind="stable")
    third = len(order) // 3
    middle = order[third : len(order) - third]
    return float((errors[middle].sum() + 0.5) / (attempts[middle].sum() + 1.0))


def _by_group(group: I64, values: F64, groups: int) -> F64:
    return np.bincount(group, values, groups).astype(np.float64)


def _days(day: I64) -> int:
    return len(np.unique(day))
