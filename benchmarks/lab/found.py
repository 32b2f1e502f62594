"""How many outages are found, by how much evidence the oracle expects of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from benchmarks.lab.boundaries import EXTRAS, MEANS, RHOS, counts_of
from benchmarks.lab.oracle import gain
from benchmarks.lab.report import Line, rng_of, spread
from benchmarks.lab.simulate import World, place, sample
from detector.detect import detect

BANDS = ((20.0, 35.0), (35.0, 50.0), (50.0, 500.0))
"""Expected log-likelihood ratios in nats, drawn evenly in their logarithm within a band."""
ASKED = {35.0: 0.90, 50.0: 0.995}
BATCH = 40


@dataclass(slots=True)
class Count:
    """Events of one band: how many, how many found, and how many windows met no outage."""

    events: int = 0
    found: int = 0
    windows: int = 0
    false: int = 0

    def add(self, other: Count) -> None:
        """Put another count to this one."""
        self.events += other.events
        self.found += other.found
        self.windows += other.windows
        self.false += other.false


Task = tuple[tuple[float, float, float], tuple[float, float], int, int]


def batch(task: Task) -> Count:
    """Count one cell of the grid in one band, from event number `first` on."""
    (mean, extra, rho), (low, high), first, seed = task
    world, count = World(mean, rho), Count()
    gained = gain(world, extra, seed)
    for number in range(first, first + BATCH):
        rng = rng_of(seed, number, mean, extra, rho, low)
        least = low * (high / low) ** rng.uniform()
        truth = place(rng, world, extra, gained, least, 1.02 * least)
        if truth is None:
            continue
        found = detect(counts_of(sample(rng, world, (truth,))))
        spans = [(w.onset, w.until) for w in found.windows]
        # What lasts under two minutes is told as a blip, and that is right.
        spans_and_blips = spans + [(b.start, b.end) for b in found.blips]
        met = [end > truth.start and start < truth.end for start, end in spans]
        count.events += 1
        count.found += any(e > truth.start and s < truth.end for s, e in spans_and_blips)
        count.windows += len(spans)
        count.false += len(spans) - sum(met)
    return count


def lines(events: int, seed: int, workers: int) -> list[Line]:
    """Count `events` or more in each band, spread evenly over the grid."""
    cells = [(float(m), float(a), float(r)) for m, a, r in product(MEANS, EXTRAS, RHOS)]
    batches = -(-events // (BATCH * len(cells) * 3 // 4))
    tasks = [
        (cell, band, number * BATCH, seed)
        for band in BANDS
        for cell in cells
        for number in range(batches)
    ]
    counts = {band: Count() for band in BANDS}
    for task, count in zip(tasks, spread(batch, tasks, workers), strict=True):
        counts[task[1]].add(count)
    result = []
    windows, false = 0, 0
    for (low, high), count in counts.items():
        share = count.found / max(count.events, 1)
        asked = ASKED.get(low)
        name = f"events found at {low:g} to {high:g} nats"
        told = "–" if asked is None else f"≥ {asked:.1%}"
        met = None if asked is None else share >= asked
        result.append(Line(name, told, f"{share:.2%} of {count.events}", met))
        windows += count.windows
        false += count.false
    precision = 1 - false / max(windows, 1)
    result.append(
        Line("precision", "≥ 99.5 %", f"{precision:.2%} of {windows}", bool(precision >= 0.995))
    )
    return result
