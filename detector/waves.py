"""Noise that comes in waves: how much longer stretches vary than their cells, each for itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.baseline import Baseline, read
from detector.series import F64, Bool
from detector.stack import DAY_HOURS, Stack

SCALES = (1, 2, 4, 8, 16)
"""Blocks a stretch."""

LEAST_STRETCHES = 20
DOUBT = 2.0
"""Standard errors by which the variance of stretches must exceed that of their cells to count."""


@dataclass(frozen=True, slots=True)
class Inflation:
    """`factor` (s,) by which sums over stretches of `cells` (s,), rising, vary more; at least 1."""

    cells: F64
    factor: F64

    def __call__(self, cells: int) -> float:
        """The factor of a stretch of so many cells: the worst of the scales up to twice that."""
        return float(self.factor[self.cells <= 2 * cells].max(initial=1.0))


def inflation(stack: Stack, baseline: Baseline, normal: Bool, row: int) -> Inflation:
    """Measure a row's waves on its `normal` blocks, shape (b,) of the whole stack.

    With (K - Np)^2 / (its variance under the beta-binomial) summed over stretches, the mean is 1
    where cells are independent: for a quarter of an hour people mistype more than usual, and then
    it is more.
    """
    own = stack.blocks(row)
    usual_hours = baseline.usual[row]
    p = read(usual_hours, stack.at[own], 0, len(usual_hours))
    worth = baseline.worth[row, stack.hour[own] % DAY_HOURS]
    n, k, nn = stack.n[own] * worth, stack.k[own] * worth, stack.nn[own]
    usual = p * (1 - p) * (n + baseline.rho[row] * (nn - n) * (worth == 1))
    off = k - n * p
    known = normal[own] & (n > 0)
    length = float(stack.length[own].mean())
    cells, factors = [], []
    for scale in SCALES:
        whole = len(off) // scale
        inside = known[: whole * scale].reshape(whole, scale).all(axis=1)
        if inside.sum() < LEAST_STRETCHES:
            break
        top, bottom = (v[: whole * scale].reshape(whole, scale).sum(axis=1) for v in (off, usual))
        ratio = top[inside] ** 2 / bottom[inside]
        mean = float(ratio.mean())
        error = float(ratio.std()) / np.sqrt(len(ratio))
        cells.append(scale * length)
        factors.append(mean if mean - DOUBT * error > 1 else 1.0)
    return Inflation(np.array(cells), np.array(factors))
