"""Which of many stretches of time are met by any of many others: sorted once, then looked up."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from detector.series import I64

END = 2**62
"""What has no end ends here: far off, with room to reckon."""


class Stretches:
    """Stretches [start, end], nanoseconds, in any order; they may overlap."""

    def __init__(self, found: Iterable[tuple[int, int | None]]) -> None:
        spans = np.array([(start, _end(end)) for start, end in found], np.int64).reshape(-1, 2)
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        self._start: I64 = spans[:, 0]
        self._furthest: I64 = np.maximum.accumulate(spans[:, 1]) if len(spans) else spans[:, 1]

    def meet(self, start: int, end: int | None) -> bool:
        """Whether any has a moment in common with [start, end]."""
        begun = int(np.searchsorted(self._start, _end(end), side="right"))
        return begun > 0 and bool(self._furthest[begun - 1] >= start)


def _end(end: int | None) -> int:
    return END if end is None else min(end, END)
