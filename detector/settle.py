"""Normal running and elevated stretches, learnt from each other, of many rows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.baseline import Baseline, Normal, first_look, fit
from detector.evidence import EFFECTS, Evidence, evidence_of
from detector.screen import Zone, screen
from detector.search import Elevated, cell_zones, elevated
from detector.series import F64
from detector.stack import Row, Stack, stack_of
from detector.waves import inflations

ROUNDS = 3
"""Windows taint what is expected, and what is expected decides the windows: after the first look,
three rounds settle."""

BESIDE = 2
"""Cells beside an elevated stretch that are not used as examples of normal running."""

LEAST_NORMAL = 15
"""Cells of normal running without which all of a row is taken for it."""

CERTAINTY = float(np.log(1_000))
"""Beyond the number of places and effects tried: one false stretch in a thousand such series,
were the noise as it is modelled."""

ALIKE = 0.002
"""Where no more than this share of a row's blocks would be judged otherwise, nothing moves."""

BLIND = 2.0
"""Where overdispersion inflates the variance of a cell by more than this, sums over blocks forget
too much (how many cells had no error at all): every cell of such a row is weighed."""

Found = dict[int, list[Elevated]]
"""The elevated stretches of those rows that have any."""

Settled = tuple[Evidence, list[Elevated]]
"""A row beside what is expected of it, and its elevated stretches."""


def settle(rows: Sequence[Row], stack: Stack, zone: str) -> list[Settled]:
    """Learn normal running and elevated stretches of all rows from each other.

    First outside of what a first look finds, then outside of what was found, until nothing moves;
    only rows in which something still moves are looked at again.
    """
    normal = _outside(stack, _search(stack, first_look(stack), zone))
    result: dict[int, Settled] = {}
    left = list(range(len(rows)))
    for _ in range(ROUNDS):
        baseline = fit(stack, normal)
        found = _search(stack, baseline, zone)
        for place, row in enumerate(left):
            result[row] = evidence_of(stack, baseline, place, zone), found.get(place, [])
        outside = _outside(stack, found)
        moved = [place for place in sorted(found) if _moves(stack, place, normal, outside)]
        if not moved:
            break
        normal = _of_rows(stack, outside, moved)
        left = [left[place] for place in moved]
        stack = stack if len(moved) == stack.size else stack_of([rows[i] for i in left], zone)
    return [result[row] for row in range(len(rows))]


def _moves(stack: Stack, row: int, before: Normal, after: Normal) -> bool:
    """Whether so much of a row is judged otherwise that its normal running must be learnt anew."""
    own = stack.blocks(row)
    changed = (before.level[own] != after.level[own]) | (before.noise[own] != after.noise[own])
    return int(changed.sum()) > ALIKE * len(changed)


def _of_rows(stack: Stack, normal: Normal, rows: Sequence[int]) -> Normal:
    """The blocks of some rows alone."""
    own = np.concatenate([np.arange(stack.first[row], stack.first[row + 1]) for row in rows])
    return Normal(normal.level[own], normal.noise[own])


def penalties(cells: F64, effects: int = EFFECTS) -> F64:
    """Nats that a stretch of a row of so many cells must win: places, effects, and certainty."""
    penalty: F64 = np.log(np.maximum(cells, 2) * effects) + CERTAINTY
    return penalty


def _outside_zones(stack: Stack, zones: dict[int, list[Zone]]) -> Normal:
    """The blocks outside of suspicious zones and of the blocks beside these."""
    calm = np.ones(len(stack.row), dtype=bool)
    for row, own in zones.items():
        blocks = stack.blocks(row)
        for start, stop in own:
            calm[blocks][max(start - 1, 0) : stop + 1] = False
    return _enough(stack, Normal(calm, calm))


def _outside(stack: Stack, found: Found) -> Normal:
    """The blocks that no elevated stretch touches; frequent bursts of one cell are noise, no level.

    Bursts of one cell tell how restless a service is where there is more than one a day. A few a
    week are events of their own: counted as noise, they would make every rare error look normal.
    """
    days = stack.by_row(stack.seconds) / 86400
    level = np.ones(len(stack.row), dtype=bool)
    noise = level.copy()
    for row, own in found.items():
        blocks = stack.blocks(row)
        cell = stack.cell[blocks]
        restless = sum(one.stop - one.start == 1 for one in own) > max(days[row], 1.0)
        for one in own:
            low = int(np.searchsorted(cell, one.start - BESIDE, side="right")) - 1
            high = int(np.searchsorted(cell, one.stop + BESIDE))
            touched = slice(blocks.start + max(low, 0), blocks.start + high)
            level[touched] = False
            if one.stop - one.start > 1 or not restless:
                noise[touched] = False
    return _enough(stack, Normal(level, noise))


def _enough(stack: Stack, normal: Normal) -> Normal:
    """Where hardly anything would be left of a row, take all of it."""
    left = stack.by_row(np.where(normal.level, stack.length, 0.0))
    few = (left < LEAST_NORMAL)[stack.row]
    return Normal(normal.level | few, normal.noise | few)


def _search(stack: Stack, baseline: Baseline, zone: str) -> Found:
    """Find the elevated stretches of all rows, the cells weighed one by one where need be."""
    asked = penalties(stack.cells)
    zones = screen(stack, baseline, asked)
    blind = np.flatnonzero(baseline.rho * stack.by_row(stack.nn) > BLIND * stack.by_row(stack.n))
    found: Found = {}
    for row in sorted({*zones, *blind.tolist()}):
        evidence = evidence_of(stack, baseline, row, zone)
        size = evidence.row.grid.size
        cells = [(0, size)]
        if row not in blind:
            cells = cell_zones(zones[row], stack.cell[stack.blocks(row)], size)
        found[row] = elevated(evidence.part, cells, evidence.effects(), float(asked[row]))
    return _above_waves(stack, baseline, zones, asked, found)


def _above_waves(
    stack: Stack, baseline: Baseline, zones: dict[int, list[Zone]], asked: F64, found: Found
) -> Found:
    """Keep the stretches whose evidence, divided by what waves of their length add, still wins."""
    rows = [row for row, own in found.items() if own]
    waves = inflations(stack, baseline, _outside_zones(stack, zones).noise, rows)
    kept: Found = {}
    for row, factor in zip(rows, waves, strict=True):
        own = [o for o in found[row] if o.won > asked[row] * factor(o.stop - o.start)]
        if own:
            kept[row] = own
    return kept
