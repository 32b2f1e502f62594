"""Edges that build up over many cells: a slow roll-out, a queue that fills, an empty cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from detector.edge import Edge, summary
from detector.evidence import Likelihood, Slice
from detector.series import F64, I64
from detector.touched import summed, table_of

SCALES = (1, 2, 4, 8, 16, 32, 64)
"""Cells of a stretch whose effect is compared with that of twice as many after them."""

SUMMIT = 4
"""The worst quarter of a stretch ends its rise: one that builds up and ebbs away has no plateau."""

MOST_STRETCH = 1024
"""Cells from the beginning in which the summit is looked for."""

REACH, LONGEST = 4, 8
"""Scales around the beginning in which the edge may lie, and that the longest climb lasts."""

CLEARLY = 2.0
"""Standard deviations by which the beginning must be less hit to count as a climb."""

ROUGHLY, PLACES, IN_CELL = 41, 161, 4
LENGTHS = 7
EFFECTS = 5
TOUCHED = 25
"""Places tried at first, then closely, and in a cell for a sharp edge; lengths of a climb; effects;
shares of a cell's time."""

SLOW, EACH = 2.0, 1.5
"""Nats by which a slow edge must be likelier: one outage in ten has any, and each of its edges has
a length to choose. That the other edge is slow too is no surprise."""

UNLIKELY = 0.1
"""Below this probability an edge is weighed as a sharp one."""

NEGLIGIBLE = 8.0
"""What is so many nats less likely than the best is not weighed closely."""


@dataclass(frozen=True, slots=True)
class Side:
    """A stretch [`start`, `stop`) of `cells` seen from one end: time may run backwards.

    Cells before `floor` have no say.
    """

    cells: Slice
    floor: int
    start: int
    stop: int


def slow_onsets(sides: Sequence[Side]) -> list[Edge | None]:
    """Find the onsets of a stretch, seen from one end or from both, that climb for long; else None.

    An edge may climb from nothing, or from half of its effect, while retries pile up. It is where
    half of the effect is there: a sharp outage that begins then has as many errors. Both ends share
    one effect, and climb no longer than to the summit between them. Tried only where the first
    cells of an end are less hit than those after them; weighed roughly, then closely around the
    best.
    """
    summits = [_summit(side) for side in sides]
    scales = [_climbing(side, summit) for side, summit in zip(sides, summits, strict=True)]
    most = max(scales, default=0)
    if not most:
        return [None] * len(sides)
    views = [
        _view(side, summit, scale or most)
        for side, summit, scale in zip(sides, summits, scales, strict=True)
    ]
    effects = np.unique(np.concatenate([view.effects() for view in views]))
    slow = [view.tried(view.rough(effects)) for view in views]
    sharp = [view.tried(view.rough(effects).sharp(view.step / IN_CELL)) for view in views]
    ends = zip(views, slow, sharp, _climbs(slow, sharp), strict=True)
    return [
        None if climbs < UNLIKELY else view.edge(one.close(), other.close(), climbs)
        for view, one, other, climbs in ends
    ]


def _climbs(slow: Sequence[_Tried], sharp: Sequence[_Tried]) -> F64:
    """How likely it is that each end climbs; they share one effect."""
    best = [[one.loglik.max(axis=(1, 2)) for one in kind] for kind in (sharp, slow)]
    cases = np.array(list(product((0, 1), repeat=len(slow))))
    told = np.array(
        [np.max(sum(best[climbs][end] for end, climbs in enumerate(case))) for case in cases]
    )
    told -= SLOW * cases.any(axis=1) + EACH * cases.sum(axis=1)
    mass = np.exp(told - told.max())
    likely: F64 = (mass @ cases) / mass.sum()
    return likely


@dataclass(frozen=True, slots=True)
class _Grid:
    """What is tried: `places` (p,) of the edge and `lengths` (l,) of the climb in seconds, and
    `effects` (e,); all evenly spaced in their own way."""

    places: F64
    lengths: F64
    effects: F64

    def sharp(self, apart: float) -> _Grid:
        """The same without a climb, places so many seconds apart."""
        places = np.arange(self.places[0], self.places[-1], apart)
        return _Grid(places, np.zeros(1), self.effects)

    def over(self, low: float, high: float) -> _Grid:
        """The same for places from `low` to `high`."""
        return replace(self, places=np.linspace(low, high, PLACES))


@dataclass(frozen=True, slots=True)
class _Tried:
    """A grid with its log-likelihoods, (e, shapes, p)."""

    grid: _Grid
    loglik: F64

    def close(self) -> _Grid:
        """A closer grid, where this one shows that something may lie."""
        effects, shapes, places = np.nonzero(self.loglik > self.loglik.max() - NEGLIGIBLE)

        def near(tried: F64, seen: I64) -> tuple[float, float]:
            return tried[max(seen.min() - 1, 0)], tried[min(seen.max() + 1, len(tried) - 1)]

        lengths = self.grid.lengths
        if len(lengths) > 1:
            lengths = np.geomspace(*near(lengths, shapes % len(lengths)), LENGTHS)
        return _Grid(
            np.linspace(*near(self.grid.places, places), PLACES),
            lengths,
            np.linspace(*near(self.grid.effects, effects), EFFECTS),
        )


