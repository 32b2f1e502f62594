"""Normal running and elevated stretches, learnt from each other, of many rows at once."""

from __future__ import annotations

import numpy as np

from detector.baseline import Baseline, Normal, first_look, fit
from detector.evidence import EFFECTS, evidence_of
from detector.screen import Zone, screen
from detector.search import Elevated, cell_zones, elevated
from detector.series import F64
from detector.stack import Stack
from detector.waves import inflation

ROUNDS = 3
"""Windows taint what is expected, and what is expected decides the windows: three rounds settle."""

BESIDE = 2
"""Cells beside an elevated stretch that are not used as examples of normal running."""

LEAST_NORMAL = 15
"""Cells of normal running without which all of a row is taken for it."""

CERTAINTY = float(np.log(1_000))
"""Beyond the number of places and effects tried: one false stretch in a thousand such series,
were the noise as it is modelled."""

Found = dict[int, list[Elevated]]
"""The elevated stretches of those rows that have any."""


def first_round(stack: Stack, zone: str) -> tuple[Baseline, Found]:
    """Learn normal running outside of what looks suspicious at first, and search."""
    suspicious = screen(stack, first_look(stack), penalties(stack.cells))
    baseline = fit(stack, _outside_zones(stack, suspicious))
    return baseline, _search(stack, baseline, zone)


def settle(stack: Stack, found: Found, zone: str) -> tuple[Baseline, Found]:
    """Learn normal running outside of what was found, and search again, until nothing moves."""
    for _ in range(ROUNDS - 1):
        baseline = fit(stack, _outside(stack, found))
        before, found = found, _search(stack, baseline, zone)
        if _ranges(found) == _ranges(before):
            break
    return baseline, found


def _ranges(found: Found) -> list[tuple[int, int, int]]:
    return [(row, one.start, one.stop) for row, own in found.items() for one in own]


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
    """The blocks that no elevated stretch touches; a burst of one cell is noise, but no level."""
    level = np.ones(len(stack.row), dtype=bool)
    noise = level.copy()
    for row, own in found.items():
        blocks = stack.blocks(row)
        cell = stack.cell[blocks]
        for one in own:
            low = int(np.searchsorted(cell, one.start - BESIDE, side="right")) - 1
            high = int(np.searchsorted(cell, one.stop + BESIDE))
            touched = slice(blocks.start + max(low, 0), blocks.start + high)
            level[touched] = False
            if one.stop - one.start > 1:
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
    found: Found = {}
    zones = screen(stack, baseline, asked)
    normal = _outside_zones(stack, zones).noise if zones else None
    for row, own in zones.items():
        assert normal is not None  # there are zones
        evidence = evidence_of(stack, baseline, row, zone)
        size = evidence.row.grid.size
        cells = cell_zones(own, stack.cell[stack.blocks(row)], size)
        waves = inflation(stack, baseline, normal, row)
        effects, penalty = evidence.effects(), float(asked[row])
        stretches = elevated(evidence.part, cells, effects, penalty, waves)
        if stretches:
            found[row] = stretches
    return found
