"""Which of many stretches of time are met by any of many others: sorted once, then looked up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

END = 2**62
"""What has no end ends here: far off."""


class Stretches:
    """Stretches [start, end], nanoseconds, in any order; they may overlap. `end` None: none."""

    def __init__(self, found: Iterable[tuple[int, int | None]]) -> None:
        spans = sorted((start, _end(end)) for start, end in found)
        self._start = [start for start, _ in spans]
        self._furthest = list(accumulate((end for _, end in spans), max))

    def meet(self, start: int, end: int | None) -> bool:
        """Whether any has a moment in common with [start, end]."""
        begun = bisect_right(self._start, _end(end))
        return begun > 0 and self._furthest[begun - 1] >= start


def _end(end: int | None) -> int:
    return END if end is None else min(end, END)
