"""What of a series lies in a stretch of time: observations with their shares, and what has data."""

from __future__ import annotations

import numpy as np

from detector.series import F64, I64, Counts


def overlap(series: Counts, begin: float, end: float) -> tuple[I64, F64, float]:
    """Which observations reach into [`begin`, `end`), the share of each that does, shape (m,).

    And the seconds with data. An observation that an edge cuts counts in part, as if its attempts
    were spread evenly.
    """
    rows = np.flatnonzero((series.end > begin) & (series.start < end))
    first, last = series.start[rows], series.end[rows]
    both = np.minimum(last, end) - np.maximum(first, begin)
    # They are in order of their cells: another cell begins wherever the number changes.
    steps = np.count_nonzero(np.diff(series.cell[rows])) + min(len(rows), 1)
    return rows, both / np.maximum(last - first, 1e-9), min(steps * series.step, end - begin)


def total(values: F64, rows: I64, share: F64) -> float:
    """The sum of values, one an observation (n,), over what reaches into a stretch."""
    return float((values[rows] * share).sum())
