"""Noise that comes in waves: how much longer stretches vary than their cells, each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.baseline import Baseline, read
from detector.series import F64, I64, Bool
from detector.stack import DAY_HOURS, Stack
from detector.sums import tally

SCALES = (1, 2, 4, 8, 16)
"""Blocks a stretch, each twice the one before."""

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


def inflations(
    stack: Stack, baseline: Baseline, normal: Bool, rows: Sequence[int]
) -> list[Inflation]:
    """Measure the waves of some rows on their `normal` blocks, shape (b,) of the whole stack.

    With (K - Np)^2 / (its variance under the beta-binomial) summed over stretches, the mean is 1
    where cells are independent: for a quarter of an hour people mistype more than usual, and then
    it is more.
    """
    if not rows:
        return []
    row, off, usual, known = _padded(stack, baseline, normal, rows)
    length = np.array([stack.length[stack.blocks(one)].mean() for one in rows])
    factors = np.ones((len(rows), len(SCALES)))
    for scale in range(len(SCALES)):
        if scale:
            off, usual = (v[::2] + v[1::2] for v in (off, usual))
            known, row = known[::2] & known[1::2], row[::2]
        factors[:, scale] = _factor(row[known], off[known] ** 2 / usual[known], len(rows))
    return [
        Inflation(np.array(SCALES) * each, own) for each, own in zip(length, factors, strict=True)
    ]


def _padded(
    stack: Stack, baseline: Baseline, normal: Bool, rows: Sequence[int]
) -> tuple[I64, F64, F64, Bool]:
    """What is beyond the expected, its variance, and whether it may be used, of all blocks of
    `rows`, beside their place in these; every row is filled up to whole stretches of the largest
    scale, so that pairs never reach into the next."""
    sizes = stack.first[1:][rows] - stack.first[:-1][rows]
    room = -(-sizes // SCALES[-1]) * SCALES[-1]
    place = np.repeat(np.arange(len(rows)), sizes)
    beyond = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    block = stack.first[:-1][rows][place] + beyond
    hours = baseline.usual.shape[1]
    p = read(baseline.usual.ravel(), stack.at[block], stack.row[block] * hours, hours)
    worth = baseline.worth[stack.row[block], stack.hour[block] % DAY_HOURS]
    n, k, nn = stack.n[block] * worth, stack.k[block] * worth, stack.nn[block]
    usual = p * (1 - p) * (n + baseline.rho[stack.row[block]] * (nn - n) * (worth == 1))
    at = (np.cumsum(room) - room)[place] + beyond
    filled = np.zeros((2, int(room.sum())))
    filled[:, at] = k - n * p, usual
    known = np.zeros(filled.shape[1], dtype=bool)
    known[at] = normal[block] & (n > 0)
    return np.repeat(np.arange(len(rows)), room), *filled, known


def _factor(row: I64, ratio: F64, rows: int) -> F64:
    """The mean ratio of the stretches of each row, where it is plainly more than 1."""
    many = np.maximum(tally(row, np.ones(len(row)), rows), 1.0)
    mean = tally(row, ratio, rows) / many
    spread = np.sqrt(tally(row, (ratio - mean[row]) ** 2, rows) / many)
    plain = (many >= LEAST_STRETCHES) & (mean - DOUBT * spread / np.sqrt(many) > 1)
    return np.where(plain, mean, 1.0)
