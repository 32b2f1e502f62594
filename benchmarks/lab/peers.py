"""What others would use: detectors that turn attempts and errors into bad ranges, one call each.

Settings are the documented ones. What the documents leave open (PENALTY, SCALE, BURST, PRICE) was
tuned on seeds from 100 on of a simulation that no report uses, for the best mean overlap less 0.02
per false window a week. Libraries are imported where used: only the benchmarks need them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Ranges = list[tuple[int, int]]

TIMES, HOLD, GAP = 5.0, 2, 3
"""The static threshold: so many times the usual ratio, cells in a row, cells bridged."""

OBJECTIVE = 0.995
BURN = ((14.4, 3600.0, 300.0), (6.0, 21_600.0, 1800.0))
"""Burn rate, long window and short window in seconds, as the workbook pages."""

PENALTY = 3.0
"""Of the change points, times log n times the variance of the noise."""
RAISED = 2.0
"""A segment is bad above so many times the usual segment."""
JUMP = 5
"""Pelt in Python looks at every fifth cell only, as it does unless told otherwise."""

SCALE = 2.0
"""Of CAPA's default penalty."""
LONGEST = 1000
"""Cells of one anomaly of CAPA: unbounded, its time is quadratic where quiet traffic varies."""

BURST, PRICE = 8.0, 2.0
"""Kleinberg's s, the ratio of the two rates, and his gamma: going up costs gamma log n."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A detector: attempts, errors and the step in seconds give ordered [start, stop) ranges."""

    name: str
    settings: str
    find: Callable[[F64, F64, float], Ranges]


def static_mask(attempts: F64, errors: F64, threshold: float) -> Flags:
    """Compare every cell to one number: no detector of any kind is faster."""
    mask: Flags = errors > threshold * attempts
    return mask


def runs(mask: Flags) -> tuple[I64, I64]:
    """Where runs of true cells start, and where they stop."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return edges[::2], edges[1::2]


def pairs(starts: I64, stops: I64) -> Ranges:
    """Both as the ordered half-open ranges that a peer answers with."""
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def joined(parts: Iterable[tuple[int, int]], gap: int = 0) -> Ranges:
    """Join ordered ranges that are at most `gap` cells apart."""
    found: Ranges = []
    for start, stop in parts:
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def counted(attempts: F64, errors: F64) -> tuple[F64, F64]:
    """Both without NaN: a cell that was not scraped is one without attempts."""
    known = np.isfinite(attempts) & np.isfinite(errors) & (attempts > 0)
    return np.where(known, attempts, 0.0), np.where(known, errors, 0.0)


def ratios(attempts: F64, errors: F64) -> F64:
    """The error ratio of every cell; one without attempts repeats the one before."""
    n, k = counted(attempts, errors)
    # These peers know neither gaps nor weights, so something has to stand in a gap; the last
    # value is what a dashboard shows there. Before the first value it is the first.
    seen = np.maximum.accumulate(np.where(n > 0, np.arange(n.size), -1))
    first = int(np.argmax(n > 0))
    ratio: F64 = (k / np.maximum(n, 1.0))[np.where(seen < 0, first, seen)]
    return ratio


def usual(attempts: F64, errors: F64) -> float:
    """The median ratio, or the overall ratio where most cells see no error at all."""
    some = attempts > 0
    if not some.any():
        return 0.0
    median = float(np.median(errors[some] / attempts[some]))
    return median if median > 0 else float(errors.sum() / attempts.sum())


def static_threshold(attempts: F64, errors: F64, step: float) -> Ranges:
    """An alert rule with `for` and `keep_firing_for`, its threshold set with hindsight."""
    n, k = counted(attempts, errors)
    starts, stops = runs(static_mask(n, k, TIMES * usual(n, k)))
    if not starts.size:
        return []
    # Cells at most GAP apart are one alert, which begins with the first run that was held: in
    # the alert's favour at the pending cell, not at the one at which it fires.
    group = np.flatnonzero(np.append(True, starts[1:] - stops[:-1] > GAP))
    pending = np.where(stops - starts >= HOLD, starts, attempts.size)
    begin = np.minimum.reduceat(pending, group)
    end = stops[np.append(group[1:], starts.size) - 1]
    fired = begin < attempts.size
    return pairs(begin[fired], end[fired])


def burn_rate(attempts: F64, errors: F64, step: float) -> Ranges:
    """The workbook's two pages: a long and a short window must both burn too fast.

    Source: The Site Reliability Workbook (Beyer and others, 2018), chapter 5, "Alerting on SLOs".
    """
    sums = [np.concatenate([[0.0], np.cumsum(x)]) for x in counted(attempts, errors)]
    firing = np.zeros(attempts.size, dtype=np.bool_)
    for rate, *windows in BURN:
        both = np.ones(attempts.size, dtype=np.bool_)
        for window in windows:
            cells = max(1, round(window / step))
            n, k = (_trailing(total, cells) for total in sums)
            both &= static_mask(n, k, rate * (1.0 - OBJECTIVE))
        firing |= both
    return pairs(*runs(firing))


def _trailing(total: F64, cells: int) -> F64:
    """Sums over the last `cells` cells, from cumulative sums that begin with 0."""
    result = total[1:].copy()
    result[cells:] -= total[1:-cells]
    return result


def raised(breaks: list[int], attempts: F64, errors: F64) -> Ranges:
    """The segments up to each of `breaks` whose ratio is well above that of the median cell."""
    n, k = counted(attempts, errors)
    stops = np.asarray(breaks)
    starts = np.concatenate([[0], stops[:-1]])
    level = np.add.reduceat(k, starts) / np.maximum(np.add.reduceat(n, starts), 1.0)
    # Of cells, not of segments: an outage of ten short segments is not the usual.
    limit = RAISED * float(np.median(np.repeat(level, stops - starts)))
    bad = level > limit
    return joined(pairs(starts[bad], stops[bad]))


def _penalty(ratio: F64) -> float:
    """BIC's shape; the noise is taken from differences, which a change of level hardly touches."""
    noise = float(np.mean(np.diff(ratio) ** 2)) / 2.0
    return max(PENALTY * float(np.log(ratio.size)) * noise, 1e-12)


