"""Both edges of a stretch of a few cells, weighed together: each is in the other's way."""

from __future__ import annotations

import numpy as np

from detector.edge import Edge, summary
from detector.evidence import Likelihood
from detector.sums import tally

SHORT = 4
"""Stretches of no more cells than this are brief."""

AROUND = 2
"""Cells on either side in which an edge of a brief stretch may lie."""

PLACES = 10
"""Places tried in a cell."""

EFFECTS = 12


def both(part: Likelihood) -> tuple[Edge, Edge]:
    """Find onset and recovery among the few cells of `part`.

    Every pair of places is tried, with every effect: all attempts failing for part of a cell, or
    some of them for all of it, look the same, and the intervals say so.
    """
    grid = part.grid
    places = np.linspace(grid.start.min(), grid.end.max(), PLACES * grid.size + 1)
    after = grid.exposure(places[:, None], np.zeros(1), 1.0)
    begin, end = np.triu_indices(len(places), 1)
    exposure = after[begin] - after[end]
    most = -np.inf
    total = np.zeros(len(begin))
    for effect in part.all_effects(EFFECTS):
        loglik = part.loglik(exposure, effect).sum(axis=-1)
        if loglik.max() > most:
            total *= np.exp(most - loglik.max())
            most = float(loglik.max())
        total += np.exp(loglik - most)
    onset, recovery = (tally(edge, total, len(places)) for edge in (begin, end))
    return summary(places, onset), summary(places, recovery)
