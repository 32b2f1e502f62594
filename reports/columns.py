"""A curve as arrays that a chart draws: NaN where there is no value, steps with breaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.facts import Curve

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """The fields of a `Curve` as arrays of shape (m,)."""

    start: F64
    end: F64
    low: F64
    high: F64
    expected: F64
    usual_low: F64
    usual_high: F64
    per_minute: F64


def columns(curve: Curve) -> Columns:
    """The curve with NaN for None."""
    return Columns(
        *(np.array(getattr(curve, name), dtype=np.float64) for name in Columns.__dataclass_fields__)
    )


def steps(start: F64, end: F64, value: F64) -> tuple[F64, F64]:
    """(x, y) of a step line over [`start`, `end`) each, broken (NaN) where time is left out."""
    x = np.stack([start, end], axis=1).ravel()
    y = np.stack([value, value], axis=1).ravel()
    hole = np.flatnonzero(start[1:] > end[:-1] + 0.5 * (end[:-1] - start[:-1]))
    return np.insert(x, 2 * hole + 2, end[hole]), np.insert(y, 2 * hole + 2, np.nan)
