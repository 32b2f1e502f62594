"""What is wrong with attempts per user, so that nothing may be counted in them."""

from __future__ import annotations

import numpy as np

from detector.estimate import percent
from detector.model import Detection
from detector.results import Window
from detector.series import Bool, Counts
from detector.users.edges import Stretch
from detector.users.model import UserAttempts

LEAST_SEEN = 0.8
"""Of the attempts that the metrics count, so many must be there: a sample of them is no answer."""
ENOUGH = 100
"""Fewer attempts than this show neither equal ids nor reversed outcomes."""
REVERSED = 0.3
"""So far from the error ratio of the metrics, and nearer to its opposite."""
MOST_FAILING = 0.9


def doubt(attempts: UserAttempts, normal: Bool, window: Window, detection: Detection) -> str | None:
    """Why users must not be counted in these attempts; None where nothing speaks against it.

    `normal` (n,) marks records outside of all windows.
    """
    inside = attempts.between(window.onset, window.until)
    tried = int(attempts.attempts[inside].sum())
    if tried == 0:
        return "the attempts per user do not reach into the window"
    if tried >= ENOUGH and len(np.unique(attempts.user[inside])) == 1:
        return f"all {tried} attempts of the window carry the same user id"
    return _reversed(attempts, normal, inside, window, detection) or _partial(
        attempts, tried, window
    )


def _partial(attempts: UserAttempts, tried: int, window: Window) -> str | None:
    counted = window.attempts.value
    if counted is None or counted < ENOUGH:
        return None
    seen = tried / attempts.fraction / counted
    if seen >= LEAST_SEEN:
        return None
    return (
        f"the attempts per user are {percent(seen)} of those that the metrics count in the window:"
        " a sample of attempts tells no share of users (one of users by hash does)"
    )


def _reversed(
    attempts: UserAttempts, normal: Bool, inside: Bool, window: Window, detection: Detection
) -> str | None:
    """Whether successes and failures seem to be swapped, told by normal running or the window."""
    outside = _failing(attempts, normal)
    if outside is not None:
        expected = _usual_ratio(detection)
        if expected is None:
            wrong = outside > MOST_FAILING
        else:
            wrong = outside - expected > REVERSED and abs(1 - outside - expected) < REVERSED
        text = f"{percent(outside)} of the attempts per user fail outside the windows"
        return f"{text}: are their outcomes reversed?" if wrong else None
    within, ratio = _failing(attempts, inside), window.error_ratio.value
    if within is None or ratio is None:
        return None
    if abs(within - ratio) > REVERSED and abs(1 - within - ratio) < abs(within - ratio):
        return (
            f"{percent(within)} of the attempts per user fail in the window and"
            f" {percent(ratio)} by the metrics: are their outcomes reversed?"
        )
    return None


def _failing(attempts: UserAttempts, where: Bool) -> float | None:
    """The share of attempts that fail; None of too few."""
    total = float(attempts.attempts[where].sum(dtype=np.float64))
    if total < ENOUGH:
        return None
    served = where & attempts.blamed("success")
    return 1 - float(attempts.attempts[served].sum(dtype=np.float64)) / total


def _usual_ratio(detection: Detection) -> float | None:
    """The error ratio of the metrics outside the windows, replaced ones too."""
    series = detection.series
    if not isinstance(series, Counts):
        return None
    windows = (*detection.windows, *detection.replaced)
    outside = outside_of(series.start, series.end, [(w.onset, w.until) for w in windows])
    total = float(series.attempts[outside].sum())
    return float(series.errors[outside].sum()) / total if total else None


def outside_of(first: np.ndarray, last: np.ndarray, stretches: list[Stretch]) -> Bool:
    """Which of the spans [`first`, `last`], shape (n,), meet none of the stretches."""
    found = np.ones(len(first), bool)
    for start, end in stretches:
        found &= ~((first < end) & (last >= start))
    return found
