"""The course of the day and the week: hours shrunk to what is smoother, of many rows at once."""

from __future__ import annotations

import numpy as np

from detector.series import F64
from detector.stack import DAY_HOURS

LEAST_SHARE = 0.1
"""Of its level, what the smooth course of the day falls to at most."""


def harmonics(n: F64, k: F64, level: F64) -> F64:
    """A smooth course of the day from attempts and errors by hour, (rows, 24): two harmonics.

    Least squares on k = n level (1 + x b), weighted by the Poisson variance of the level. Each
    harmonic is shrunk by what noise alone would show of it (W. James and C. Stein, "Estimation with
    quadratic loss", 4th Berkeley Symposium, 1961): few errors give a flat day.
    """
    angle = 2 * np.pi * (np.arange(DAY_HOURS) + 0.5) / DAY_HOURS
    waves = np.stack([f(h * angle) for h in (1, 2) for f in (np.cos, np.sin)] + [0 * angle + 1])
    expected = n * level[:, None]
    design = np.einsum("sh,ih,jh->sij", expected, waves, waves) + 1e-9 * np.eye(len(waves))
    told = np.einsum("sh,ih->si", k - expected, waves)
    found = np.linalg.solve(design, told[:, :, None])[:, :, 0]
    smooth = np.ones_like(n)
    for harmonic in (slice(0, 2), slice(2, 4)):
        own = found[:, harmonic]
        weight = np.einsum("si,sij,sj->s", own, design[:, harmonic, harmonic], own) / 2
        kept = np.maximum(1 - 1 / np.maximum(weight, 1e-9), 0.0)
        smooth += kept[:, None] * (own @ waves[harmonic])
    shaped: F64 = level[:, None] * np.maximum(smooth, LEAST_SHARE)
    return shaped


def shrunk(n: F64, k: F64, prior: F64, strength: F64) -> F64:
    """Ratios shrunk to `prior`, as if that were `strength` (rows,) attempts."""
    weight = strength.reshape(-1, *([1] * (n.ndim - 1)))
    ratio: F64 = (k + weight * prior) / (n + weight)
    return ratio
