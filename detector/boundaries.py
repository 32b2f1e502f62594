"""Where exactly an elevated stretch began or ended: the posterior over the edge, inside cells too.

Between its edges an outage lets an extra fraction `a` of attempts fail, at once or building up. The
likelihood of the cells around the edge is summed over a grid of (edge, shape, a) with flat priors
on the edge and on the log-odds of a; the point is the median of the edge and the interval its
central 95 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.brief import AROUND, SHORT, both
from detector.edge import Edge, Edges, apart, limit, summary
from detector.evidence import Likelihood, Slice
from detector.grid import Grid
from detector.ramps import Side, slow_onsets
from detector.series import F64
from detector.sums import tally
from detector.touched import summed, table_of

SHAPES = (
    (1.0, 0.0, 0.880),
    (0.5, 1.0, 0.023),
    (0.5, 2.0, 0.023),
    (0.5, 4.0, 0.017),
    (0.0, 0.5, 0.012),
    (0.0, 1.0, 0.010),
    (0.0, 2.0, 0.010),
    (0.0, 4.0, 0.010),
    (0.0, 8.0, 0.015),
)
"""How an edge may look: the share of the effect that is there at once, the cells over which the
rest builds up, and how likely that is beforehand. Most edges are sharp (a deploy, a switch); behind
many the retries of those who failed build up; some come slowly (a roll-out, a queue that fills).
The edge is where half of the effect is there: a sharp outage from there on has as many errors."""

LONGEST = 8
"""Cells that the slowest shape takes."""

NEGLIGIBLE = 12.0
"""Positions this many nats below the best are left out of the refinement."""

FINE = 40
"""Where the edge may lie in more cells than this, places inside a cell make no difference."""

PLACES, LEAST_PLACES, MOST_PLACES = 96, 2, 16
"""Places tried in all, and in a cell: where the edge is vague, fewer in each will do."""

TOUCHED = 49
"""Shares of a cell's time for which its likelihood is computed; what lies between is read off."""

EFFECTS = 7
ENOUGH = 100.0
"""Nats of evidence beyond an edge after which more cells would add nothing to it."""

LEAST_REACH, MOST_REACH = 24, 1024


def edges(cells: Slice, floor: int, start: int, stop: int, ceiling: int, size: int) -> Edges:
    """Find when the stretch of cells [`start`, `stop`) of a row of `size` cells began and ended.

    Cells before `floor` and from `ceiling` on have no say. A recovery is the onset of the same data
    with time running backwards.
    """
    if stop - start <= SHORT and start > 0 and stop < size:
        return both(cells(max(floor, start - AROUND), min(ceiling, stop + AROUND)))

    def backwards(low: int, high: int) -> Likelihood:
        return cells(size - high, size - low).mirrored()

    onset, recovery = _onsets(
        [
            _side(cells, floor, start, stop),
            _side(backwards, size - ceiling, size - stop, size - start),
        ]
    )
    return apart(onset, Edge(-recovery.point, -recovery.high, -recovery.low, recovery.at_limit))


def _side(cells: Slice, floor: int, start: int, stop: int) -> Side:
    """The stretch from one end; its last cell may be cut by the other and has no say."""
    return Side(cells, floor, start, stop - 1 if stop - start > 1 else stop)


def _onsets(sides: Sequence[Side]) -> list[Edge]:
    """Find the onset from each side; where the data begin inside the stretch, that is all."""
    slow = iter(slow_onsets([side for side in sides if side.start > 0]))
    return [
        (next(slow) or _sharp(side))
        if side.start > 0
        else limit(float(side.cells(0, 1).grid.start[0]))
        for side in sides
    ]


def _sharp(side: Side) -> Edge:
    """Find an onset that is sharp, or nearly so."""
    reach = _reach(side.cells, side.start, side.stop)
    low = max(side.floor, side.start - max(reach - side.start, LEAST_REACH))
    part = side.cells(low, reach)
    inside = side.start + (reach - side.start > 2)
    effects = part.effects(inside - low, reach - low, EFFECTS)
    return _posterior(part, side.start - low, effects)


def _reach(cells: Slice, start: int, stop: int) -> int:
    """Find how far into the stretch the cells are worth weighing: until the evidence is plain."""
    for most in (LEAST_REACH, 8 * LEAST_REACH, MOST_REACH):
        limit = min(stop, start + most)
        part = cells(start, limit)
        full = np.ones(limit - start)
        effect = part.effects(0, limit - start, 3)[1]
        gain = part.loglik(full, effect) - part.loglik(0 * full, effect)
        total = np.cumsum(np.maximum(gain, 0))
        if total[-1] >= ENOUGH or limit == stop:
            break
    enough = start + int(np.searchsorted(total, ENOUGH)) + 1
    return min(limit, max(enough, start + LEAST_REACH))


