"""False windows in quiet service-weeks: all that makes a healthy service look odd, no outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from benchmarks.lab.report import Line, rng_of, spread
from benchmarks.lab.simulate import DAY, EPOCH, WEEK, Sample, Truth, World, sample
from detector import series
from detector.detect import detect
from detector.model import Options
from detector.results import Window

F64 = NDArray[np.float64]

MEANS, RHOS, STEPS = (1.0, 3.0, 20.0, 200.0, 5000.0), (0.0, 0.004, 0.05), (15.0, 60.0, 300.0)
RATIOS = (0.001, 0.005, 0.04)
MISSING = (0.0, 0.01, 0.1)
WEEKS = 3
BLIPS, SPIKES, BURSTS = 3.0, 2.0, 5.0
"""How many a week."""
SOMETIMES = 0.5
"""How likely a holiday, blips, spikes and a change of the clocks are, each: also without them."""
MODES = ("counts", "level", "noise")
"""Attempts and errors; errors per second alone; skewed noise that no traffic explains."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The service's own time, and by how many seconds its series begins after EPOCH."""

    zone: str = "UTC"
    shift: float = 0.0
    change: float = 0.0
    before: float = 0.0
    after: float = 0.0

    def local(self, time: F64) -> F64:
        """Local time in seconds, of seconds since the epoch."""
        moved: F64 = time + 3600.0 * np.where(time < self.change, self.before, self.after)
        return moved


# The clocks change on day 13 of three weeks: 2023-11-05 06:00 UTC and 2024-03-10 07:00 UTC.
AUTUMN = Clock("America/New_York", -3 * WEEK, 1_699_164_000.0, -4.0, -5.0)
SPRING = Clock("America/New_York", 15 * WEEK, 1_710_054_000.0, -5.0, -4.0)


@dataclass(frozen=True, slots=True)
class Service:
    """A quiet service of three weeks. Times are as in its world, so without the clock's shift."""

    world: World
    clock: Clock
    missing: float
    phase: float
    drift: tuple[float, float]
    """Of the error ratio and of traffic: how many times as much at the end as at the beginning."""
    holiday: tuple[int, float] | None
    blips: tuple[Truth, ...]
    spikes: tuple[tuple[float, float, float], ...]

    def told(self) -> str:
        """Its features in a line."""
        w, (ratio, traffic) = self.world, self.drift
        cycles = f"cycles p0 {w.ratio_cycle:.2f} traffic {w.traffic_cycle:.2f}"
        return (
            f"mean {w.mean:g} rho {w.rho:g} step {w.step:g} p0 {w.ratio:g} {cycles} weekend "
            f"{w.weekend:.2f} drift p0 {ratio:.2f} traffic {traffic:.2f} {self.clock.zone} "
            f"missing {self.missing:g} blips {len(self.blips)} spikes {len(self.spikes)} "
            f"holiday {self.holiday and f'day {self.holiday[0]} x{self.holiday[1]:.2f}'}"
        )

    def near(self, start: float, end: float) -> str:
        """What of its features touches a stretch, give or take a step; "nothing" if none does."""
        early, late = start - self.world.step, end + self.world.step
        day = self.clock.local(np.array([early, late]) + self.clock.shift) - EPOCH
        days = (day - self.clock.shift) / DAY
        change = self.clock.change - self.clock.shift
        near = {
            "blip": any(b.start < late and b.end > early for b in self.blips),
            "spike": any(s < late and e > early for s, e, _ in self.spikes),
            "holiday": bool(
                self.holiday and self.holiday[0] < days[1] and self.holiday[0] + 1 > days[0]
            ),
            "clocks": early < change + 4 * 3600 and late > change - 4 * 3600,
        }
        return "+".join(name for name, is_near in near.items() if is_near) or "nothing"


@dataclass(frozen=True, slots=True)
class FalseWindow:
    """A window that nothing but noise or what is usual made; times in days of the series."""

    mode: str
    seed: int
    index: int
    features: str
    start: float
    end: float
    kind: str
    near: str
    ratios: tuple[float, float]

    def __str__(self) -> str:
        length = (self.end - self.start) * DAY / 60
        ratio, usual = self.ratios
        return (
            f"{self.mode} seed {self.seed} index {self.index}: {self.kind} day {self.start:.4f} "
            f"to {self.end:.4f} ({length:.1f} min), near {self.near}, ratio {ratio:.4g} usual "
            f"{usual:.4g}; {self.features}"
        )


