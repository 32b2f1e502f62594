"""The errors of a window by the values of each label, whether or not one value carries them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.carriers import carriers
from detector.estimate import Estimate
from detector.findings.carrying import LEAST_NORMAL, Breakdown, inside_of, normal_of
from detector.results import LabelErrors, Split, Window
from detector.users.edges import Stretch

MOST = 10
"""Values of a label that are listed; the rest is summed."""
TOO_LITTLE = "there is too little normal running to compare with"


def splits(
    breakdowns: Sequence[Breakdown], window: Window, outages: Sequence[Stretch]
) -> tuple[Split, ...]:
    """One for each label that the errors carry, its values with the most beyond the usual first.

    Bins that the window cuts count by the part inside. Without enough normal running nothing is
    expected of a value, and those with the most errors come first.
    """
    return tuple(_split(one, window, outages) for one in breakdowns if len(one.values))


def _split(given: Breakdown, window: Window, outages: Sequence[Stretch]) -> Split:
    inside, normal = inside_of(given, window), normal_of(given, outages)
    seen = dict(zip(given.values, (given.errors * inside).sum(axis=1).tolist(), strict=True))
    if np.count_nonzero(normal) < LEAST_NORMAL:
        unknown = Estimate.not_derivable("ratio", TOO_LITTLE)
        order = sorted(seen, key=lambda value: (-seen[value], value))
        listed = [LabelErrors(value, seen[value], None, unknown) for value in order]
    else:
        found = carriers(given.values, given.attempts, given.errors, inside, normal)
        listed = [
            LabelErrors(one.value, seen[one.value], _usual(seen[one.value], one.excess), one.share)
            for one in found
        ]
    rest = sum(one.errors for one in listed[MOST:])
    return Split(given.kind, given.label, tuple(listed[:MOST]), max(len(listed) - MOST, 0), rest)


def _usual(seen: float, excess: Estimate) -> float:
    assert excess.value is not None  # an excess always has one
    return max(seen - excess.value, 0.0)
