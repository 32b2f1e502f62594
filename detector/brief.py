"""Both edges of a stretch of a few cells, weighed together: each is in the other's way."""

from __future__ import annotations

import numpy as np

from detector.edge import Edges, summary
from detector.evidence import Likelihood
from detector.sums import tally

SHORT = 4
"""Stretches of no more cells than this are brief."""

AROUND = 2
"""Cells on either side in which an edge of a brief stretch may lie."""

PLACES = 10
"""Places tried in a cell."""

MOST_ODDS = 6.0
"""The span of the effect's log-odds that a pair of edges can cover at most."""


def both(part: Likelihood) -> Edges:
    """Find onset and recovery among the few cells of `part`.

    Every pair of places is tried, with every effect: all attempts failing for part of a cell, or
    some of them for all of it, look the same, and the intervals say so. The effects of a pair are
    summed by Laplace's method around the best, under a flat prior on their log-odds.
    """
    part = part.blurred()
    grid = part.grid
    places = np.linspace(grid.start.min(), grid.end.max(), PLACES * grid.size + 1)
    after = grid.exposure(places[:, None], np.zeros(1), 1.0)
    begin, end = np.triu_indices(len(places), 1)
    exposure = after[begin] - after[end]
    effect, spread = part.best(exposure)
    loglik = part.loglik(exposure, effect[:, None]).sum(axis=-1)
    # As much of the prior as the likelihood covers: no more than all of it.
    loglik += np.log(np.minimum(spread / (effect * (1 - effect)), MOST_ODDS))
    total = np.exp(loglik - loglik.max())
    onset, recovery = (tally(edge, total, len(places)) for edge in (begin, end))
    lasting = tally(end - begin, total, len(places))
    least = float(np.searchsorted(np.cumsum(lasting), 0.01 * lasting.sum()))
    step = float(places[1] - places[0])
    return Edges(summary(places, onset), summary(places, recovery), least * step)
