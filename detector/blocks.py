"""Blocks of cells: how normal running varies when it is looked at more coarsely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.series import F64, I64, Bool

LEAST_BLOCKS = 20


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of `size` successive cells: `first` of shape (b,) is where each begins."""

    first: I64
    size: int

    def sums(self, values: F64) -> F64:
        """Sum cells of shape (m,) within each block to shape (b,)."""
        total = np.concatenate(([0.0], np.cumsum(values)))
        summed: F64 = total[self.first + self.size] - total[self.first]
        return summed


def blocks_of(normal: Bool, size: int) -> Blocks | None:
    """Blocks that hold normal cells only, from a fixed grid; None if they are too few to tell."""
    whole = len(normal) // size
    inside = normal[: whole * size].reshape(whole, size).all(axis=1)
    first = np.flatnonzero(inside) * size
    return Blocks(first, size) if len(first) >= LEAST_BLOCKS else None


def cut(start: int, stop: int, size: int) -> I64:
    """Where the blocks of a stretch begin; the last may be shorter."""
    return np.arange(start, stop, size)


def noise_of(off: F64) -> float:
    """The standard deviation by the median deviation, which an outage in `off` hardly moves.

    That of values that are mostly 0 is 0; then the mean deviation is the noise.
    """
    deviation = np.abs(off)
    return max(1.4826 * float(np.median(deviation)), 0.5 * float(deviation.mean()))
