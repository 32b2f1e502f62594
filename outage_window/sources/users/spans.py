"""Which attempts are wanted: those in a union of stretches of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.series import F64

Bool = NDArray[np.bool_]


class Spans:
    """The union of stretches [start, end), in seconds; None is all of time."""

    def __init__(self, spans: Sequence[tuple[float, float]] | None) -> None:
        self.all = spans is None
        edges: list[float] = []
        for start, end in sorted(spans or ()):
            if edges and start <= edges[-1]:
                edges[-1] = max(edges[-1], end)
            elif start < end:
                edges += [start, end]
        self._edges = np.array(edges, np.float64)

    def wanted(self, time: F64) -> Bool | None:
        """Where a time is inside, shape (n,); None where all are."""
        if self.all:
            return None
        inside: Bool = np.searchsorted(self._edges, time, side="right") % 2 == 1
        return None if inside.all() else inside

    def meet(self, first: float, last: float) -> bool:
        """Whether anything from `first` to `last`, both inclusive, can be inside."""
        if self.all:
            return True
        starts, ends = self._edges[::2], self._edges[1::2]
        return bool(((starts <= last) & (first < ends)).any())


def placed(place: Callable[[int], str], rows: NDArray[np.int64]) -> Callable[[int], str]:
    """How an error names the rows that were kept, of which these are the numbers."""
    return lambda row: place(int(rows[row]))
