"""Error ratios over the time before each evaluation, and how long they were above what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from detector.series import F64, I64
from detector.suggesting.family import Candidate


@dataclass(frozen=True, slots=True)
class Trail:
    """Cells and the evaluations that look back at them.

    `start`, `end` and `attempts` have shape (m,), one entry a cell, ordered; `at`, of shape (n,),
    are evaluations `interval` seconds apart. `first` has, by range, the first cell that lies wholly
    in the range before each evaluation, `after` the first one that ends later.
    """

    start: F64
    end: F64
    attempts: F64
    at: F64
    interval: float
    first: Mapping[float, I64]
    after: I64

    def ratios(self, errors: F64) -> dict[float, F64]:
        """Errors / attempts over each range, shape (n,); 0 without attempts. Errors are (m,)."""
        tried, failed = _sums(self.attempts), _sums(errors)
        found = {}
        for span, first in self.first.items():
            attempts = tried[self.after] - tried[first]
            ratio = (failed[self.after] - failed[first]) / np.maximum(attempts, 1e-9)
            found[span] = np.where(attempts > 0, ratio, 0.0)
        return found


def trail(
    start: F64, end: F64, attempts: F64, candidates: Iterable[Candidate], interval: float
) -> Trail:
    """Evaluations at the multiples of `interval` from the first cell's end to the last one's."""
    at = interval * np.arange(np.ceil(end[0] / interval), np.floor(end[-1] / interval) + 1)
    after = np.searchsorted(end, at, side="right")
    spans = sorted({span for one in candidates for span in one.ranges})
    # Cells of 15 s do not begin at whole seconds to the last bit.
    first = {s: np.minimum(np.searchsorted(start, at - s - 1e-3), after) for s in spans}
    return Trail(start, end, attempts, at, interval, first, after)


def statistic(candidate: Candidate, ratios: Mapping[float, F64], interval: float) -> F64:
    """What must be above a threshold for the candidate to fire, shape (..., n).

    The least of its ratios over all evaluations of its hold; 0 before there are so many.
    """
    least = ratios[candidate.ranges[0]]
    for span in candidate.ranges[1:]:
        least = np.minimum(least, ratios[span])
    return _least(least, 1 + round(candidate.hold / interval))


def _least(values: F64, count: int) -> F64:
    """The least of each value and those before it, `count` in all: by doubling."""
    found, have = values, 1
    while have < count:
        by = min(have, count - have)
        moved = np.zeros_like(found)
        moved[..., by:] = np.minimum(found[..., by:], found[..., :-by])
        found, have = moved, have + by
    return found


def _sums(values: F64) -> F64:
    return np.concatenate(([0.0], np.cumsum(values)))
