"""Error budget: the share of what an objective allows that one window used up."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from detector.estimate import LEVEL, Estimate
from detector.overlap import overlap, total
from detector.results import Window
from detector.series import Counts, Series

DAY = 86_400.0
LEAST_DAYS = 2.0
NEEDS = "counts of attempts over two days at least"


@dataclass(frozen=True, slots=True)
class Objective:
    """A service level objective: `target`, a ratio below 1, over `window` seconds."""

    target: float
    window: float


def budget_burnt(series: Series, window: Window, objective: Objective) -> Estimate:
    """The errors that a window added, as a share of those that the objective allows.

    Allowed are (1 - target) of the attempts of the objective's window that ends with the outage's;
    what of it has no data is taken to be as busy as the rest, with the spread between days as its
    error. 1 is a whole budget; it may be more. Errors of normal running are not the outage's.
    Not derivable for a series without attempts, or with less than two days of data.
    """
    excess = window.excess_errors
    if not isinstance(series, Counts):
        return Estimate.not_derivable("ratio", "the series has no attempts", NEEDS)
    if excess.value is None:
        return Estimate.not_derivable("ratio", excess.reason or "no excess is known", excess.needs)
    assert excess.low is not None  # it has a value
    assert excess.high is not None
    end = window.until
    begin = end - objective.window
    rows, share, seconds = overlap(series, begin, end)
    attempts = total(series.attempts, rows, share)
    days = seconds / DAY
    if days < min(LEAST_DAYS, 0.9 * objective.window / DAY) or attempts <= 0:
        return Estimate.not_derivable("ratio", f"there are {days:.1f} days of data", NEEDS)
    missing = max(1 - seconds / objective.window, 0.0)
    expected = attempts / (1 - missing)
    error = missing * _daily_error(series, begin, end)
    allowed = (1 - objective.target) * expected
    length = objective.window / DAY
    of_it = "" if missing < 0.01 else f", of which {days:.1f} days have data"
    return Estimate.estimated(
        excess.value / allowed,
        max(excess.low, 0.0) / (allowed * (1 + error)),
        excess.high / (allowed * max(1 - error, 0.05)),
        "ratio",
        f"excess errors / ((1 - {objective.target:.6g}) x attempts of {length:g} days{of_it})",
    )


def _daily_error(series: Counts, begin: float, end: float) -> float:
    """The relative error of the mean of daily attempts, 95 %."""
    first = max(begin, float(series.start.min()))
    day = ((series.start - first) // DAY).astype(np.int64)
    whole = int((end - first) // DAY)
    kept = (day >= 0) & (day < whole)
    if whole < 2:
        return 1.0
    totals = np.bincount(day[kept], weights=series.attempts[kept], minlength=whole)
    spread = float(totals.std(ddof=1) / max(totals.mean(), 1e-9)) / sqrt(whole)
    return float(min(stdtrit(whole - 1, (1 + LEVEL) / 2) * spread, 1.0))
