"""Windows with given edges, and attempts from rows, for the tests of the share of users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detector.detect import detect
from detector.estimate import Estimate
from detector.model import Detection
from detector.results import Window
from detector.users import SUCCESS, Outcome, UserAttempts
from tests.detector.simulated import DAY, EPOCH, counts

ONSET, END = EPOCH + 9 * DAY, EPOCH + 9 * DAY + 3600.0
DONE, SYSTEM, USER, UNKNOWN = 0, 1, 2, 3
OUTCOMES = (
    SUCCESS,
    Outcome("backend", "system"),
    Outcome("bad_password", "user"),
    Outcome("weird_code", "unclassified"),
)
FOUND = detect(counts(1, step=60, outages=((ONSET, END, 0.5),)))

Row = tuple[float, int, int]
"""Time, user, outcome."""


def window(start: float = ONSET, end: float = END, reach: float = 0.0) -> Window:
    """The window that is found there, with other edges, exact or give or take `reach` seconds."""
    return replace(
        FOUND.windows[0],
        start=Estimate.estimated(start, start - reach, start + reach, "time", "set"),
        end=Estimate.estimated(end, end - reach, end + reach, "time", "set"),
        duration_seconds=Estimate.estimated(
            end - start, end - start - 2 * reach, end - start + 2 * reach, "seconds", "set"
        ),
    )


def detection(*windows: Window) -> Detection:
    """What was found in the series, with these windows."""
    return replace(FOUND, windows=windows)


def attempts(
    rows: Sequence[Row], outcomes: tuple[Outcome, ...] = OUTCOMES, fraction: float = 1.0
) -> UserAttempts:
    """One record a row."""
    time, user, outcome = zip(*rows, strict=True) if rows else ((), (), ())
    return UserAttempts.single(
        np.array(time, dtype=float),
        np.array(user, dtype=np.uint64),
        np.array(outcome, dtype=np.uint16),
        outcomes,
        fraction=fraction,
    )


def none() -> UserAttempts:
    """No attempts at all."""
    return attempts([])


def by_minutes(tried: UserAttempts, interval: float = 60.0) -> UserAttempts:
    """The same as records of a user, minute and outcome each, made one after another."""
    records: dict[tuple[int, int, int], list[float]] = {}
    for time, user, outcome in zip(tried.first, tried.user, tried.outcome, strict=True):
        key = (int(time // interval), int(user), int(outcome))
        records.setdefault(key, []).append(float(time))
    n = len(records)
    return UserAttempts(
        np.array([user for _, user, _ in records], np.uint64),
        np.array([min(times) for times in records.values()]),
        np.array([max(times) for times in records.values()]),
        np.array([len(times) for times in records.values()], np.uint32),
        np.array([outcome for _, _, outcome in records], np.uint16),
        np.zeros(n, np.uint32),
        tried.outcomes,
        interval=interval,
    )
