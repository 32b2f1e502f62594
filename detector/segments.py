"""Elevated stretches: the penalised two-state partition of a sequence of additive scores."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from detector.series import F64, Bool

_CHUNK = 4096
_SHORT = 512


def segments(score: F64, penalty: float) -> list[tuple[int, int]]:
    """Stretches [start, stop) whose summed score beats the penalty of switching, in order.

    `score` has shape (m,): the log-likelihood ratio of elevated against normal a cell; 0 where
    nothing is known. A stretch begins at the lowest point of the running sum before it has risen by
    more than `penalty`, and ends at the highest before it has fallen by more than `penalty`
    (Page's test in both directions: E. S. Page, "Continuous inspection schemes", Biometrika 41,
    1954). The result has the greatest sum of scores less `penalty` a stretch of all partitions.
    A stretch that has not fallen by the end of the data stops at the highest point so far.
    Cost: linear.
    """
    total = np.concatenate(([0.0], np.cumsum(score)))
    rise: Callable[[int, float, float], tuple[int, int | None]] = (
        partial(_first_rise_short, total.tolist())
        if len(total) <= _SHORT
        else partial(_first_rise, total)
    )
    found: list[tuple[int, int]] = []
    at = 0
    while True:
        start, risen = rise(at, penalty, 1.0)
        if risen is None:
            return found
        stop, fallen = rise(start, penalty, -1.0)
        found.append((start, stop))
        if fallen is None:
            return found
        at = stop


def risen(score: F64, penalty: float) -> Bool:
    """Which rows of `score` (e, m) hold a stretch that beats `penalty`: (e,).

    Beforehand and of all rows at once, as most rows of a quiet service hold none.
    """
    rises: Bool = climbed(score).max(axis=1) > penalty
    return rises


def climbed(score: F64) -> F64:
    """How far the running sum of each row of `score` (e, m) stands above its minimum: (e, m)."""
    total = np.cumsum(score, axis=1)
    above: F64 = total - np.minimum.accumulate(total - score, axis=1)
    return above


def settled_at(score: F64, stop: int, penalty: float) -> bool:
    """Whether the sum has fallen by more than `penalty` after `stop`: the recovery is certain."""
    after = np.cumsum(score[stop:])
    return bool(len(after) and after.min() < -penalty)


def _first_rise_short(
    total: list[float], at: int, penalty: float, sign: float
) -> tuple[int, int | None]:
    """The same as `_first_rise`, without the price of array calls."""
    low, low_at = sign * total[at], at
    for place in range(at + 1, len(total)):
        value = sign * total[place]
        if value <= low:
            low, low_at = value, place
        elif value - low > penalty:
            return low_at, place
    return low_at, None


def _first_rise(total: F64, at: int, penalty: float, sign: float) -> tuple[int, int | None]:
    """Find where `sign` x `total` first stands more than `penalty` above its minimum since `at`.

    Returns the (last) place of that minimum, and where the rise was seen (None: never).
    """
    low, low_at = sign * total[at], at
    for begin in range(at, len(total), _CHUNK):
        part = sign * total[begin : begin + _CHUNK]
        floor = np.minimum(np.minimum.accumulate(part), low)
        risen = part - floor > penalty
        if risen.any():
            end = int(np.argmax(risen))
            seen = part[: end + 1]
            if seen.min() <= low:
                low_at = begin + end - int(np.argmin(seen[::-1]))
            return low_at, begin + end
        if part.min() <= low:
            low = part.min()
            low_at = begin + len(part) - 1 - int(np.argmin(part[::-1]))
    return low_at, None