def kernel_cpd(attempts: F64, errors: F64, step: float) -> Ranges:
    """Change points by `ruptures.KernelCPD`, which is PELT in C."""
    import ruptures

    ratio = ratios(attempts, errors)
    found = ruptures.KernelCPD(kernel="linear", min_size=2).fit(ratio[:, None])
    return raised(found.predict(pen=_penalty(ratio)), attempts, errors)


def pelt(attempts: F64, errors: F64, step: float) -> Ranges:
    """Change points by `ruptures.Pelt`, the same in Python, hence on a coarser grid."""
    import ruptures

    ratio = ratios(attempts, errors)
    found = ruptures.Pelt(model="l2", min_size=2, jump=JUMP).fit(ratio[:, None])
    return raised(found.predict(pen=_penalty(ratio)), attempts, errors)


def capa(attempts: F64, errors: F64, step: float) -> Ranges:
    """Collective anomalies by skchange's CAPA, with its Poisson saving."""
    from skchange.detectors import CAPA
    from skchange.interval_scorers import PoissonSaving

    n, k = counted(attempts, errors)
    # It knows no exposure, so the counts are those that the median traffic would have had.
    normal = float(np.median(n[n > 0])) if (n > 0).any() else 0.0
    counts = ratios(n, k) * normal
    rate = usual(n, k) * normal
    if rate <= 0.0:
        return []
    found = CAPA(PoissonSaving(baseline_rate=rate), max_segment_length=LONGEST, penalty_scale=SCALE)
    spans = found.fit(counts[:, None]).predict_segment_anomalies(counts[:, None]).tolist()
    # It finds quiet stretches, too; those are no outages.
    return joined((start, stop) for start, stop in spans if counts[start:stop].mean() > rate)


def kleinberg(attempts: F64, errors: F64, step: float) -> Ranges:
    """Two-state burst automaton with binomial costs, solved exactly by Viterbi.

    Source: J. Kleinberg, "Bursty and hierarchical structure in streams", KDD 2002, section 4.
    """
    n, k = counted(attempts, errors)
    if not 0.0 < k.sum() < n.sum():
        return []
    low = float(k.sum() / n.sum())
    high = min(BURST * low, (1.0 + low) / 2.0)
    gain = k * np.log(low / high) + (n - k) * np.log((1.0 - low) / (1.0 - high))
    up = PRICE * float(np.log(n.size))
    # All that Viterbi needs is how much dearer the burst state is: between free and `up`.
    dearer, path = up, []
    for cost in gain.tolist():
        dearer = cost + (0.0 if dearer < 0.0 else min(dearer, up))
        path.append(dearer)
    # Backwards: below 0 it was surely a burst, above `up` surely not, between as after.
    lead = np.asarray(path)
    lead[-1] = up + 1.0 if lead[-1] >= 0.0 else lead[-1]
    sure = np.where((lead < 0.0) | (lead > up), np.arange(lead.size), lead.size - 1)
    after = np.minimum.accumulate(sure[::-1])[::-1]
    return pairs(*runs(lead[after] < 0.0))


_CHANGES = f"penalty {PENALTY:g} log n x noise variance, bad above {RAISED:g} x the median cell"
PEERS = (
    Peer(
        "static threshold",
        f"above {TIMES:g} x the median (or overall) ratio for {HOLD} cells, gaps to {GAP} joined",
        static_threshold,
    ),
    Peer(
        "SLO burn rate", f"{OBJECTIVE:.1%}; 14.4 x in 1 h and 5 min or 6 x in 6 h and 30", burn_rate
    ),
    Peer("ruptures KernelCPD", f"linear kernel, min_size 2, {_CHANGES}", kernel_cpd),
    Peer("ruptures Pelt", f"l2, min_size 2, jump {JUMP}, {_CHANGES}", pelt),
    Peer(
        "skchange CAPA",
        f"Poisson saving of counts at median traffic, {SCALE:g} x the default penalty, at most"
        f" {LONGEST} cells each, touching ones joined",
        capa,
    ),
    Peer(
        "Kleinberg 2-state",
        f"binomial, p0 the overall ratio, p1 = {BURST:g} p0, going up costs {PRICE:g} log n",
        kleinberg,
    ),
)
"""All of them. adtk 0.6.2 (PersistAD, LevelShiftAD) installs, but fails at every call on pandas 3:
`TypeError: Invalid value 'nan' for dtype 'bool'` in its `_detector_1d.py`."""
