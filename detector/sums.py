"""Sums by group and over sliding ranges."""

from __future__ import annotations

import numpy as np

from detector.series import F64, I64


def tally(group: I64, values: F64, *shape: int) -> F64:
    """Sum values of shape (n,) by their group, 0 to the product of `shape`, into that shape."""
    size = int(np.prod(shape))
    total: F64 = np.bincount(group, values, size).astype(np.float64).reshape(shape)
    return total


def rolling(values: F64, width: int) -> F64:
    """Sums over `width` columns around each column of (rows, columns), fewer at the ends."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    at = np.arange(values.shape[1])
    high = np.minimum(at + width // 2 + 1, values.shape[1])
    rolled: F64 = total[:, high] - total[:, np.maximum(at - width // 2, 0)]
    return rolled