def _posterior(part: Likelihood, start: int, effects: F64) -> Edge:
    """Find the edge among all cells of `part`: inside cells, or by the cell where it is vague."""
    full = np.ones((1, part.grid.size))
    gain = part.loglik(full, effects[:, None]) - part.loglik(0 * full, effects[:1, None])
    # Log-likelihood ratio of a sharp edge before each cell, for each effect.
    won = np.cumsum(gain[:, ::-1], axis=1)[:, ::-1]
    best = won.max(axis=0)
    likely = np.flatnonzero(best > best.max() - NEGLIGIBLE)
    # The margin is for what a slow edge may hide.
    first, last = max(0, int(likely[0]) - 4), min(part.grid.size, int(likely[-1]) + 2)
    if last - first <= FINE:
        seen = min(part.grid.size, last + LONGEST)
        beyond = gain[:, seen:].sum(axis=1)
        return _inside_cells(part, (first, last, seen), start, effects, beyond)
    mass = np.exp(won[:, first:last] - won.max()).sum(axis=0)
    begins, ends = part.grid.start[first:last], part.grid.end[first:last]
    return summary(begins, mass * (ends - begins))


def _inside_cells(
    part: Likelihood, zone: tuple[int, int, int], start: int, effects: F64, beyond: F64
) -> Edge:
    """Sum the likelihood over shapes and effects for places all over the cells of the zone.

    `zone` is its first cell, the cell after its last, and the cell after the last that a slow edge
    can reach; `beyond` (e,) is what the cells from there on say of each effect.
    """
    first, last, seen = zone
    grid = part.grid.slice(first, seen)
    table = table_of(part.slice(first, seen), effects, TOUCHED)
    each = int(np.clip(PLACES // (last - first), LEAST_PLACES, MOST_PLACES))
    places = np.linspace(grid.start[0], grid.end[last - first - 1], each * (last - first) + 1)
    step = _step(grid)
    exposure = _exposure(grid, places, step, _surge(part.grid, start))
    loglik = summed(table, exposure) + beyond[:, None, None]
    loglik += np.log([share for _, _, share in SHAPES])[None, :, None]
    mass = np.exp(loglik - loglik.max()).sum(axis=0)
    at_once, slow, _ = np.array(SHAPES).T[:, :, None]
    halfway = places + step * slow * np.maximum(0.5 - at_once, 0.0)
    # Shapes meet on the grid of places: what lies between two of them is as good as the nearer one.
    apart = float(places[1] - places[0])
    index = np.rint((halfway - places[0]) / apart).astype(np.int64)
    total = tally(index.ravel(), mass.ravel(), int(index.max()) + 1)
    return summary(places[0] + apart * np.arange(len(total)), total)


def _exposure(grid: Grid, places: F64, step: float, surge: float) -> F64:
    """How far each cell is touched by an edge of each shape at each place: (shapes, places, c)."""
    sharp = grid.exposure(places[:, None], np.zeros((1, 1)), surge)
    at_once, slow, _ = np.array(SHAPES[1:]).T[:, :, None, None]
    ramped = grid.exposure(places[None, :, None], step * slow, surge)
    return np.concatenate([sharp[None], at_once * sharp + (1 - at_once) * ramped])


def _step(grid: Grid) -> float:
    """The usual length of a cell, in seconds."""
    return float(np.median(grid.end - grid.start))


def _surge(grid: Grid, start: int) -> float:
    """How many times as many attempts arrive inside as before, the cells at the edge left out.

    Traffic varies from cell to cell: what may be chance counts as no change.
    """
    arrived = grid.sums(grid.weight)
    pace = arrived / (grid.end - grid.start)
    before = pace[max(0, start - 32) : max(0, start - 1)]
    # Retries build up: the first cell tells best, and a handful of attempts tells nothing.
    after = pace[start + 1 : start + 2]
    if len(before) < 2 or not len(after) or before.mean() <= 0 or arrived[start + 1] < 1:
        return 1.0
    change = float(np.log(after[0] / before.mean()))
    noise = float(before.std() / before.mean()) ** 2
    chance = 2 * np.sqrt(noise * (1 / len(before) + 1) + 1 / arrived[start + 1])
    sure = max(1.0 - (chance / change) ** 2, 0.0) if change else 0.0
    return float(np.clip(np.exp(sure * change), 0.1, 10.0))
