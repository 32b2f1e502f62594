"""The cells that a window is measured in: those of the evidence, or those that were kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from detector.cells import Cells
from detector.estimate import Z
from detector.evidence import Evidence, Part
from detector.grid import Grid
from detector.series import F64, Counts

Quantity = Literal["counts", "ratio", "level"]
"""What is known of each cell: attempts and errors, an error ratio alone, or a level of errors."""

BESIDE = 2


@dataclass(frozen=True, slots=True)
class Basis:
    """Cells with what is expected of them; `part` gives those from one to another (exclusive)."""

    part: Callable[[int, int], Part]
    grid: Grid
    quantity: Quantity

    def near(self, start: float, end: float) -> Part:
        """The cells that [`start`, `end`] touches, and one on either side."""
        low = int(np.searchsorted(self.grid.end, start)) - BESIDE
        high = int(np.searchsorted(self.grid.start, end, side="right")) + BESIDE
        return self.part(max(low, 0), min(high, self.grid.size))


def basis_of(evidence: Evidence) -> Basis:
    """All cells of one row."""
    series = evidence.row.series
    quantity: Quantity = "counts" if isinstance(series, Counts) else series.quantity
    return Basis(evidence.part, evidence.row.grid, quantity)


def basis_in(cells: Cells, quantity: Quantity) -> Basis:
    """What was kept of a row, at least one cell; which quantity it is of, the cells do not say.

    What attempts of several targets share a cell is not known any more: a cell that an edge cuts
    counts as if its attempts were spread evenly.
    """
    size = len(cells.start)
    first = np.arange(size + 1)
    counted = quantity == "counts"
    n = cells.attempts if counted else np.isfinite(cells.ratio).astype(np.float64)
    k = cells.errors if counted else np.where(n > 0, cells.ratio, 0.0)
    grid = Grid(cells.start, cells.end, first, cells.start, cells.end, n + 1e-9)
    whole = Part(grid, n, k, cells.expected, dispersion(cells) if counted else 0.0)
    return Basis(whole.slice, grid, quantity)


def dispersion(cells: Cells) -> float:
    """The overdispersion that the usual band of the cells stands for.

    The band is the expected ratio and 1.96 deviations each way, cut at 0 and 1; the side that is
    not cut tells the deviation. The busiest cells tell it best: of a single attempt it is unseen.
    """
    n, p0 = cells.attempts, cells.expected
    half = np.maximum(cells.high - p0, p0 - cells.low)
    whole = (cells.low > 0) | (cells.high < 1)
    told = np.flatnonzero(whole & (n > 1) & (p0 > 0) & (p0 < 1))
    if not len(told):
        return 0.0
    told = told[n[told] >= np.median(n[told])]
    plain = p0[told] * (1 - p0[told]) / n[told]
    times: F64 = (half[told] / Z) ** 2 / plain
    return max(float(np.median((times - 1) / (n[told] - 1))), 0.0)
