"""Many series side by side: cells in small blocks, summed once, so that searching is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.grid import Grid, grid_of
from detector.series import F64, I64, Bool, Counts, Series
from detector.sums import tally
from detector.zones import local_hours_ahead

BLOCK = 8
"""Cells a block holds at most. A block lies within one hour of one series."""

PART = 8192
"""Blocks summed at a time."""

HOUR = 3600.0
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Row:
    """One series as cells: attempts and errors of shape (m,), and where the cells lie in time.

    For a series without attempts `attempts` is 1 in every cell and `errors` is its value as a
    fraction of `unit` (1 for an error ratio). `seconds` is how long each cell is; during declared
    maintenance all three are 0.
    """

    series: Series
    grid: Grid
    attempts: F64
    errors: F64
    seconds: F64
    unit: float = 1.0

    @property
    def counted(self) -> bool:
        """Whether attempts are known."""
        return isinstance(self.series, Counts)


@dataclass(frozen=True, slots=True)
class Stack:
    """The blocks of all rows one after another; arrays have shape (b,) unless said otherwise.

    `first` (rows + 1,) is where each row's blocks begin, `cell` where each block's cells begin in
    its row's own numbering. `hour` counts the local hours since midnight of the row's first day,
    `at` is the middle of the block in the same hours. `n`, `k` are sums over the block's cells of
    attempts and errors, `nn`, `nk`, `kk` of their products, `seen` is the number of cells with
    attempts, `length` that of all, `seconds` how long they last together. `cell_n` and `cell_k` are
    the cells of all rows, in which a block begins at `at_cell`. `days` is how many days the longest
    row spans; `origin` (rows,) is the hour since the epoch, local, at which each row's first day
    begins. `stretch` numbers the stretches of 20 to 200 cells over which noise is measured, those
    of row r from r times `stretches` on.
    """

    rows: tuple[Row, ...]
    first: I64
    row: I64
    cell: I64
    length: I64
    hour: I64
    at: F64
    n: F64
    k: F64
    nn: F64
    nk: F64
    kk: F64
    seen: F64
    seconds: F64
    days: int
    origin: I64
    at_cell: I64
    cell_n: F64
    cell_k: F64
    counted: Bool
    cells: F64
    stretch: I64
    stretches: int

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def by_hour(self, values: F64) -> F64:
        """Sum blocks of shape (b,) by local hour to shape (rows, days, 24)."""
        group = self.row * self.days * DAY_HOURS + self.hour
        return tally(group, values, self.size, self.days, DAY_HOURS)

    def by_row(self, values: F64) -> F64:
        """Sum blocks of shape (b,) to shape (rows,)."""
        total: F64 = np.add.reduceat(values, self.first[:-1])
        return total

    def blocks(self, row: int) -> slice:
        """The blocks of a row."""
        return slice(int(self.first[row]), int(self.first[row + 1]))


MOST_LEVEL = 1e-3
"""The highest value of a level is this fraction of its unit: it is a rate, not a share."""


def row_of(series: Series, maintenance: Sequence[tuple[float, float]] = ()) -> Row:
    """The cells of a series, with its observations summed; none has a say in `maintenance`."""
    grid = grid_of(series)
    unit, seconds = 1.0, grid.end - grid.start
    if isinstance(series, Counts):
        attempts, errors = grid.sums(series.attempts), grid.sums(series.errors)
    else:
        if series.quantity == "level":
            unit = max(float(series.value.max(initial=0.0)), 1e-300) / MOST_LEVEL
        attempts, errors = np.ones(len(series.value)), series.value / unit
    if maintenance:
        judged = np.ones(grid.size, dtype=bool)
        for start, end in maintenance:
            judged &= (grid.middle < start) | (grid.middle >= end)
        attempts, errors = np.where(judged, attempts, 0.0), np.where(judged, errors, 0.0)
        seconds = np.where(judged, seconds, 0.0)
    return Row(series, grid, attempts, errors, seconds, unit)


def stack_of(rows: Sequence[Row], zone: str) -> Stack:
    """Cut the cells of each row into blocks and sum them; rows have at least one cell each."""
    sizes = np.array([row.grid.size for row in rows])
    begins = np.concatenate(([0], np.cumsum(sizes)))
    middle = _joined([row.grid.middle for row in rows])
    starts, hour = _blocks(middle, begins)
    length = np.diff(starts, append=len(middle))
    row = np.searchsorted(begins, starts, side="right") - 1
    first = np.searchsorted(row, np.arange(len(rows) + 1))
    local = hour + local_hours_ahead(hour, zone)
    origin = local[first[:-1]] // DAY_HOURS * DAY_HOURS
    local -= origin[row]
    cell_n = _joined([one.attempts for one in rows])
    cell_k = _joined([one.errors for one in rows])
    seconds = _joined([one.seconds for one in rows])
    n, k, nn, nk, kk, seen, seconds = _sums(cell_n, cell_k, seconds, starts)
    stretch, stretches = _stretches(sizes, first, row)
    return Stack(
        rows=tuple(rows),
        first=first,
        row=row,
        cell=starts - begins[row],
        length=length,
        hour=local,
        at=local + (middle[starts + length // 2] / HOUR - hour),
        n=n, k=k, nn=nn, nk=nk, kk=kk, seen=seen, seconds=seconds,
        days=int(local.max()) // DAY_HOURS + 1,
        origin=origin,
        at_cell=starts,
        cell_n=cell_n,
        cell_k=cell_k,
        counted=np.array([row.counted for row in rows]),
        cells=sizes.astype(np.float64),
        stretch=stretch,
        stretches=stretches,
    )  # fmt: skip


def _stretches(cells: I64, first: I64, row: I64) -> tuple[I64, int]:
    """The stretch of each block, and the most that a row has: as even as whole blocks allow."""
    blocks = np.diff(first)
    own = np.clip(np.maximum(cells // 200, np.minimum(cells // 20, 20)), 1, blocks)
    most = int(own.max())
    place = np.arange(len(row)) - first[row]
    return row * most + place * own[row] // blocks[row], most


def _sums(n: F64, k: F64, seconds: F64, starts: I64) -> F64:
    """Sum cells within their blocks, (7, b), a part at a time so that all stays in the caches."""
    total = np.empty((7, len(starts)))
    ends = np.append(starts, len(n))
    for low in range(0, len(starts), PART):
        high = min(low + PART, len(starts))
        cells = slice(int(ends[low]), int(ends[high]))
        begins = starts[low:high] - ends[low]
        length = np.diff(ends[low : high + 1])
        even = int(length[0]) if length.min() == length.max() else 0
        own, failed, lasts = (_turned(v[cells], even) for v in (n, k, seconds))
        for out, values in zip(total, (own, failed, *_products(own, failed), lasts), strict=True):
            if even:
                values.sum(axis=0, out=out[low:high])
            else:
                np.add.reduceat(values, begins, out=out[low:high])
    return total


def _turned(values: F64, even: int) -> F64:
    """The cells of blocks of `even` cells, (even, b): so they are summed twice as fast."""
    return np.ascontiguousarray(values.reshape(-1, even).T) if even else values


def _products(n: F64, k: F64) -> tuple[F64, F64, F64, F64]:
    return n * n, n * k, k * k, (n > 0).astype(np.float64)


def _blocks(middle: F64, begins: I64) -> tuple[I64, I64]:
    """Where blocks begin among all cells, by the middle of these, and each block's hour, UTC."""
    hour = np.floor(middle / HOUR).astype(np.int64)
    new_run = np.empty(len(hour), dtype=np.bool_)
    np.not_equal(hour[1:], hour[:-1], out=new_run[1:])
    new_run[begins[:-1]] = True
    starts = _cut(np.flatnonzero(new_run), len(middle))
    return starts, hour[starts]


def _joined(parts: Sequence[F64]) -> F64:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _cut(runs: I64, total: int) -> I64:
    """Cut runs of cells, by where they begin, evenly into blocks; returns where those begin."""
    length = np.diff(runs, append=total)
    pieces = -(-length // BLOCK)
    begin = np.repeat(runs, pieces)
    place = np.arange(len(begin)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts: I64 = begin + np.repeat(length, pieces) * place // np.repeat(pieces, pieces)
    return starts
