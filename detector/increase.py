"""Raw counter samples to counts: increases per series at their target's scrapes, summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.series import F64, I64, Bool, Counts

MAX_CLIPPED = 0.01
"""Above this share of clipped observations the two selectors do not fit each other."""

MAX_ABSENCE = 5.0
"""A target unseen for more than this many steps was away: what is new then has an unknown past."""


@dataclass(frozen=True, slots=True)
class Counter:
    """The raw samples of one counter series.

    `target` identifies what was scraped (job and instance; empty if unknown): series of one target
    share their scrape instants. `time` (seconds, strictly increasing) and `value` have shape (n,);
    NaN and stale samples are left out by the caller: they mean no sample.
    """

    target: str
    time: F64
    value: F64


@dataclass(frozen=True, slots=True)
class Increases:
    """Counts made from counters, how many observations were clipped, or why there are none."""

    counts: Counts | None
    clipped: int
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class _Target:
    """One target's increases over (`start`, `end`], shape (n,) each."""

    start: F64
    end: F64
    attempts: F64
    errors: F64


def increases(attempts: Sequence[Counter], errors: Sequence[Counter]) -> Increases:
    """Increases of attempts and errors over (t1, t2] of each target's successive scrapes.

    Per series, then summed: a fall is a reset, so the new value is the increase. A series that
    appears while its target was already being scraped rose from 0, and so did one that comes back
    after its target was scraped without it (a restart drops what has not happened yet). Seen first
    with its target, after the target was away, or with an unknown target, a series starts at its
    first value and adds nothing. An interval without a scrape makes one longer observation;
    nothing is imputed.

    Errors above attempts (selectors whose scrapes are not aligned) are clipped and counted; above
    1 % of the observations the counts are refused.
    """
    series = [c for c in (*attempts, *errors) if len(c.time)]
    step = _step(series)
    if step is None:
        return Increases(None, 0, "no counter has two samples")
    names = sorted({c.target for c in series})
    targets = [_of_target(name, attempts, errors, step) for name in names]
    targets = [t for t in targets if len(t.end)]
    clipped = sum(int((t.errors > t.attempts).sum()) for t in targets)
    observed = sum(len(t.end) for t in targets)
    if clipped > MAX_CLIPPED * observed:
        return Increases(
            None, clipped, f"errors exceed attempts in {clipped} of {observed} intervals"
        )
    return Increases(_pool(targets, step), clipped)


def rises(counters: Sequence[Counter]) -> list[F64]:
    """What each counter rose at each of its samples, shape (n,) as its times: see `increases`."""
    step = _step([c for c in counters if len(c.time)])
    if step is None:
        return [np.zeros(len(counter.time)) for counter in counters]
    scrapes = {
        name: _scrapes([c for c in counters if c.target == name])
        for name in {c.target for c in counters}
    }
    found = []
    for counter in counters:
        own = scrapes[counter.target]
        at = _positions(own, counter.time)
        found.append(_rise(counter.value, at, _born_from_zero(own, counter.target, step)))
    return found


def _step(series: Sequence[Counter]) -> float | None:
    """Find the usual scrape interval in seconds; jitter of under 1 % is rounded away."""
    gaps = [np.diff(c.time) for c in series if len(c.time) > 1]
    if not gaps:
        return None
    usual = float(np.median(np.concatenate(gaps)))
    for unit in (1.0, 0.1, 0.01):
        rounded = round(usual / unit) * unit
        if rounded > 0 and abs(rounded - usual) < 0.01 * usual:
            return rounded
    return usual


def _of_target(
    name: str, attempts: Sequence[Counter], errors: Sequence[Counter], step: float
) -> _Target:
    """Sum the increases of one target's series at its own scrape instants."""
    tried = [c for c in attempts if c.target == name and len(c.time)]
    failed = [c for c in errors if c.target == name and len(c.time)]
    scrapes = _scrapes([*tried, *failed])
    known = _born_from_zero(scrapes, name, step)
    n = _sum_increases(tried, scrapes, known)
    k = _sum_increases(failed, scrapes, known)
    return _Target(scrapes[:-1], scrapes[1:], n[1:], k[1:])


def _scrapes(counters: Sequence[Counter]) -> F64:
    """When any of one target's counters was seen, in order, each time once."""
    first = counters[0].time
    # All at the same times is the usual case, for which nothing need be sorted.
    if all(c.time is first or np.array_equal(c.time, first) for c in counters[1:]) and bool(
        (first[1:] > first[:-1]).all()
    ):
        return first
    return np.unique(np.concatenate([c.time for c in counters]))


def _born_from_zero(scrapes: F64, target: str, step: float) -> Bool:
    """At which scrapes of a target a series that is new there rose from 0, shape (n,)."""
    present = np.zeros(len(scrapes), dtype=bool)
    if target:
        present[1:] = np.diff(scrapes) <= MAX_ABSENCE * step
    return present


def _sum_increases(counters: Sequence[Counter], scrapes: F64, born_from_zero: Bool) -> F64:
    """Sum, at each scrape, what each counter rose since it was last seen."""
    total = np.zeros(len(scrapes))
    for counter in counters:
        at = _positions(scrapes, counter.time)
        total[at] += _rise(counter.value, at, born_from_zero)
    return total


def _positions(scrapes: F64, time: F64) -> I64:
    """Where these times are among the scrapes, which hold all of them; shape (n,)."""
    # One that was seen at every scrape need not be looked up: the usual case, and the dearest.
    found: I64 = (
        np.arange(len(time)) if len(time) == len(scrapes) else np.searchsorted(scrapes, time)
    )
    return found


def _rise(value: F64, at: I64, born_from_zero: Bool) -> F64:
    """What one counter rose at each of its samples, which are at the target's scrapes `at`."""
    rise = np.zeros(len(value))
    if not len(value):
        return rise
    rise[0] = value[0] if born_from_zero[at[0]] else 0.0
    reset = np.diff(value) < 0
    reborn = (np.diff(at) > 1) & born_from_zero[at[1:]]
    rise[1:] = np.where(reset | reborn, value[1:], np.diff(value))
    return rise


def _pool(targets: Sequence[_Target], step: float) -> Counts:
    """Put the observations of all targets in one order, those of one time step in one cell."""
    if len(targets) == 1:  # in order already
        (one,) = targets
        errors = np.minimum(one.errors, one.attempts)
        return Counts(one.start, one.end, one.attempts, errors, np.arange(len(one.end)), step)
    start = np.concatenate([t.start for t in targets])
    end = np.concatenate([t.end for t in targets])
    n = np.concatenate([t.attempts for t in targets])
    k = np.concatenate([t.errors for t in targets])
    cell = _cells(targets, step)
    order = np.lexsort((end, cell))
    return Counts(start[order], end[order], n[order], np.minimum(k, n)[order], cell[order], step)


def _cells(targets: Sequence[_Target], step: float) -> I64:
    """Number the time steps, each target by its own scrape phase so that jitter moves nothing."""
    numbers = []
    for target in targets:
        angle = 2 * np.pi * (target.end % step) / step
        phase = float(np.angle(np.exp(1j * angle).mean())) / (2 * np.pi) * step % step
        numbers.append(np.rint((target.end - phase) / step).astype(np.int64))
    cell = np.concatenate(numbers)
    shifted: I64 = cell - cell.min()
    return shifted
