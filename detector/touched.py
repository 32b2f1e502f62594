"""Likelihoods of cells touched in part, computed once for each share and read off for any other."""

from __future__ import annotations

import numpy as np

from detector.evidence import Likelihood
from detector.series import F64


def table_of(part: Likelihood, effects: F64, shares: int) -> F64:
    """Log-likelihoods of the c cells under each of `effects` (e,): (e, c, shares).

    The last axis runs evenly from cells not touched at all to cells touched all of their time.
    """
    exposure = np.repeat(np.linspace(0.0, 1.0, shares)[:, None], part.grid.size, axis=1)
    table: F64 = np.swapaxes(part.loglik(exposure, effects[:, None, None]), 1, 2)
    return table


def summed(table: F64, exposure: F64) -> F64:
    """Sum `table` (e, c, touched) over the cells at each `exposure` (..., c), to (e, ...).

    Most cells lie wholly before or after an edge: only the others are read between two values.
    """
    effects, cells, size = table.shape
    flat = exposure.reshape(-1, cells)
    none, whole = flat <= 0.0, flat >= 1.0
    total = table[:, :, 0] @ none.T.astype(np.float64)
    total += table[:, :, -1] @ whole.T.astype(np.float64)
    partly = np.flatnonzero(~(none | whole))
    index = flat.ravel()[partly] * (size - 1)
    below = np.minimum(index.astype(np.int64), size - 2)
    rest = index - below
    group, cell = np.divmod(partly, cells)
    at = cell * size + below
    for one, own in zip(table.reshape(effects, -1), total, strict=True):
        own += np.bincount(group, one[at] * (1 - rest) + one[at + 1] * rest, len(flat))
    summed: F64 = total.reshape(effects, *exposure.shape[:-1])
    return summed