@dataclass(frozen=True, slots=True)
class Quiet:
    """What came of one service."""

    world: World
    judged: bool
    windows: tuple[FalseWindow, ...]


def service(rng: np.random.Generator, mean: float, rho: float, step: float) -> Service:
    """Draw the features of one service."""
    cycles = rng.uniform(0.0, 0.7, 2)
    ratio = float(rng.choice(RATIOS))
    world = World(mean, rho, step, 7.0 * WEEKS, ratio, cycles[0], cycles[1], rng.uniform(0.3, 1.0))
    some = rng.random(4) < SOMETIMES
    begins = EPOCH + rng.uniform(0, world.days * DAY, rng.poisson(BLIPS * WEEKS) * some[0])
    blips = tuple(
        Truth(at, at + rng.uniform(30.0, 119.0), rng.uniform(0.2, 1.0)) for at in sorted(begins)
    )
    begins = EPOCH + rng.uniform(0, world.days * DAY, rng.poisson(SPIKES * WEEKS) * some[1])
    spikes = tuple(
        (at, at + 300.0 * float(24 ** rng.random()), rng.uniform(2.0, 8.0)) for at in begins
    )
    holiday = (int(rng.integers(7 * WEEKS)), float(rng.uniform(0.4, 0.7))) if some[2] else None
    clock = (AUTUMN, SPRING)[int(rng.integers(2))] if some[3] else Clock()
    drift = 2.0 ** rng.uniform(-1, 1, 2)
    missing, phase = float(rng.choice(MISSING)), rng.uniform(0, DAY)
    return Service(
        world, clock, missing, phase, (float(drift[0]), float(drift[1])), holiday, blips, spikes
    )


def drawn(rng: np.random.Generator, one: Service) -> Sample:
    """Draw what a service showed, in the times of its world."""
    world, step = one.world, one.world.step
    start = world.starts()
    local = one.clock.local(start + one.clock.shift + step / 2)
    grown = (start - start[0]) / (world.days * DAY)
    traffic = world.traffic(local) * one.drift[1] ** grown
    if one.holiday:
        day = np.floor((local - one.clock.shift - EPOCH) / DAY)
        traffic = np.where(day == one.holiday[0], one.holiday[1] * traffic, traffic)
    for begin, end, times in one.spikes:
        share = np.clip((np.minimum(start + step, end) - np.maximum(start, begin)) / step, 0, 1)
        traffic = traffic * (1 + (times - 1) * share)
    usual = world.usual(local + one.phase) * one.drift[0] ** grown
    whole = sample(rng, world, one.blips, usual=usual, traffic=traffic)
    return whole.kept(rng.random(len(start)) >= one.missing)


def noise(rng: np.random.Generator, one: Service) -> tuple[F64, F64, str]:
    """Draw an error rate of skewed noise with bursts of one step and slow drift, and nothing else.

    Returns where its steps start, in the times of its world, the errors per second, and its
    features.
    """
    start = one.world.starts()
    size = len(start)
    if rng.random() < 0.5:
        shape = rng.uniform(0.5, 0.8)
        value, told = rng.lognormal(0.0, shape, size), f"log-normal {shape:.2f}"
    else:
        shape = rng.uniform(0.5, 2.0)
        value, told = rng.gamma(shape, 1 / shape, size), f"gamma {shape:.2f}"
    bursts = rng.integers(size, size=rng.poisson(BURSTS * WEEKS))
    value[bursts] *= rng.uniform(5.0, 20.0, len(bursts))
    scale = 10.0 ** rng.uniform(-3, 1)
    value *= scale * one.drift[0] ** (np.arange(size) / size)
    keep = rng.random(size) >= one.missing
    told += f" x{scale:.3g} drift {one.drift[0]:.2f} step {one.world.step:g} missing {one.missing}"
    return start[keep], value[keep], told