@dataclass(frozen=True, slots=True)
class _View:
    """The cells around one end, up to the summit; the stretch begins in cell `start` of `part`."""

    part: Likelihood
    start: int
    step: float
    scale: float
    """Seconds that a cell lasts, and that the climb may roughly last."""

    def effects(self) -> F64:
        """The full effect as the last cells before the summit show it, which may lie beyond it."""
        size = self.part.grid.size
        seen = self.part.effects(size - max((size - self.start) // 3, 1), size, EFFECTS)
        beyond = seen[EFFECTS // 2] * np.geomspace(0.8, 1.6, EFFECTS)
        effects: F64 = np.clip(np.concatenate([seen, beyond]), 0.0, 1 - 1e-9)
        return effects

    def rough(self, effects: F64) -> _Grid:
        """What is tried at first."""
        begin = float(self.part.grid.start[self.start])
        places = begin + self.scale * np.linspace(-1, REACH, ROUGHLY)
        return _Grid(places, self.scale * np.geomspace(0.25, LONGEST, LENGTHS), effects)

    def tried(self, grid: _Grid) -> _Tried:
        """Weigh a grid for one who cannot tell places close together apart."""
        return _Tried(grid, self.weighed(grid, blurred=True))

    def weighed(self, tried: _Grid, *, blurred: bool) -> F64:
        """The log-likelihood of each effect, shape and place, (e, 2 l, p)."""
        part = self.part.blurred() if blurred else self.part
        at, length = tried.places[:, None], tried.lengths[:, None, None]
        sharp = part.grid.exposure(at, np.zeros((1, 1)), 1.0)
        shapes = [
            part.grid.exposure(at - length / 2, length, 1.0),
            (sharp + part.grid.exposure(at[None], length, 1.0)) / 2,
        ]
        full = np.concatenate([(at + length / 2)[..., 0], (at + length)[..., 0]])
        table = table_of(part, tried.effects, TOUCHED)
        late = full > part.grid.end[-1] + self.scale
        return np.where(
            late & (tried.lengths[0] > 0), -np.inf, summed(table, np.concatenate(shapes))
        )

    def edge(self, slow: _Grid, sharp: _Grid, climbs: float) -> Edge:
        """The edge where it climbs with the given probability, else is sharp."""
        low = min(slow.places[0], sharp.places[0])
        high = max(slow.places[-1], sharp.places[-1])
        mass = np.zeros(PLACES)
        for tried, likely in ((slow, climbs), (sharp, 1 - climbs)):
            loglik = self.weighed(tried.over(low, high), blurred=False)
            own = np.exp(loglik - loglik.max()).sum(axis=(0, 1))
            mass += likely * own / own.sum()
        return summary(slow.over(low, high).places, mass)


def _view(side: Side, summit: int, scale: int) -> _View:
    low = max(side.floor, side.start - REACH * scale)
    part = side.cells(low, min(summit, side.start + LONGEST * scale))
    step = float(np.median(part.grid.end - part.grid.start))
    return _View(part, side.start - low, step, scale * step)


def _summit(side: Side) -> int:
    """The cell after the middle of the worst part of the stretch: until there it may climb."""
    part = side.cells(side.start, min(side.stop, side.start + MOST_STRETCH))
    size = part.grid.size
    width = max(size // SUMMIT, 1)
    begins = np.unique(np.linspace(0, size - width, 4 * SUMMIT + 1).astype(np.int64))[:, None]
    every = np.arange(size)
    within = ((every >= begins) & (every < begins + width)).astype(np.float64)
    worst = int(begins[np.argmax(part.best(within)[0]), 0])
    return side.start + worst + (width + 1) // 2


def _climbing(side: Side, summit: int) -> int:
    """The scale at which the beginning is most clearly less hit than what follows, or 0."""
    first = side.start + 1  # the cell that the edge may cut is less hit in any case
    size = min(3 * SCALES[-1], summit - first)
    scales = np.array([scale for scale in SCALES if 2 * scale <= size])
    if not len(scales):
        return 0
    part, every = side.cells(first, first + size), np.arange(size)
    early = every < scales[:, None]
    late = ~early & (every < 3 * scales[:, None])
    effect, spread = part.best(np.array([early, late], dtype=np.float64))
    clear = (effect[1] - effect[0]) / np.hypot(*spread)
    return int(scales[np.argmax(clear)]) if clear.max() > CLEARLY else 0
