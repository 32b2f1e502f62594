"""Where exactly an elevated stretch began or ended: the posterior over the edge, inside cells too.

Between its edges an outage lets an extra fraction `a` of attempts fail, at once or building up. The
likelihood of the cells around the edge is summed over a grid of (edge, shape, a) with flat priors
on the edge and on the log-odds of a; the point is the median of the edge and the interval its
central 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.evidence import Likelihood
from detector.grid import Grid
from detector.series import F64

SHAPES = (
    (1.0, 0.0, 0.70),
    (0.5, 1.0, 0.07),
    (0.5, 2.0, 0.07),
    (0.5, 4.0, 0.05),
    (0.0, 0.5, 0.04),
    (0.0, 1.0, 0.03),
    (0.0, 2.0, 0.02),
    (0.0, 4.0, 0.01),
    (0.0, 8.0, 0.01),
)
"""How an edge may look: the share of the effect that is there at once, the cells over which the
rest builds up, and how likely that is beforehand. Most edges are sharp (a deploy, a switch); behind
many the retries of those who failed build up; some come slowly (a roll-out, a queue that fills)."""

LONGEST = 8
"""Cells that the slowest shape takes."""

NEGLIGIBLE = 12.0
"""Positions this many nats below the best are left out of the refinement."""

FINE = 40
"""Where the edge may lie in more cells than this, places inside a cell make no difference."""

PLACES = 12
"""Places tried in a cell."""

EFFECTS = 7
ENOUGH = 100.0
"""Nats of evidence beyond an edge after which more cells would add nothing to it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An onset or recovery in seconds since the epoch, with its 95 % interval.

    `at_limit`: the data begin (or end) inside the stretch, so the true edge may lie beyond them.
    """

    point: float
    low: float
    high: float
    at_limit: bool = False


def onset(weigh: Likelihood, grid: Grid, floor: int, start: int, stop: int) -> Edge:
    """Find when the stretch of cells [`start`, `stop`) began; cells before `floor` have no say."""
    if start == 0:
        return _limit(float(grid.start[0]))
    if stop - start == 1:
        return _lone(weigh, grid, start)
    reach = _reach(weigh, start, stop)
    return _posterior(weigh, grid, max(floor, 2 * start - reach), start, reach)


def recovery(weigh: Likelihood, grid: Grid, start: int, stop: int, ceiling: int) -> Edge:
    """Find when the stretch [`start`, `stop`) ended; cells from `ceiling` on have no say.

    A recovery is the onset of the same data with time running backwards.
    """
    m = grid.size
    if stop == m:
        return _limit(float(grid.end[-1]))
    back = onset(_Mirrored(weigh, m), _mirror(grid), m - ceiling, m - stop, m - start)
    return Edge(-back.point, -back.high, -back.low, back.at_limit)


def _limit(time: float) -> Edge:
    return Edge(time, time, time, at_limit=True)


@dataclass(frozen=True, slots=True)
class _Mirrored:
    """A likelihood with its cells in reverse order."""

    weigh: Likelihood
    size: int

    def loglik(self, low: int, high: int, exposure: F64, effect: F64) -> F64:
        flipped = exposure[..., ::-1]
        return self.weigh.loglik(self.size - high, self.size - low, flipped, effect)[..., ::-1]

    def plausible(self, low: int, high: int, size: int) -> F64:
        return self.weigh.plausible(self.size - high, self.size - low, size)


def _mirror(grid: Grid) -> Grid:
    """Reverse the order of time: cells, and the observations within them."""
    n = len(grid.obs_start)
    return Grid(
        -grid.end[::-1],
        -grid.start[::-1],
        n - grid.first[::-1],
        -grid.obs_end[::-1],
        -grid.obs_start[::-1],
        grid.weight[::-1],
    )


def _reach(weigh: Likelihood, start: int, stop: int) -> int:
    """Find how far into the stretch the cells are worth weighing: until the evidence is plain."""
    limit = min(stop, start + 1024)
    ratio = np.ones((1, limit - start))
    effect = weigh.plausible(start, limit, 3)[1]
    gain = weigh.loglik(start, limit, ratio, np.array([[effect]]))
    gain = (gain - weigh.loglik(start, limit, 0 * ratio, np.array([[effect]])))[0]
    enough = int(np.searchsorted(np.cumsum(np.maximum(gain, 0)), ENOUGH)) + 1
    return min(limit, start + max(enough, 24))


def _posterior(weigh: Likelihood, grid: Grid, low: int, start: int, high: int) -> Edge:
    """Find the edge among cells [`low`, `high`): inside cells, or by the cell where it is vague."""
    inside = (start + 1, high - 1) if high - start > 3 else (start, high)
    effects = weigh.plausible(*inside, EFFECTS)
    won = _before_cells(weigh, low, high, effects)
    best = won.max(axis=0)
    likely = np.flatnonzero(best > best.max() - NEGLIGIBLE)
    # The margin is for what a slow edge may hide.
    zone = (max(low, low + int(likely[0]) - 4), min(high, low + int(likely[-1]) + 2))
    if zone[1] - zone[0] <= FINE:
        surge = _surge(grid, low, start, high)
        return _inside_cells(weigh, grid, zone, high, effects, surge)
    cells = slice(zone[0] - low, zone[1] - low)
    mass = np.exp(won[:, cells] - won.max()).sum(axis=0)
    span = slice(*zone)
    return _edge(grid.start[span], mass * (grid.end[span] - grid.start[span]))


def _before_cells(weigh: Likelihood, low: int, high: int, effects: F64) -> F64:
    """Log-likelihood ratio of a sharp edge before each cell, for each effect: (effects, cells)."""
    full = np.ones((1, high - low))
    up = weigh.loglik(low, high, full, effects[:, None])
    gain = up - weigh.loglik(low, high, 0 * full, effects[:, None])
    won: F64 = np.cumsum(gain[:, ::-1], axis=1)[:, ::-1]
    return won


def _inside_cells(
    weigh: Likelihood,
    grid: Grid,
    zone: tuple[int, int],
    high: int,
    effects: F64,
    surge: float,
) -> Edge:
    """Sum the likelihood over shapes and effects for places all over the cells of the zone."""
    first, last = zone
    step = float(np.median(grid.end[first:last] - grid.start[first:last]))
    shapes = np.array(SHAPES)
    # A slow edge reaches beyond the zone of the edge itself.
    seen = min(high, last + LONGEST)
    part = grid.slice(first, seen)
    places = np.linspace(part.start[0], grid.end[last - 1], PLACES * (last - first))
    at_once, slow = shapes[:, :1], step * shapes[:, 1:2]
    sharp = part.exposure(places[:, None, None], np.zeros((1, 1)), surge)
    exposure = at_once * sharp + (1 - at_once) * part.exposure(places[:, None, None], slow, surge)
    loglik = np.empty((len(places), len(shapes), len(effects)))
    for i, effect in enumerate(effects):
        loglik[:, :, i] = weigh.loglik(first, seen, exposure, np.array([effect])).sum(axis=-1)
    beyond = weigh.loglik(seen, high, np.ones((1, high - seen)), effects[:, None])
    loglik += beyond.sum(axis=-1) + np.log(shapes[:, 2])[:, None]
    return _edge(places, np.exp(loglik - loglik.max()).sum(axis=(1, 2)))


def _edge(places: F64, mass: F64) -> Edge:
    """Take the median and the central 95 % of places of the given mass."""
    below = (np.cumsum(mass) - mass / 2) / mass.sum()
    at = np.interp([0.5, 0.025, 0.975], below, places)
    return Edge(float(at[0]), float(at[1]), float(at[2]))


def _surge(grid: Grid, low: int, start: int, high: int) -> float:
    """How many times as many attempts arrive inside as before, the cells at the edge left out."""
    attempts = grid.sums(grid.weight)
    before = slice(max(low, start - 32), max(low, start - 1))
    # Retries build up: the first cells that hold enough attempts tell best.
    enough = int(np.searchsorted(np.cumsum(attempts[start + 1 : start + 33]), 300.0)) + 1
    after = slice(start + 1, min(high, start + 1 + enough))
    length = grid.end - grid.start
    usual = attempts[before].sum() / max(length[before].sum(), 1e-9) * length[after].sum()
    few = 20.0  # attempts on either side that count as "no change", so that few decide nothing
    if before.start == before.stop:
        return 1.0
    return float(np.clip((attempts[after].sum() + few) / (usual + few), 0.1, 10.0))


def _lone(weigh: Likelihood, grid: Grid, cell: int) -> Edge:
    """The onset of a stretch of one cell: it may begin anywhere that leaves it time to do its harm.

    All of its attempts failing for part of the cell, or some of them for all of it, look the same;
    the point is the whole cell, the interval what the count allows.
    """
    tried = np.linspace(0.02, 1.0, 50)
    certain = np.array([[1.0]])
    loglik = weigh.loglik(cell, cell + 1, tried[:, None], certain)[:, 0]
    mass = np.exp(loglik - loglik.max())
    least = float(np.interp(0.025, np.cumsum(mass) / mass.sum(), tried))
    first, last = float(grid.start[cell]), float(grid.end[cell])
    return Edge(first, first, last - least * (last - first))
