"""What of a series lies in a stretch of time: a share of each observation, and how much has data."""

from __future__ import annotations

import numpy as np

from detector.series import F64, Counts


def overlap(series: Counts, begin: float, end: float) -> tuple[F64, float]:
    """The share of each observation in [`begin`, `end`), shape (n,), and the seconds with data.

    An observation that an edge cuts counts in part, as if its attempts were spread evenly.
    """
    whole = np.maximum(series.end - series.start, 1e-9)
    both = np.minimum(series.end, end) - np.maximum(series.start, begin)
    share: F64 = np.maximum(both, 0.0) / whole
    steps = len(np.unique(series.cell[share > 0]))
    return share, min(steps * series.step, end - begin)
