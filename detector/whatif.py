"""Which plain alerting rule would have fired: a threshold on the error ratio, held for a while."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """`error ratio over range_seconds > threshold`, held for `for_seconds`, on the data at hand.

    `threshold` is the lowest of a ladder that never fires outside the windows of the data;
    `fired_at` (seconds since the epoch) is when it would have fired in the window, None if never;
    `history_seconds` is how much normal running that was tried on.
    """

    threshold: float
    range_seconds: float
    for_seconds: float
    fired_at: float | None
    history_seconds: float
