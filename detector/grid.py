"""The time steps of a series: which observations make a cell, and what an outage covers of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.series import F64, I64, Counts, Series


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of shape (m,), in order, and the observations of shape (n,) that they are made of.

    `first` has shape (m + 1,): cell i holds the observations `first[i]` to `first[i + 1]`
    (exclusive). `start` and `end` are the means over the cell's observations, in seconds. `weight`
    is an observation's say in its cell, where cells have several.
    """

    start: F64
    end: F64
    first: I64
    obs_start: F64
    obs_end: F64
    weight: F64

    @property
    def size(self) -> int:
        """The number of cells."""
        return len(self.start)

    @property
    def middle(self) -> F64:
        """The middle of each cell."""
        middle: F64 = (self.start + self.end) / 2
        return middle

    def sums(self, values: F64) -> F64:
        """Sum observations of shape (..., n) within their cells to shape (..., m)."""
        if values.shape[-1] == self.size:  # one observation a cell
            return values
        total: F64 = np.add.reduceat(values, self.first[:-1], axis=-1)
        return total

    def slice(self, low: int, high: int) -> Grid:
        """The cells `low` to `high` (exclusive) alone."""
        obs = slice(int(self.first[low]), int(self.first[high]))
        return Grid(
            self.start[low:high],
            self.end[low:high],
            self.first[low : high + 1] - self.first[low],
            self.obs_start[obs],
            self.obs_end[obs],
            self.weight[obs],
        )

    def mirrored(self) -> Grid:
        """The same cells, in reverse order, with time running backwards."""
        n = len(self.obs_start)
        return Grid(
            -self.end[::-1],
            -self.start[::-1],
            n - self.first[::-1],
            -self.obs_end[::-1],
            -self.obs_start[::-1],
            self.weight[::-1],
        )

    def exposure(self, onset: F64, ramp: F64, surge: float) -> F64:
        """The share of each cell's attempts that fall into an outage beginning at `onset`.

        `onset` and `ramp` (seconds from onset to full effect, at least 0) broadcast to shape
        (..., 1). `surge` is how many times as many attempts arrive in the outage as before it.
        Returns shape (..., m), from 0 to 1.
        """
        length = self.obs_end - self.obs_start
        into = _ramped(self.obs_end - onset, ramp) - _ramped(self.obs_start - onset, ramp)
        share = np.minimum(np.maximum(into / length, 0.0), 1.0)
        if surge != 1.0:
            share = surge * share / (1.0 + (surge - 1.0) * share)
        if len(self.weight) == self.size:
            return share
        return self.sums(share * self.weight) / self.sums(self.weight)


def _ramped(elapsed: F64, ramp: F64) -> F64:
    """Integrate clip(t / ramp, 0, 1) from 0 to `elapsed`; a step where `ramp` is 0."""
    after = np.maximum(elapsed, 0.0)
    risen = np.minimum(after, ramp)
    integral = after - risen
    risen *= risen
    risen /= np.where(ramp > 0, 2.0 * ramp, np.inf)
    integral += risen
    return integral


def grid_of(series: Series) -> Grid:
    """Group a series' observations into its cells; a series of levels has one a cell."""
    if not isinstance(series, Counts):
        n = len(series.start)
        return Grid(
            series.start, series.end, np.arange(n + 1), series.start, series.end, np.ones(n)
        )
    n = len(series.cell)
    apart = series.cell[1:] != series.cell[:-1]
    if apart.all():  # what weighs an observation in its cell is of no use
        start, end = series.start, series.end
        return Grid(start, end, np.arange(n + 1), start, end, series.attempts)
    # An observation without attempts still has a length, but next to no say in its cell.
    weight = series.attempts + 1e-9
    new = np.flatnonzero(np.concatenate(([True], apart)))
    first = np.append(new, n)
    size = np.diff(first)
    return Grid(
        np.add.reduceat(series.start, new) / size,
        np.add.reduceat(series.end, new) / size,
        first,
        series.start,
        series.end,
        weight,
    )
