"""Which plain alerting rule would have fired: a threshold on the error ratio, held for a while."""

from __future__ import annotations

import numpy as np

from detector.cells import Cells
from detector.model import Detection
from detector.results import ThresholdRule, Window
from detector.series import F64, Bool, Counts

LADDER = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75)
RANGE_SECONDS = 300.0
FOR_SECONDS = 60.0


LEAST_BEFORE = 7 * 86400.0
"""Seconds of normal running before an outage that are enough to choose a threshold on."""


def threshold_rule(detection: Detection, window: Window) -> ThresholdRule | None:
    """Find the most sensitive rule of the ladder that is quiet in normal running.

    It is chosen on what came before the window, where that is a week or more: so could it have
    been by then, and what it does in the window it was not fitted to. Otherwise on all the data,
    and its silence there is no promise. None where there are no counts, or where every rule of the
    ladder fires in that time.
    """
    cells = detection.cells
    if cells is None or not isinstance(detection.series, Counts):
        return None
    ratio = _trailing_ratio(cells, RANGE_SECONDS)
    outside = _outside(cells, detection.windows, RANGE_SECONDS + FOR_SECONDS)
    early = outside & (cells.end <= window.onset)
    before = _seconds(cells, early) >= LEAST_BEFORE
    learnt = early if before else outside
    for threshold in LADDER:
        fires = _held(ratio > threshold, cells.end, FOR_SECONDS)
        if not (fires & learnt).any():
            inside = fires & (cells.end > window.onset) & (cells.end <= window.until + FOR_SECONDS)
            at = float(cells.end[np.argmax(inside)]) if inside.any() else None
            history = _seconds(cells, learnt)
            return ThresholdRule(threshold, RANGE_SECONDS, FOR_SECONDS, at, history, before)
    return None


def _seconds(cells: Cells, chosen: Bool) -> float:
    return float((cells.end - cells.start)[chosen].sum())


def _trailing_ratio(cells: Cells, seconds: float) -> F64:
    """Compute errors / attempts over the `seconds` up to each cell's end; 0 without attempts."""
    n = np.concatenate(([0.0], np.cumsum(cells.attempts)))
    k = np.concatenate(([0.0], np.cumsum(cells.errors)))
    last = np.arange(1, len(n))
    first = np.minimum(np.searchsorted(cells.end, cells.end - seconds, side="right"), last - 1)
    attempts = n[last] - n[first]
    ratio: F64 = (k[last] - k[first]) / np.maximum(attempts, 1e-9)
    return np.where(attempts > 0, ratio, 0.0)


def _held(true: Bool, at: F64, seconds: float) -> Bool:
    """Tell where a condition has been true for at least `seconds` without a break."""
    begins = true & ~np.concatenate(([False], true[:-1]))
    since = np.where(begins, at, -np.inf)
    held: Bool = true & (at - np.maximum.accumulate(since) >= seconds)
    return held


def _outside(cells: Cells, windows: tuple[Window, ...], slack: float) -> Bool:
    outside = np.ones(len(cells.start), dtype=bool)
    for window in windows:
        outside &= ~((cells.end > window.onset) & (cells.start < window.until + slack))
    return outside
