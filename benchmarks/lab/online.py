"""Fed interval by interval: the delay to the first report, against a CUSUM that knows the truth.

The CUSUM knows p0(t), p1 and rho; its threshold is simulated, for our rate of false alarms. Its
maximum over a quiet week has an exponential tail of rate 1 (the likelihood ratio is a martingale:
E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954; D. Siegmund, "Sequential
Analysis", Springer 1985, chapter 2), which carries the simulation to rates that it cannot count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.lab.oracle import gain, log_likelihood
from benchmarks.lab.report import Line, rng_of, spread
from benchmarks.lab.simulate import DAY, EPOCH, Sample, Truth, World, place, sample
from detector.detect import detect
from detector.series import table

F64 = NDArray[np.float64]

MEANS = (3.0, 20.0, 200.0, 5000.0)
EXTRAS = (0.05, 0.3, 1.0)
RHOS, STEPS = (0.0, 0.05), (60.0, 300.0)

LEAST = 50.0
"""Nats that an outage holds at least, as in the issue: it is there to be found."""
LASTS = 6
"""Intervals that it lasts at least: a CUSUM that knows p1 takes one that is cut for quiet."""
DAYS, HISTORY = 28.0, 14.0
"""Of each service, and before its onset: a week's course can be known."""
QUIET_EACH = 5
"""One quiet service-week for so many repetitions of a cell."""
CALIBRATION, TAIL = 300, 0.2
"""Quiet weeks that a threshold is simulated on; the highest fifth begins the exponential tail."""
RARE = 1e-3
"""False alarms a service-week, the lower of the two rates compared."""
DENSE, SPARSER = 16, 12
"""So many prefixes after the onset are all tried; then a twelfth of the way so far is passed."""
FACTOR, MORE = 1.3, 1.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A place of the grid."""

    mean: float
    extra: float
    rho: float
    step: float

    def world(self, days: float = DAYS) -> World:
        """The services of this cell."""
        return World(self.mean, self.rho, self.step, days)


@dataclass(frozen=True, slots=True)
class Task:
    """One repetition; `thresholds` are those of the CUSUM in nats (none: a quiet week)."""

    cell: Cell
    seed: int
    number: int
    thresholds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Delay:
    """Delays in intervals, NaN where nothing came; how far the onset then moved, and if it went."""

    ours: float
    cusum: tuple[float, ...]
    moved: float
    vanished: bool


def lines(repetitions: int, seed: int, workers: int) -> list[Line]:
    """Measure all cells: `repetitions` outages each."""
    cells = [Cell(*values) for values in product(MEANS, EXTRAS, RHOS, STEPS)]
    rate, rates = _rates(max(1, repetitions // QUIET_EACH), seed, workers)
    tails = spread(_tail, [Task(cell, seed, 0) for cell in cells], workers)
    tasks = [
        Task(cell, seed, number, tuple(_threshold(*tail, r) for r in rates))
        for cell, tail in zip(cells, tails, strict=True)
        for number in range(repetitions)
    ]
    delays = list(spread(_delay, tasks, workers))
    parts = [delays[i * repetitions :][:repetitions] for i in range(len(cells))]
    known = [[one for one in part if one is not None] for part in parts]
    result = [_line(cell, own) for cell, own in zip(cells, known, strict=True)]
    return [rate, *result, *_settling([one for own in known for one in own])]


def _rates(weeks: int, seed: int, workers: int) -> tuple[Line, tuple[float, float]]:
    """Our false alarms on quiet weeks, and the rates at which the CUSUM is compared."""
    worlds = [Cell(mean, 0.0, rho, step) for mean, rho, step in product(MEANS, RHOS, STEPS)]
    tasks = [Task(world, seed, number) for world in worlds for number in range(weeks)]
    alarms = sum(spread(_alarmed, tasks, workers))
    # The upper end of 95 %: where none was seen, Poisson's ln 20.
    rate = alarms / len(tasks) if alarms else float(np.log(20)) / len(tasks)
    said = "measured" if alarms else "none seen: the 95 % upper bound"
    note = (
        f"third week of a service, a prefix every hour; the CUSUM has {rate:.2g} a service-week"
        f" ({said}), and {RARE:g} beside it"
    )
    seen = f"{alarms} of {len(tasks)}"
    return Line("online: quiet service-weeks with a report", "–", seen, None, note), (rate, RARE)


def _alarmed(task: Task) -> bool:
    """Whether anything is reported in the third week of a quiet service, looked at every hour."""
    cell, world = task.cell, task.cell.world(21.0)
    drawn = sample(rng_of(task.seed, 1, cell.mean, cell.rho, cell.step, task.number), world)
    hour = round(3600 / world.step)
    return any(_reports(drawn, n) for n in range(round(14 * DAY / world.step), world.cells, hour))


def _reports(drawn: Sample, cells: int) -> list[tuple[float, float]]:
    """The windows and blips that the first `cells` intervals hold."""
    counts = (drawn.start[:cells], drawn.world.step, drawn.attempts[:cells], drawn.errors[:cells])
    seen = detect(table(*counts))
    return [(w.onset, w.until) for w in seen.windows] + [(b.start, b.end) for b in seen.blips]


def _onset(drawn: Sample, cells: int, truth: Truth) -> float | None:
    """The onset that the first `cells` intervals show of the outage, if they show it."""
    meet = [a for a, b in _reports(drawn, cells) if a < truth.end and b > truth.start]
    return min(meet, default=None)


def _walk(drawn: Sample, cell: Cell) -> F64:
    """Log-likelihood ratios of all intervals, for one who knows p0(t), p1 and rho."""
    p1 = drawn.usual + cell.extra * (1 - drawn.usual)
    elevated = log_likelihood(drawn.errors, drawn.attempts, p1, cell.rho)
    return elevated - log_likelihood(drawn.errors, drawn.attempts, drawn.usual, cell.rho)


def _cusum(walk: F64) -> F64:
    """The sum of `walk`, set back to 0 whenever it falls below."""
    total = np.cumsum(walk)
    height: F64 = total - np.minimum(np.minimum.accumulate(total), 0.0)
    return height


def _tail(task: Task) -> tuple[float, float]:
    """A height of the quiet CUSUM, and the share of weeks whose highest point is above it."""
    cell = task.cell
    rng = rng_of(task.seed, 2, cell.mean, cell.extra, cell.rho, cell.step)
    world = cell.world(7.0)
    tops = [float(_cusum(_walk(sample(rng, world), cell)).max()) for _ in range(CALIBRATION)]
    level = float(np.quantile(tops, 1 - TAIL))
    return level, float(np.mean(np.array(tops) > level))


def _threshold(level: float, share: float, rate: float) -> float:
    """The height that the quiet CUSUM passes `rate` times a week."""
    # Where quiet never rises at all, any rise is a sure sign.
    return max(level + float(np.log(share / rate)), 0.0) if share > 0 else max(level, 0.0)


@cache
def _gain(cell: Cell, seed: int) -> F64:
    return gain(cell.world(), cell.extra, seed)


def _placed(rng: np.random.Generator, cell: Cell, won: F64) -> Truth | None:
    """An outage with enough history before it; none where it would take a quarter of the series."""
    while (truth := place(rng, cell.world(), cell.extra, won, LEAST)) is not None:
        if truth.start - EPOCH >= HISTORY * DAY:
            return replace(truth, end=max(truth.end, truth.start + LASTS * cell.step))
    return None


def _delay(task: Task) -> Delay | None:
    """Draw one outage and feed it; None where the cell cannot hold one."""
    cell, step = task.cell, task.cell.step
    rng = rng_of(task.seed, 3, cell.mean, cell.extra, cell.rho, step, task.number)
    truth = _placed(rng, cell, _gain(cell, task.seed))
    if truth is None:
        return None
    drawn = sample(rng, cell.world(), (truth,))
    begun = (truth.start - EPOCH) / step
    height = _cusum(_walk(drawn, cell))[int(begun) :]
    above = [np.flatnonzero(height > threshold) for threshold in task.thresholds]
    cusum = [int(begun) + 1 + int(one[0]) - begun if len(one) else np.nan for one in above]
    seen = _first_report(drawn, int(begun), truth)
    if seen is None:
        return Delay(np.nan, tuple(cusum), np.nan, False)
    start, *later = (_onset(drawn, n, truth) for n in _later(seen, len(drawn.start)))
    end = later[-1] if later else start
    moved = np.nan if start is None or end is None else abs(end - start) / step
    return Delay(seen - begun, tuple(cusum), moved, None in later)


def _first_report(drawn: Sample, first: int, truth: Truth) -> int | None:
    """The shortest prefix tried that shows the outage beginning in cell `first`.

    All the first ones are tried; later ones are passed over until one shows it, and then tried one
    by one. A report that came and went in what was passed over is missed: to our disadvantage.
    """
    size, n = len(drawn.start), first + 1
    before = first
    while n <= size:
        if _onset(drawn, n, truth) is not None:
            between = range(before + 1, n)
            return next((m for m in between if _onset(drawn, m, truth) is not None), n)
        before, passed = n, n - first
        n += 1 if passed < DENSE else max(1, passed // SPARSER)
    return None


def _later(seen: int, size: int) -> list[int]:
    """Prefixes from the first report on, ever further apart, the last of them the whole."""
    steps = (seen + 2**i - 1 for i in range(size.bit_length()))
    return [*(n for n in steps if n < size), size]


def _line(cell: Cell, delays: Sequence[Delay]) -> Line:
    name = f"{cell.mean:g} attempts, {cell.extra:.0%}, rho {cell.rho:g}, {cell.step:g} s"
    name, asked = f"online: {name}", f"≤ {FACTOR:g} × CUSUM + {MORE:g} interval"
    if not delays:
        return Line(name, asked, "left out", None, "needs more than a quarter of the series")
    late = np.array([(d.ours, *d.cusum) for d in delays])
    # An outage that one of them never reported has no delay; how many is said, not averaged.
    missed = np.isnan(late).sum(axis=0)
    ours, cusum, rare = late[~np.isnan(late).any(axis=1)].mean(axis=0)
    allowed, more = FACTOR * cusum + MORE, FACTOR * rare + MORE
    note = f"allowed {allowed:.1f}; at {RARE:g} a week CUSUM {rare:.1f}, allowed {more:.1f}"
    if missed.any():
        note += f"; of {len(delays)} not found: ours {missed[0]}, CUSUM {missed[1]}"
    seen = f"{ours:.1f} intervals, CUSUM {cusum:.1f}"
    return Line(name, asked, seen, bool(ours <= allowed) and not missed[0], note)


def _settling(delays: Sequence[Delay]) -> list[Line]:
    """What becomes of a first report."""
    half, most = np.nanquantile([d.moved for d in delays], [0.5, 0.95])
    moved = f"{half:.2f} intervals (median), {most:.1f} (95 %)"
    reported = sum(bool(np.isfinite(d.ours)) for d in delays)
    gone = f"{sum(d.vanished for d in delays)} of {reported}"
    note = "the last prefix is the whole series"
    return [
        Line("online: the reported onset moves from first report to end", "–", moved, None, note),
        Line("online: reports missing at a later prefix", "–", gone, None),
    ]
