"""Hard outages: how much of the true time the windows cover, and what the limit would cover."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.lab import oracle
from benchmarks.lab.quiet import AUTUMN, SPRING
from benchmarks.lab.report import Line, rng_of, spread
from benchmarks.lab.simulate import DAY, EPOCH, WEEK, Sample, Truth, World, place, sample
from detector import series
from detector.detect import detect
from detector.increase import Counter, increases
from detector.model import Options

Span = tuple[float, float]
Scene = Callable[[np.random.Generator, World, Truth], "Case | None"]
"""Makes a case of a sharp outage worth 50 nats, or None where its own would be worth less."""

WORLDS = [World(*o) for o in product((20.0, 200.0, 5000.0), (0.0, 0.004, 0.05), (60.0, 300.0))]
GRID = tuple(product(WORLDS, (0.1, 0.3, 1.0)))
LEAST, MINUTE, HOUR = 50.0, 60.0, 3600.0
RULE = 15 * MINUTE
"""What the product promises: outages closer than this are one."""
DAYS = "2 to 5 days"
BOTTOM, PLACES = 30.0, 300
"""Nats beyond which the limit does not look for an edge, and the places it tries."""


@dataclass(frozen=True, slots=True)
class Case:
    """An outage as it happened, with one sample a target, and the series made of it."""

    seen: tuple[Sample, ...]
    series: series.Series
    spans: tuple[Span, ...]
    kind: str = "errors"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case came out: IoU of ours and of the limit, and how many times missed and extra."""

    told: str
    step: float
    iou: float
    limit: float
    missed: int
    extra: int
    wrong: str


@cache
def gain_of(world: World, extra: float) -> NDArray[np.float64]:
    """Nats that a fully hit step wins, by hour of the week; the same in every run."""
    return oracle.gain(world, extra, 0)


def worth(world: World, extra: float, start: float, end: float) -> float:
    """Nats that an outage is expected to win."""
    hour = np.floor((np.arange(start, end, MINUTE) - EPOCH) % WEEK / HOUR).astype(int)
    return float(gain_of(world, extra)[hour].mean() * (end - start) / world.step)


def simple(seen: Sample, *spans: Span, kind: str = "errors") -> Case:
    """A sample as a table of counts, every step of it seen."""
    rows = series.table(seen.start, seen.world.step, seen.attempts, seen.errors)
    return Case((seen,), rows, spans, kind)


def seasonal(rng: np.random.Generator, world: World, truth: Truth) -> Case:
    """A sharp outage of a service with deep cycles and quiet weekends."""
    return simple(sample(rng, world, (truth,)), (truth.start, truth.end))


def flapping(pause: float, rng: np.random.Generator, world: World, truth: Truth) -> Case | None:
    """On for 5 to 20 minutes, off for 5 to `pause`, for 2 to 6 hours."""
    at, last = truth.start, truth.start + rng.uniform(2, 6) * HOUR
    phases, spans = list[Truth](), list[Span]()
    while at < last:
        end = at + rng.uniform(5, 20) * MINUTE
        phases.append(Truth(at, end, truth.extra))
        begun = spans.pop()[0] if spans and at - spans[-1][1] < RULE else at
        spans.append((begun, end))
        at = end + rng.uniform(5 * MINUTE, pause)
    if sum(worth(world, p.extra, p.start, p.end) for p in phases) < LEAST:
        return None
    return simple(sample(rng, world, tuple(phases)), *spans)


def missing(rng: np.random.Generator, world: World, truth: Truth) -> Case | None:
    """Counters of which 30 % of the scrapes are missing."""
    seen = sample(rng, world, (truth,))
    keep = rng.random(len(seen.start) + 1) >= 0.3
    at = np.append(EPOCH, seen.start + world.step)[keep]
    attempts, errors = (np.append(0, np.cumsum(v))[keep] for v in (seen.attempts, seen.errors))
    counts = increases([Counter("a", at, attempts)], [Counter("a", at, errors)]).counts
    return None if counts is None else Case((seen,), counts, ((truth.start, truth.end),))


