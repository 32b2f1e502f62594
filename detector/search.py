"""Elevated stretches of one row, cell by cell, in the zones that a screen found suspicious."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detector.screen import Zone, merged
from detector.segments import risen, segments, settled_at
from detector.series import F64, I64

MARGIN = 3
"""Blocks looked at on either side of a zone."""

PHASE_CERTAINTY = float(np.log(1_000))
"""Beyond places and effects, what a phase beside an outage must win."""

MOST_PHASES = 6
"""How often phases are looked for beside those just found."""

SETTLING = 256
"""Cells that are looked at in one go when waiting for the evidence of quiet."""


class Scores(Protocol):
    """Successive cells and the log-likelihood ratios of their being elevated."""

    def score(self, effect: F64) -> F64:
        """The score of each of the c cells under each effect: `effect` (e, 1) gives (e, c)."""


@dataclass(frozen=True, slots=True)
class Elevated:
    """Cells [`start`, `stop`) of a row, the effect that fits them best, and what it won in nats."""

    start: int
    stop: int
    effect: float
    won: float


Slice = Callable[[int, int], Scores]
"""The cells from the first to the second (exclusive) of a row."""


def elevated(cells: Slice, zones: Sequence[Zone], effects: F64, penalty: float) -> list[Elevated]:
    """Find the stretches in `zones` (ranges of cells) that win more than `penalty`, in order."""
    found: list[Elevated] = []
    for first, last in zones:
        score = cells(first, last).score(effects[:, None])
        rises = risen(score, penalty)
        candidates = [
            Elevated(first + start, first + stop, float(effect), float(part[start:stop].sum()))
            for effect, part in zip(effects[rises], score[rises], strict=True)
            for start, stop in segments(part, penalty)
        ]
        for cluster in _overlapping(sorted(candidates, key=lambda one: (one.start, one.stop))):
            found += _best(cluster, penalty)
    return found


def _best(cluster: list[Elevated], penalty: float) -> list[Elevated]:
    """Keep of stretches that overlap those of the effect that wins most."""
    gain: dict[float, float] = {}
    for one in cluster:
        gain[one.effect] = gain.get(one.effect, 0.0) + one.won - penalty
    best = max(gain, key=lambda effect: gain[effect])
    return [one for one in cluster if one.effect == best]


def _overlapping(candidates: list[Elevated]) -> list[list[Elevated]]:
    """Group candidates, sorted by start, that overlap directly or through others."""
    clusters: list[list[Elevated]] = []
    reach = -1
    for candidate in candidates:
        if candidate.start < reach:
            clusters[-1].append(candidate)
        else:
            clusters.append([candidate])
        reach = max(reach, candidate.stop)
    return clusters


def with_phases(
    cells: Slice, found: Sequence[Elevated], size: int, reach: int, effects: F64
) -> list[Elevated]:
    """Add the weaker stretches within `reach` cells of those found: parts of one that flaps.

    Beside an outage there are few places to look at, so less is asked. The cell that touches a
    stretch is left to its edge.
    """
    asked = float(np.log(max(2 * reach, 2) * len(effects))) + PHASE_CERTAINTY
    result = list(found)
    for _ in range(MOST_PHASES):
        stops = [0, *(one.stop + 1 for one in result)]
        starts = [*(one.start - 1 for one in result), size]
        gaps: set[Zone] = set()
        for i, (low, high) in enumerate(zip(stops, starts, strict=True)):
            near_end = (low, min(low + 2 * reach, high)) if i else (low, low)
            near_start = (max(high - 2 * reach, low), high) if i < len(result) else (high, high)
            gaps |= {gap for gap in (near_end, near_start) if gap[0] < gap[1]}
        more = elevated(cells, merged(sorted(gaps), 0), effects, asked)
        more = [one for one in more if _apart(cells, one, result, reach)]
        if not more:
            break
        result = sorted([*result, *more], key=lambda one: one.start)
    return result


def _apart(cells: Slice, one: Elevated, found: Sequence[Elevated], reach: int) -> bool:
    """Whether a phase lies near a stretch, and what is between looks quiet: else it is its edge."""
    gaps = [(other.stop, one.start) for other in found if other.stop <= one.start]
    gaps += [(one.stop, other.start) for other in found if one.stop <= other.start]
    low, high = min(gaps, key=lambda gap: gap[1] - gap[0])
    between = cells(low, high).score(np.array([[one.effect]]))
    return high - low <= reach and float(between.sum()) < 0


def settled(cells: Slice, one: Elevated, until: int, penalty: float) -> bool:
    """Whether the evidence of quiet between a stretch and cell `until` beats `penalty`."""
    total = 0.0
    for begin in range(one.stop, until, SETTLING):
        part = cells(begin, min(begin + SETTLING, until)).score(np.array([[one.effect]]))[0]
        if settled_at(part, 0, penalty + total):
            return True
        total += float(part.sum())
    return False


def cell_zones(zones: Sequence[Zone], cell: I64, size: int) -> list[Zone]:
    """Ranges of blocks, some blocks wider, as ranges of cells; `cell` is where blocks begin."""
    ends = np.append(cell, size)
    last = len(ends) - 1
    return [
        (int(ends[start]), int(ends[min(stop, last)]))
        for start, stop in merged(list(zones), MARGIN)
    ]
