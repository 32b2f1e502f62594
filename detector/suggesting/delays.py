"""How soon each rule would tell, by outages of many sizes put into normal running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.results import Window
from detector.series import F64, I64, Bool
from detector.suggesting.family import Candidate
from detector.suggesting.trailing import Trail, statistic
from detector.suggesting.usual import outside

SIZES = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
"""Extra failing fractions that are tried of every service, whatever it had so far."""
EACH = 10
"""Times at which each size is tried."""
LASTS = 10800.0
"""Seconds that an outage put in lasts; one that is not told of by then counts twice that."""
SEED = 20240122
PERCENT = 0.01


@dataclass(frozen=True, slots=True)
class Outages:
    """Outages put in: `size` (o,) the extra failing fraction, `onset` (o,) in seconds.

    `ratios` has, by range, what is seen at the evaluations from the onset on, shape (o, e), and
    `waited` the seconds from the onset to each of them.
    """

    size: F64
    onset: F64
    ratios: dict[float, F64]
    waited: F64

    def delays(self, candidate: Candidate, threshold: float, interval: float) -> F64:
        """Seconds from each onset to when the rule fires, shape (o,)."""
        fires = statistic(candidate, self.ratios, interval) > threshold
        at = fires.argmax(axis=1)
        found: F64 = np.where(fires.any(axis=1), self.waited[np.arange(len(at)), at], 2 * LASTS)
        return found


def sizes_of(windows: Sequence[Window]) -> F64:
    """The sizes to try: half of them those of the outages that there were, if any."""
    usual = np.array(SIZES)
    own = [
        (one.error_ratio.value - one.baseline_error_ratio.value)
        / (1 - one.baseline_error_ratio.value)
        for one in windows
        if one.error_ratio.value is not None and one.baseline_error_ratio.value is not None
    ]
    told = np.clip([size for size in own if size > PERCENT], 0.0, 1.0)
    if not len(told):
        return np.tile(usual, 2 * EACH)
    return np.concatenate((np.resize(told, EACH * len(usual)), np.tile(usual, EACH)))


def put_in(
    trail: Trail, errors: F64, candidates: Sequence[Candidate], windows: Sequence[Window]
) -> Outages | None:
    """Outages of each size at times drawn from normal running; None where there is too little."""
    reach = max(one.reach for one in candidates)
    count = round(LASTS / trail.interval)
    calm = _room(outside(trail.at, windows, reach), count)
    if not calm.any():
        return None
    rng = np.random.default_rng(SEED)
    size = sizes_of(windows)
    first = rng.choice(np.flatnonzero(calm), len(size))
    onset = trail.at[first] - rng.uniform(0.0, trail.interval, len(size))
    seen = first[:, None] + np.arange(count)
    ratios = {span: np.zeros(seen.shape) for span in trail.first}
    usual = trail.ratios(errors)
    tried = np.concatenate(([0.0], np.cumsum(trail.attempts)))
    for number in range(len(size)):
        row = seen[number]
        begin = int(np.searchsorted(trail.end, onset[number], side="right"))
        end = int(trail.after[row[-1]])
        extra = _extra(
            rng, trail, errors, slice(begin, end), float(onset[number]), float(size[number])
        )
        for span, first_of in trail.first.items():
            low, high = first_of[row], trail.after[row]
            added = extra[np.maximum(high - begin, 0)] - extra[np.maximum(low - begin, 0)]
            ratios[span][number] = usual[span][row] + added / np.maximum(
                tried[high] - tried[low], 1e-9
            )
    return Outages(size, onset, ratios, trail.at[seen] - onset[:, None])


def _extra(
    rng: np.random.Generator, trail: Trail, errors: F64, cells: slice, onset: float, size: float
) -> F64:
    """The errors that an outage adds, summed up to before each of its cells and after the last."""
    start, end = trail.start[cells], trail.end[cells]
    touched = np.clip((end - onset) / (end - start), 0.0, 1.0)
    well: I64 = np.rint(np.maximum(trail.attempts[cells] - errors[cells], 0.0)).astype(np.int64)
    return np.concatenate(([0.0], np.cumsum(rng.binomial(well, size * touched))))


def _room(calm: Bool, count: int) -> Bool:
    """Which evaluations are calm with all of the `count` after them: (n,)."""
    ended = np.concatenate(([0], np.cumsum(~calm)))
    found = np.zeros(len(calm), dtype=bool)
    last = len(calm) - count
    if last > 0:
        found[:last] = ended[count : count + last] == ended[:last]
    return found
