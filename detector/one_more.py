"""What one more of a few alike things will be: Student's t, for weeks, days and forecasts."""

from __future__ import annotations

from math import sqrt

from scipy.special import stdtrit

from detector.estimate import LEVEL
from detector.series import F64


def one_more(sample: F64, least: float = 0.0) -> tuple[float, float, float]:
    """Mean of a sample of n > 1, half the 95 % interval of one more, and its standard deviation.

    The deviation is that between them, with that of the mean: s sqrt(1 + 1/n), at least `least`;
    the interval is Student's with n - 1 degrees of freedom.
    """
    n = len(sample)
    error = max(float(sample.std(ddof=1)) * sqrt(1 + 1 / n), least)
    return float(sample.mean()), float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error, error
