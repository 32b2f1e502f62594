"""What the detector is given: observations of one service as arrays, checked once at this door."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


MOST = 2.0**53
"""Counts above this are no longer exact as floating point numbers: nothing counts that far."""


class SeriesError(ValueError):
    """The arrays cannot be a series; `index` is the first offending observation, if it is one."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True, slots=True)
class Counts:
    """Attempts and errors of one service, an observation for each scrape of each target.

    Every array has shape (n,). An observation covers (`start`, `end`] for counters and
    [`start`, `end`) for tables, in seconds since the epoch, UTC; the difference is one instant and
    plays no part. `attempts` is at least 0 and 0 <= `errors` <= `attempts`. Time without data has
    no observation: nothing is imputed, and no attempts is not the same as no observation.

    `cell` numbers the time steps, non-decreasing: observations of several targets that were scraped
    in the same step share a cell, and the counts of a cell share one overdispersed error ratio.
    Observations are ordered by cell. `step` is the typical length of a cell in seconds.
    """

    start: F64
    end: F64
    attempts: F64
    errors: F64
    cell: I64
    step: float

    def __post_init__(self) -> None:
        """Refuse arrays that break what the docstring promises, naming the first offender."""
        n = _same_length(self)
        _refuse(~np.isfinite(self.start) | ~np.isfinite(self.end), "a time is not finite")
        _refuse(self.end <= self.start, "an observation ends before it starts")
        _refuse(~np.isfinite(self.attempts) | (self.attempts < 0), "attempts are not 0 or more")
        _refuse(~np.isfinite(self.errors) | (self.errors < 0), "errors are not 0 or more")
        _refuse(self.errors > self.attempts, "errors exceed attempts")
        _refuse(self.attempts > MOST, "attempts exceed 2^53")
        if n > 1:
            _refuse(np.diff(self.cell) < 0, "cells are out of order")


@dataclass(frozen=True, slots=True)
class Levels:
    """A series without attempts: an error ratio, or an error rate or count of unknown exposure.

    Arrays have shape (n,), one observation [`start`, `end`) a step, ordered, not overlapping;
    `value` is finite and at least 0 (missing values have no observation). `quantity` is `ratio`
    (0 to 1) or `level` (errors per second, or errors per interval).
    """

    start: F64
    end: F64
    value: F64
    step: float
    quantity: Literal["ratio", "level"]

    def __post_init__(self) -> None:
        """Refuse arrays that break what the docstring promises, naming the first offender."""
        n = _same_length(self)
        _refuse(~np.isfinite(self.start) | ~np.isfinite(self.end), "a time is not finite")
        _refuse(self.end <= self.start, "an observation ends before it starts")
        _refuse(~np.isfinite(self.value) | (self.value < 0), "the value is not 0 or more")
        if self.quantity == "ratio":
            _refuse(self.value > 1, "an error ratio is above 1")
        if n > 1:
            _refuse(np.diff(self.start) <= 0, "times are out of order")


Series = Counts | Levels


def table(start: F64, step: float, attempts: F64, errors: F64) -> Counts:
    """Per-interval counts, one row a step: each row is a cell of its own.

    `start` marks the (inclusive) start of each interval of `step` seconds.
    """
    return Counts(start, start + step, attempts, errors, np.arange(len(start)), step)


def _same_length(series: Series) -> int:
    lengths = {
        len(value)
        for value in (getattr(series, field.name) for field in fields(series))
        if isinstance(value, np.ndarray)
    }
    if len(lengths) != 1:
        raise SeriesError("the arrays of a series differ in length")
    if series.step <= 0:
        raise SeriesError("the step of a series is not positive")
    return lengths.pop()


def _refuse(bad: Bool, message: str) -> None:
    if bad.any():
        raise SeriesError(message, int(np.argmax(bad)))
