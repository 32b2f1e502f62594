"""Raw counter samples to counts: increases per series, aligned to their target's scrapes, summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.series import F64, Counts


@dataclass(frozen=True, slots=True)
class Counter:
    """The raw samples of one counter series.

    `target` identifies what was scraped (job and instance; empty if unknown): series of one target
    share their scrape instants. `time` (seconds, strictly increasing) and `value` have shape (n,);
    NaN and stale samples are left out by the caller: they mean no sample.
    """

    target: str
    time: F64
    value: F64


@dataclass(frozen=True, slots=True)
class Increases:
    """Counts made from counters, how many observations were clipped, or why there are none."""

    counts: Counts | None
    clipped: int
    refused: str | None = None


def increases(attempts: Sequence[Counter], errors: Sequence[Counter]) -> Increases:
    """Increases of attempts and errors over (t1, t2] of each target's successive scrapes."""
    raise NotImplementedError
