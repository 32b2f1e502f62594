"""How much of something was to be expected in a stretch, by the same hours of other days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from detector.findings.model import Ratio
from detector.one_more import one_more
from detector.overlap import overlap, total
from detector.series import F64, Counts
from detector.users.edges import Stretch

DAY, WEEK = 86_400.0, 604_800.0
LEAST, MOST = 3, 14
"""So many comparable stretches are needed to know how much they differ, and so many are taken."""
COVER = 0.9

Amount = Callable[[Stretch], float | None]
"""How much there was in a stretch; None where that is not known."""


def comparables(window: Stretch, extent: Stretch, outages: Sequence[Stretch]) -> list[Stretch]:
    """The same hours of other weeks where there are three, else of other days, the nearest first.

    Only stretches inside `extent` that meet no outage; days do not overlap the window.
    """
    weeks = _moved(window, WEEK, extent, outages)
    return weeks if len(weeks) >= LEAST else _moved(window, DAY, extent, outages)


def _moved(
    window: Stretch, step: float, extent: Stretch, outages: Sequence[Stretch]
) -> list[Stretch]:
    start, end = window
    found: list[Stretch] = []
    first = max(int(-(-(end - start) // step)), 1)
    for back in range(first, first + 2 * MOST):
        for side in (-back, back):
            moved = (start + side * step, end + side * step)
            inside = extent[0] <= moved[0] and moved[1] <= extent[1]
            if inside and not any(moved[0] < u and o < moved[1] for o, u in outages):
                found.append(moved)
    return found[:MOST]


def against(amount: Amount, window: Stretch, others: Sequence[Stretch]) -> Ratio | None:
    """What there is in the window as a multiple of what the others make expect.

    The logarithms of the others are one sample of which the window is one more: Student's t.
    """
    seen = amount(window)
    known = [a for a in map(amount, others) if a is not None and a > 0]
    if seen is None or len(known) < LEAST:
        return None
    # Counts are Poisson at least, however alike the others happen to be.
    mean, reach, _ = one_more(np.log(np.array(known)), least=1 / sqrt(max(seen, 1.0)))
    value = max(seen, 0.5) / float(np.exp(mean))
    return Ratio(value, value * float(np.exp(-reach)), value * float(np.exp(reach)))


def of_series(series: Counts, values: F64) -> Amount:
    """The sum of `values`, one an observation of the series, in a stretch, cut ones in part."""

    def amount(stretch: Stretch) -> float | None:
        rows, share, seconds = overlap(series, *stretch)
        known = seconds >= COVER * (stretch[1] - stretch[0])
        return total(values, rows, share) if known else None

    return amount
