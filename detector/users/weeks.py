"""Comparable stretches of earlier weeks: the same hours of the week, with data and no outage."""

from __future__ import annotations

from collections.abc import Sequence

from detector.users.edges import Stretch

WEEK = 604_800.0
MOST_WEEKS = 8
LEAST_WEEKS = 2
"""One week alone does not tell how much weeks differ."""
SLACK = 3600.0
"""The data may begin so many seconds into the first stretch: they begin with an attempt."""


def earlier_weeks(
    window: Stretch, first: float, outages: Sequence[Stretch], most: int = MOST_WEEKS
) -> list[Stretch]:
    """The window moved back by whole weeks, the latest first, at most `most` of them.

    `first` is where the data begin, `outages` the windows that make a stretch no comparison: a week
    that meets one is left out. A window of more than a week is compared with weeks that end before
    it begins.
    """
    start, end = window
    skipped = int((end - start) // WEEK)
    found: list[Stretch] = []
    for back in range(1 + skipped, most + 1 + skipped):
        moved = (start - back * WEEK, end - back * WEEK)
        if moved[0] < first - min(SLACK, 0.05 * (end - start)):
            break
        if not any(moved[0] < until and onset < moved[1] for onset, until in outages):
            found.append(moved)
    return found
