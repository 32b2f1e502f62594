"""Speed, as ratios within one run: ours against KernelCPD and a static threshold; linear growth.

Runs alternate in pairs and medians are compared: a machine is never as fast twice. Arrays and the
`Counts` made of them exist before the clock starts; KernelCPD's own preparation is a few percent.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.lab.peers import kernel_cpd, static_mask, static_threshold
from benchmarks.lab.report import REPORTING, Line, rng_of
from benchmarks.lab.simulate import DAY, EPOCH
from detector.detect import detect_all
from detector.series import Counts, table

F64 = NDArray[np.float64]

PAIRS = 5
MEAN, USUAL, CYCLE = 200.0, 0.005, 0.7
EXTRA, LASTS = 0.3, 3600.0
"""An outage: three in ten attempts fail for an hour."""

LONG, LONG_STEP, EVERY = 1_000_000, 60.0, 28 * DAY
"""One series of minutes, with an outage in the middle of every four weeks."""
MANY, WEEK_OF_CELLS, SHORT_STEP, ONE_IN = 10_000, 2016, 300.0, 4
"""Weeks of five minutes, with an outage in one of four."""
SHARE = 50
"""KernelCPD takes its series one by one: every 50th tells its speed."""
PATIENCE = 60.0
"""Seconds that one run of KernelCPD may take; its speed at the longest series that does stands."""
SIZES = (100_000, 1_000_000, 10_000_000)
LINEAR = 1.25
"""Growth per interval from 10^6 to 10^7 that still counts as linear: caches run out once."""
BLOCK = 1_000_000
TIMES_WITH, TIMES_QUIET, TIMES_STATIC = 20.0, 50.0, 5.0


@dataclass(frozen=True, slots=True)
class Load:
    """Series of equal length, as arrays of shape (series, n) and as the detector takes them."""

    step: float
    attempts: F64
    errors: F64
    series: tuple[Counts, ...]

    @property
    def intervals(self) -> int:
        """How many there are in all."""
        return self.attempts.size


def lines() -> list[Line]:
    """Measure everything, one load in memory at a time."""
    result = []
    for outages in (False, True):
        result += _against("one series of 10^6", _long(LONG, outages), outages)
        result += _against("10^4 series x 2,016", _many(MANY, outages), outages)
    return [*result, *_growth()]


def _drawn(start: F64, step: float, many: int, hit: NDArray[np.bool_]) -> Load:
    """Counts of `many` services; `hit`, of shape (many, n) or (1, n), is where errors are up."""
    rng = rng_of(REPORTING, 9, len(start), many, int(hit.any()))
    day = 2 * np.pi * start / DAY
    level = MEAN * (1 + CYCLE * np.sin(day))
    usual = USUAL * (1 + CYCLE * np.cos(day))
    attempts, errors = np.empty((many, len(start))), np.empty((many, len(start)))
    rows = max(1, BLOCK // len(start))
    for i in range(0, many, rows):
        some = slice(i, min(i + rows, many))
        p = np.where(hit[some], usual + EXTRA * (1 - usual), usual)
        drawn = rng.poisson(level, p.shape)
        attempts[some], errors[some] = drawn, rng.binomial(drawn, p)
    series = tuple(table(start, step, n, k) for n, k in zip(attempts, errors, strict=True))
    return Load(step, attempts, errors, series)


def _long(size: int, outages: bool) -> Load:
    """One series of minutes."""
    start = EPOCH + LONG_STEP * np.arange(size, dtype=np.float64)
    into = (start - EPOCH) % EVERY - EVERY / 2
    hit = (into >= 0) & (into < LASTS) & outages
    return _drawn(start, LONG_STEP, 1, hit[None])


def _many(count: int, outages: bool) -> Load:
    """Weeks of five minutes of many services."""
    start = EPOCH + SHORT_STEP * np.arange(WEEK_OF_CELLS, dtype=np.float64)
    hit = np.zeros((count, WEEK_OF_CELLS), dtype=bool)
    lasts, at = round(LASTS / SHORT_STEP), np.arange(0, count, ONE_IN)
    begins = rng_of(REPORTING, 8).integers(lasts, WEEK_OF_CELLS - 2 * lasts, len(at))
    if outages:
        hit[at[:, None], begins[:, None] + np.arange(lasts)] = True
    return _drawn(start, SHORT_STEP, count, hit)


def _seconds(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


def _alternating(works: Sequence[Callable[[], object]], rounds: int = PAIRS) -> list[list[float]]:
    """Seconds of each work in each round; the first round of all is thrown away."""
    taken = [[_seconds(work) for work in works] for _ in range(rounds + 1)]
    return [list(one) for one in zip(*taken[1:], strict=True)]


def _sized(load: Load) -> tuple[list[tuple[F64, F64]], str]:
    """What KernelCPD gets of the load, and how that is said."""
    if len(load.series) > 1:
        own = list(zip(load.attempts[::SHARE], load.errors[::SHARE], strict=True))
        return own, f"KernelCPD on every {SHARE}th series"
    size = 31_250
    while size < load.intervals:
        part = [(load.attempts[0, :size], load.errors[0, :size])]
        taken = _seconds(partial(_peer, load, part))
        # The next one may be quadratic.
        if 4 * taken > PATIENCE:
            break
        size = min(2 * size, load.intervals)
    said = "KernelCPD on all of it"
    if size < load.intervals:
        said = f"KernelCPD's speed is that at {size:,} intervals, the longest within {PATIENCE:g} s"
    return [(load.attempts[0, :size], load.errors[0, :size])], said


def _peer(load: Load, rows: Sequence[tuple[F64, F64]]) -> int:
    """Run KernelCPD over `rows`; returns how many ranges it finds."""
    return sum(len(kernel_cpd(n, k, load.step)) for n, k in rows)


def _against(name: str, load: Load, outages: bool) -> list[Line]:
    """Compare ours with KernelCPD and, on quiet series, with the static threshold."""
    rows, said = _sized(load)
    size = sum(len(n) for n, _ in rows)
    threshold = 5 * USUAL
    ours, theirs, mask, rule = _alternating(
        (
            lambda: detect_all(load.series),
            lambda: _peer(load, rows),
            lambda: static_mask(load.attempts, load.errors, threshold),
            lambda: [static_threshold(n, k, load.step) for n, k in rows],
        )
    )
    pairs = [b / size / (a / load.intervals) for a, b in zip(ours, theirs, strict=True)]
    asked = TIMES_WITH if outages else TIMES_QUIET
    what = "with outages" if outages else "quiet"
    found = sum(len(one.windows) + len(one.blips) for one in detect_all(load.series))
    seen = f"{median(pairs):.1f} × ({min(pairs):.1f} to {max(pairs):.1f})"
    note = f"{said}; windows found {found}; {PAIRS} alternating pairs"
    line = Line(
        f"speed: {name}, {what}", f"≥ {asked:g} × KernelCPD", seen, median(pairs) >= asked, note
    )
    if outages:
        return [line]
    one = median(a / b for a, b in zip(ours, mask, strict=True))
    full = median(a / load.intervals / (b / size) for a, b in zip(ours, rule, strict=True))
    static = Line(
        f"speed: {name}, quiet, beside a static threshold",
        f"goal: ≤ {TIMES_STATIC:g} × its time",
        f"{one:.0f} × the one comparison",
        one <= TIMES_STATIC,
        f"{full:.1f} × the rule with `for` and gaps; a comparison is one pass over two arrays",
    )
    return [line, static]


def _growth() -> list[Line]:
    """Time and memory per interval as one series grows."""
    loads = [_long(size, outages) for size in SIZES for outages in (False, True)]
    taken = _alternating([partial(detect_all, load.series) for load in loads])
    result = []
    for i, what in enumerate(("quiet", "with outages")):
        each = [[t / s for t in taken[2 * j + i]] for j, s in enumerate(SIZES)]
        small, large = (
            median(b / a for a, b in zip(each[j], each[j + 1], strict=True)) for j in (0, 1)
        )
        note = f"10^6 to 10^5: {small:.2f}; {PAIRS} rounds; linear up to {LINEAR:g}"
        name = f"speed: time an interval at 10^7 to 10^6, {what}"
        result.append(Line(name, "linear", f"{large:.2f}", large <= LINEAR, note))
    del loads
    peaks = [_peak(size) for size in SIZES]
    bytes_each = [peak / size for peak, size in zip(peaks, SIZES, strict=True)]
    grown = bytes_each[2] / max(bytes_each[1], 1e-9)
    result.append(
        Line(
            "speed: memory an interval at 10^7 to 10^6",
            "linear",
            f"{grown:.2f}",
            grown <= LINEAR,
            "growth of the peak while detecting, with outages: "
            + ", ".join(f"{b:.0f} B at {s:.0e}" for b, s in zip(bytes_each, SIZES, strict=True))
            + "; the input itself has 40",
        )
    )
    return result


def _peak(size: int) -> float:
    """Bytes by which the peak of a fresh process grows when it judges so many intervals."""
    command = [sys.executable, "-m", "benchmarks.lab.speed", str(size)]
    # What is freed goes back at once, so that it cannot be used again unseen.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    root = Path(__file__).resolve().parents[2]
    said = subprocess.check_output(command, cwd=root, text=True, env=environment)
    return float(said)


def _judge(load: Load) -> float:
    """Bytes by which the peak of this process grows."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    detect_all(load.series)
    # Linux counts the peak in KiB.
    return 1024.0 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def _grow(size: int) -> float:
    """Draw and warm up here, judge in a fork: drawing has a peak of its own, a fork begins anew."""
    detect_all(_long(20_160, True).series)
    load = _long(size, True)
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            os.write(writer, str(_judge(load)).encode())
        finally:
            os._exit(0)
    # A child that failed closes its end without a word.
    os.close(writer)
    told = os.read(reader, 64)
    os.wait()
    return float(told)


if __name__ == "__main__":
    print(_grow(int(sys.argv[1])))