def made(mode: str, seed: int, index: int) -> tuple[Service, series.Series, str]:
    """Make one service of a mode, its series, and its features in a line."""
    grid = list(product(MEANS, RHOS, STEPS))
    # In an order that leaves a small run no class without its share.
    order = rng_of(seed).permutation(len(grid))
    rng = rng_of(seed, MODES.index(mode), index)
    one = service(rng, *grid[order[index % len(grid)]])
    step, shift = one.world.step, one.clock.shift
    if mode == "noise":
        start, value, told = noise(rng, one)
        one = replace(one, blips=(), spikes=(), holiday=None, clock=Clock())
        return one, series.Levels(start, start + step, value, step, "level"), told
    if mode == "level":
        # Twice the traffic is twice the errors: without attempts nobody can tell.
        one = replace(one, spikes=())
    seen = drawn(rng, one)
    start = seen.start + shift
    if mode == "counts":
        return one, series.table(start, step, seen.attempts, seen.errors), one.told()
    return one, series.Levels(start, start + step, seen.errors / step, step, "level"), one.told()


def judged(task: tuple[str, int, int]) -> Quiet:
    """Judge one service, given its mode, seed and index: all that is found is false."""
    one, given, told = made(*task)
    found = detect(given, Options(zone=one.clock.zone))

    def described(window: Window) -> FalseWindow:
        start, end = window.onset - one.clock.shift, window.until - one.clock.shift
        days = (start - EPOCH) / DAY, (end - EPOCH) / DAY
        pair = (window.error_ratio.value, window.baseline_error_ratio.value)
        ratios = (np.nan if pair[0] is None else pair[0], np.nan if pair[1] is None else pair[1])
        near = one.near(start, end)
        return FalseWindow(*task, told, *days, window.kind, near, ratios)

    windows = tuple(described(window) for window in found.windows)
    return Quiet(one.world, found.not_assessed is None, windows)


def run(mode: str, weeks: int, seed: int, workers: int) -> list[Quiet]:
    """Judge so many service-weeks of one mode."""
    tasks = [(mode, seed, index) for index in range(-(-weeks // WEEKS))]
    return list(spread(judged, tasks, workers))


def rate(count: int, services: int) -> str:
    """A rate a service-week with the upper end of what a Poisson count allows, one-sided 95 %."""
    weeks = max(services, 1) * WEEKS
    most = float(chi2.ppf(0.95, 2 * (count + 1))) / 2
    return f"{count / weeks:.4f} ({count} in {weeks} weeks, at most {most / weeks:.4f})"


def lines_of(name: str, outcomes: Sequence[Quiet], target: float) -> list[Line]:
    """The pooled rate, where the windows are, and the worst class by each feature."""
    seen = [one for one in outcomes if one.judged]
    windows = [window for one in seen for window in one.windows]
    near = sorted({window.near for window in windows})
    places = ", ".join(f"{sum(w.near == at for w in windows)} at {at}" for at in near)
    unjudged = len(outcomes) - len(seen)
    note = f"{places or 'none'}; {unjudged} of {len(outcomes)} services not assessed and left out"
    met = len(windows) <= target * WEEKS * len(seen)
    rows = [Line(name, f"≤ {target} a service-week", rate(len(windows), len(seen)), met, note)]
    for kind in sorted({window.kind for window in windows}):
        count = sum(window.kind == kind for window in windows)
        rows.append(Line(f"{name}: {kind}", "", rate(count, len(seen)), None))
    return rows + [row for feature in ("step", "rho", "mean") for row in worst(name, feature, seen)]


def worst(name: str, feature: str, seen: Sequence[Quiet]) -> list[Line]:
    """The class with the most windows by one feature, and what all its classes show."""
    classes: dict[float, list[int]] = {}
    for one in seen:
        classes.setdefault(getattr(one.world, feature), []).append(len(one.windows))
    if not any(sum(counts) for counts in classes.values()):
        return []
    top = max(classes, key=lambda key: float(np.mean(classes[key])))
    note = ", ".join(f"{key:g}: {sum(classes[key])}" for key in sorted(classes))
    seen_there = rate(sum(classes[top]), len(classes[top]))
    return [Line(f"{name}: worst {feature}, {top:g}", "", seen_there, None, f"windows by {note}")]


def lines(weeks: int, seed: int, workers: int) -> list[Line]:
    """False windows of counts, of rates, and of skewed noise, each in so many service-weeks."""
    names = ("false windows", "false windows, rate only", "false windows, skewed noise")
    return [
        line
        for mode, name, target in zip(MODES, names, (0.01, 0.02, 0.02), strict=True)
        for line in lines_of(name, run(mode, weeks, seed, workers), target)
    ]