def resets(rng: np.random.Generator, world: World, truth: Truth) -> Case | None:
    """Counters of two to five targets, each scraped at its own time and restarting now and then."""
    targets = int(rng.integers(2, 6))
    own, parts, pairs = replace(world, mean=world.mean / targets), [], []
    for number, shift in enumerate(rng.uniform(0, world.step, targets)):
        moved = replace(truth, start=truth.start - shift, end=truth.end - shift)
        at = own.starts() + shift + own.step / 2
        parts.append(sample(rng, own, (moved,), usual=own.usual(at), traffic=own.traffic(at)))
        # One restart in the outage, as operators do, and about one a week.
        during = int((rng.uniform(moved.start, moved.end) - EPOCH) // own.step)
        restarts = np.append(rng.integers(own.cells, size=rng.poisson(own.days / 7)), during)
        pairs.append(restarted(rng, str(number), parts[-1], float(shift), np.unique(restarts)))
    counts = increases([pair[0] for pair in pairs], [pair[1] for pair in pairs]).counts
    return None if counts is None else Case(tuple(parts), counts, ((truth.start, truth.end),))


def restarted(
    rng: np.random.Generator, name: str, part: Sample, shift: float, restarts: NDArray[np.int64]
) -> tuple[Counter, Counter]:
    """Counters that begin anew: what came since the last scrape is lost, and up to two scrapes."""
    good, bad = (part.attempts - part.errors).astype(int), part.errors.astype(int)
    kept = np.ones(len(good) + 1, dtype=bool)
    since = np.zeros(len(good), dtype=int)
    for at in restarts:
        left, down = rng.random(), int(rng.integers(3))
        good[at], bad[at] = rng.binomial(good[at], left), rng.binomial(bad[at], left)
        good[at : at + down] = bad[at : at + down] = 0
        kept[at + 1 : at + 1 + down] = False
        since[at:] = at
    time = np.append(EPOCH, part.start + part.world.step) + shift
    totals = [np.append(0.0, np.cumsum(values)) for values in (good + bad, bad)]
    pair = [np.append(0.0, total[1:] - total[since])[kept] for total in totals]
    return Counter(name, time[kept], pair[0]), Counter(name, time[kept], pair[1])


def storm(rng: np.random.Generator, world: World, truth: Truth) -> Case:
    """Retries raise attempts to two to four times within ten minutes, and ebb away after."""
    start, build = world.starts(), min(10 * MINUTE, truth.end - truth.start)
    retries = Truth(truth.start, truth.end + build, rng.uniform(1, 3), build)
    traffic = world.traffic(start + world.step / 2) * (1 + retries.effect(start, world.step))
    return simple(sample(rng, world, (truth,), traffic=traffic), (truth.start, truth.end))


def ramp(rng: np.random.Generator, world: World, truth: Truth) -> Case:
    """Ten to forty minutes to full effect, as long back; true from half effect to half effect.

    The sharp outage with as many errors begins and ends there, and it does not depend, as the first
    visible error does, on traffic.
    """
    slow = rng.uniform(10, 40) * MINUTE
    end = max(truth.end, truth.start + slow)
    gradual = Truth(truth.start - slow / 2, end + slow / 2, truth.extra, slow)
    return simple(sample(rng, world, (gradual,)), (truth.start, end))


def days(total: float, rng: np.random.Generator, world: World, truth: Truth) -> Case:
    """Two to five days in `total` days of data, which is worth far more than 50 nats anywhere."""
    world, lasts = replace(world, days=total), rng.uniform(2, 5) * DAY
    start = EPOCH + rng.uniform(0.3 * DAY, (total - 0.3) * DAY - lasts)
    return seasonal(rng, world, Truth(start, start + lasts, truth.extra))


def silence(rng: np.random.Generator, world: World, truth: Truth) -> Case | None:
    """No attempts, or up to a fifth of them, for one to six hours in which data arrive."""
    left = float(rng.choice([1e-9, rng.uniform(0.02, 0.2)]))
    truth = Truth(truth.start, truth.start + rng.uniform(1, 6) * HOUR, 1 - left)
    usual = world.traffic(world.starts() + world.step / 2)
    lost = truth.effect(world.starts(), world.step)
    # Poisson alone: an upper limit, as traffic is more restless than that.
    if (1 - left + left * np.log(left)) * float((usual * (lost > 0)).sum()) < LEAST:
        return None
    seen = sample(rng, world, traffic=usual * (1 - lost))
    return simple(seen, (truth.start, truth.end), kind="traffic_loss")


def clocks(rng: np.random.Generator, world: World, truth: Truth) -> Case | None:
    """An outage during which New York's clocks change, in autumn or in spring."""
    clock, lasts = (AUTUMN, SPRING)[int(rng.integers(2))], truth.end - truth.start
    start = clock.change - clock.shift - rng.random() * lasts
    local = start + 3600 * clock.before
    if worth(world, truth.extra, local, local + lasts) < LEAST:
        return None
    truth = Truth(start, start + lasts, truth.extra)
    middle = clock.local(world.starts() + clock.shift + world.step / 2)
    seen = sample(rng, world, (truth,), usual=world.usual(middle), traffic=world.traffic(middle))
    rows = series.table(seen.start + clock.shift, world.step, seen.attempts, seen.errors)
    return Case((seen,), rows, ((start + clock.shift, truth.end + clock.shift),), zone=clock.zone)


SCENES: dict[str, tuple[Scene, float | None]] = {
    "seasonal": (seasonal, 0.98),
    "flapping": (partial(flapping, 12 * MINUTE), 0.98),
    "missing scrapes 30 %": (missing, 0.98),
    "counter resets": (resets, 0.98),
    "retry storm": (storm, 0.98),
    "ramps": (ramp, 0.95),
    f"{DAYS} in 3 weeks": (partial(days, 21.0), 0.98),
    f"{DAYS} in 6 days": (partial(days, 6.0), 0.95),
    "flapping, pauses to 20 min": (partial(flapping, 20 * MINUTE), None),
    "traffic loss": (silence, None),
    "both changes of the clocks": (clocks, None),
}


def limit(case: Case) -> float:
    """The IoU of one who knows all but the first onset and last recovery, and missed no scrape."""
    if not case.seen[0].truths:
        return np.nan
    edges = np.array(case.spans)
    edges[0, 0] += moved(case, 0, "start")
    edges[-1, 1] += moved(case, -1, "end")
    return overlap([(float(a), float(b)) for a, b in edges], case.spans)


def moved(case: Case, which: int, edge: str) -> float:
    """How many seconds off the median of the posterior of an edge is."""
    world, truth = case.seen[0].world, case.seen[0].truths[which]
    lasts, whole = truth.end - truth.start, replace(world, mean=world.mean * len(case.seen))
    each = worth(whole, truth.extra, truth.start, truth.end) / lasts * world.step
    reach = min((BOTTOM / each + 3) * world.step + truth.ramp, (lasts - truth.ramp) / 2)
    by, total = np.linspace(-reach, reach, PLACES), np.zeros(PLACES)
    for seen in case.seen:
        truths, at = list(seen.truths), getattr(seen.truths[which], edge)
        own = seen.kept(np.abs(seen.start - at) < reach + truth.ramp + 2 * world.step)
        for index, shift in enumerate(by):
            truths[which] = replace(seen.truths[which], **{edge: at + shift})
            extra = sum(one.effect(own.start, world.step) for one in truths)
            p = own.usual + extra * (1 - own.usual)
            total[index] += oracle.log_likelihood(own.errors, own.attempts, p, world.rho).sum()
    mass = np.exp(total - total.max())
    return float(np.interp(0.5, (np.cumsum(mass) - mass / 2) / mass.sum(), by))


def overlap(ours: Sequence[Span], true: Sequence[Span]) -> float:
    """Intersection over union, in time; spans of one side do not overlap each other."""
    shared = sum(max(0.0, min(b, d) - max(a, c)) for a, b in ours for c, d in true)
    return shared / (sum(b - a for a, b in (*ours, *true)) - shared)


def drawn(scene: str, seed: int, index: int) -> Case:
    """Draw a case, from the next cells of the grid where one would not be worth 50 nats."""
    order = rng_of(seed).permutation(len(GRID))
    for attempt in range(len(GRID)):
        rng = rng_of(seed, 10 + list(SCENES).index(scene), index, attempt)
        world, extra = GRID[order[(index + 7 * attempt) % len(GRID)]]
        truth = place(rng, world, extra, gain_of(world, extra), LEAST)
        if truth and (case := SCENES[scene][0](rng, world, truth)):
            return case
    raise ValueError(f"no cell allows {scene}")


def judged(task: tuple[str, int, int]) -> Outcome:
    """Judge one case, given its scene, seed and index; outages of days by their best window."""
    case = drawn(*task)
    found = detect(case.series, Options(zone=case.zone))
    seen, spans = case.seen[0], [(w.onset, w.until) for w in found.windows]
    meets = [overlap([span], case.spans) for span in spans]
    alone = max(meets, default=0.0) if task[0].startswith(DAYS) else overlap(spans, case.spans)
    true, ours = (np.round(np.subtract(s, case.spans[0][0])).tolist() for s in (case.spans, spans))
    kinds = {w.kind for w, met in zip(found.windows, meets, strict=True) if met} - {case.kind}
    return Outcome(
        f"{task} {seen.world} {seen.truths[:1]}, seconds: true {true} found {ours}",
        seen.world.step,
        alone,
        limit(case),
        sum(not overlap([span], spans) for span in case.spans),
        sum(not met for met in meets),
        "not assessed" if found.not_assessed else "+".join(sorted(kinds)),
    )


def line(scene: str, cases: Sequence[Outcome]) -> Line:
    """The mean IoU of a scene, beside that of the limit, in all and by step."""
    seen, best, steps = np.array([(one.iou, one.limit, one.step) for one in cases]).T
    parts = [
        f"{step:g} s {seen[steps == step].mean():.3f} (limit {best[steps == step].mean():.3f})"
        for step in np.unique(steps)
    ]
    missed, extra = sum(one.missed for one in cases), sum(one.extra for one in cases)
    wrong = "".join(f"; one {kind}" for kind in sorted(one.wrong for one in cases if one.wrong))
    note = f"limit {best.mean():.4f}; {', '.join(parts)}; {missed} missed, {extra} extra{wrong}"
    target = SCENES[scene][1]
    asked = "" if target is None else f"IoU ≥ {target}{' as one' * scene.startswith(DAYS)}"
    met = None if target is None else bool(seen.mean() >= target)
    return Line(scene, asked, f"{seen.mean():.4f} in {len(cases)}", met, note)


def lines(repetitions: int, seed: int, workers: int) -> list[Line]:
    """So many outages of every scene, spread over the grid; one to look at is `judged(task)`."""
    tasks = {scene: [(scene, seed, index) for index in range(repetitions)] for scene in SCENES}
    return [line(scene, list(spread(judged, own, workers))) for scene, own in tasks.items()]
