"""A series a step at a time beside what was expected of it: for charts and what-if rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.estimate import Z
from detector.evidence import Evidence
from detector.series import F64


@dataclass(frozen=True, slots=True)
class Cells:
    """The series a step at a time, with what was expected.

    Arrays of shape (m,), one entry a cell, ordered. `ratio` is NaN where there were no attempts
    (for `Levels` it is the value itself, `attempts` and `errors` are NaN). [`low`, `high`] holds
    95 % of cells in normal running.
    """

    start: F64
    end: F64
    attempts: F64
    errors: F64
    ratio: F64
    expected: F64
    low: F64
    high: F64


def cells_of(evidence: Evidence, start: float = -np.inf, end: float = np.inf) -> Cells:
    """The cells of one row that touch [`start`, `end`), seconds since the epoch."""
    row = evidence.row
    low = int(np.searchsorted(row.grid.end, start, side="right"))
    high = max(int(np.searchsorted(row.grid.start, end)), low)
    part = evidence.part(low, high)
    n, p0 = part.n, part.p0
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = Z * np.sqrt(p0 * (1 - p0) * (1 + np.maximum(n - 1, 0) * part.rho) / n)
        ratio = np.where(n > 0, part.k / n, np.nan)
    spread = np.where(n >= 1, spread, 1.0) if row.counted else np.where(n > 0, spread, 1.0)
    lowest, highest = np.maximum(p0 - spread, 0.0), np.minimum(p0 + spread, 1.0)
    unknown = np.full(high - low, np.nan)
    attempts, errors = (n, part.k) if row.counted else (unknown, unknown)
    ratio, p0, lowest, highest = (v * row.unit for v in (ratio, p0, lowest, highest))
    return Cells(part.grid.start, part.grid.end, attempts, errors, ratio, p0, lowest, highest)
