"""Edges that build up over many cells: a slow roll-out, a queue that fills, an empty cache."""

from __future__ import annotations

import numpy as np

from detector.edge import Edge, summary
from detector.evidence import Slice
from detector.series import F64
from detector.touched import summed, table_of

SCALES = (4, 8, 16, 32, 64)
"""Cells of a stretch whose effect is compared with that of twice as many after them."""

MOST_REACH = 224
PLACES = 241
LENGTHS = 8
EFFECTS = 5
TOUCHED = 17
SLOW = 0.1
"""How likely an edge that climbs for longer is beforehand; the rest are sharp."""


def slow_onset(cells: Slice, floor: int, start: int, stop: int) -> Edge | None:
    """Find the onset of the stretch [`start`, `stop`) if it climbs for long, else None.

    It may climb from nothing, or from half of its effect, while retries pile up. The edge is where
    half of the effect is there: a sharp outage that begins then has as many errors. Tried only
    where the first cells are clearly less hit than those after them.
    """
    scale = _climbing(cells, start, stop)
    if scale is None:
        return None
    reach = min(16 * scale, MOST_REACH)
    low, high = max(floor, start - reach), min(stop, start + reach)
    part = cells(low, high)
    grid = part.grid
    late = (min(start - low + 2 * scale, grid.size - 2), grid.size)
    step = float(np.median(grid.end - grid.start))
    middle = float(grid.start[start - low])
    places = middle + step * scale * np.linspace(-2, 10, PLACES)
    lengths = step * scale * np.geomspace(0.5, 16, LENGTHS)
    table = table_of(part, part.effects(*late, EFFECTS), TOUCHED)
    at = places[:, None]
    sharp = grid.exposure(at, np.zeros((1, 1)), 1.0)
    shapes = [sharp]
    for length in lengths:
        shapes.append(grid.exposure(at - length / 2, np.full((1, 1), length), 1.0))
        shapes.append((sharp + grid.exposure(at, np.full((1, 1), length), 1.0)) / 2)
    mass = np.logaddexp.reduce(summed(table, np.array(shapes)), axis=0)
    mass += np.log([1 - SLOW, *[SLOW / (2 * LENGTHS)] * (2 * LENGTHS)])[:, None]
    weight: F64 = np.exp(mass - mass.max())
    if weight[1:].sum() <= weight[0].sum():
        return None
    return summary(places, weight[1:].sum(axis=0))


def _climbing(cells: Slice, start: int, stop: int) -> int | None:
    """The smallest scale at which the beginning is less hit than what follows, if there is one."""
    first = start + 1  # the cell that the edge may cut is less hit in any case
    for scale in SCALES:
        if first + 3 * scale >= stop:
            break
        part = cells(first, first + 3 * scale)
        early = part.effects(0, scale, 3)
        late = part.effects(scale, 3 * scale, 3)
        # The outer effects lie 2.5 deviations off: 1.75 of them apart is a fair hint.
        if 0.3 * early[1] + 0.7 * early[2] < 0.7 * late[0] + 0.3 * late[1]:
            return scale
    return None
