"""Ours beside its peers, on the same events and the same quiet weeks, each at its best setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.lab.boundaries import LEAST, counts_of
from benchmarks.lab.oracle import gain
from benchmarks.lab.peers import PEERS
from benchmarks.lab.report import rng_of, spread
from benchmarks.lab.simulate import EPOCH, Sample, Truth, World, place, sample
from detector.detect import detect

EVENTS = ((200, 0.05), (20, 0.30), (20, 0.10), (3, 0.30), (200, 0.02))
"""Attempts a step and extra failing fraction, of one week of five-minute steps."""
QUIET = ((20, 0.0), (200, 0.01), (5000, 0.004))
"""Attempts a step and rho of quiet weeks."""

Spans = list[tuple[float, float]]


def ours(drawn: Sample) -> Spans:
    """Our windows, in steps."""
    return [
        ((w.onset - EPOCH) / drawn.world.step, (w.until - EPOCH) / drawn.world.step)
        for w in detect(counts_of(drawn)).windows
    ]


def finders() -> dict[str, Callable[[Sample], Spans]]:
    """Ours and each peer, by name."""

    def of(find: Callable[..., list[tuple[int, int]]]) -> Callable[[Sample], Spans]:
        return lambda drawn: [
            (float(a), float(b)) for a, b in find(drawn.attempts, drawn.errors, drawn.world.step)
        ]

    return {"ours": ours, **{peer.name: of(peer.find) for peer in PEERS}}


@dataclass(slots=True)
class Tally:
    """Errors of start and end in steps, events, those found, and false windows."""

    start: list[float] = field(default_factory=list)
    end: list[float] = field(default_factory=list)
    events: int = 0
    false: int = 0


Answer = dict[str, Tally]


def event(task: tuple[float, float, int, int]) -> Answer:
    """One outage in a week, before every finder."""
    mean, extra, number, seed = task
    world = World(mean, 0.0, days=7.0)
    rng = rng_of(seed, number, mean, extra)
    truth = place(rng, world, extra, gain(world, extra, seed), LEAST)
    if truth is None:
        return {}
    drawn = sample(rng, world, (truth,))
    return {name: _tally(find(drawn), truth, world.step) for name, find in finders().items()}


def _tally(spans: Spans, truth: Truth, step: float) -> Tally:
    start, end = (truth.start - EPOCH) / step, (truth.end - EPOCH) / step
    met = [(a, b) for a, b in spans if a < end and b > start]
    tally = Tally(events=1, false=len(spans) - len(met))
    if met:
        a, b = max(met, key=lambda span: min(span[1], end) - max(span[0], start))
        tally.start.append(abs(a - start))
        tally.end.append(abs(b - end))
    return tally


def quiet(task: tuple[float, float, int, int]) -> Answer:
    """One week without an outage, before every finder."""
    mean, rho, number, seed = task
    world = World(mean, rho, days=7.0)
    drawn = sample(rng_of(seed, number, mean, rho, 7), world)
    return {name: Tally(events=1, false=len(f(drawn))) for name, f in finders().items()}


def _added(answers: list[Answer]) -> Answer:
    total: Answer = {}
    for answer in answers:
        for name, one in answer.items():
            sum_ = total.setdefault(name, Tally())
            sum_.start += one.start
            sum_.end += one.end
            sum_.events += one.events
            sum_.false += one.false
    return total


def table(repetitions: int, seed: int, workers: int) -> str:
    """Mean error of start / end in steps, share found, and false windows a quiet week."""
    found, calm = [], []
    for mean, extra in EVENTS:
        tasks = [(mean, extra, number, seed) for number in range(repetitions)]
        found.append(_added(list(spread(event, tasks, workers))))
    for mean, rho in QUIET:
        tasks = [(mean, rho, number, seed) for number in range(max(repetitions // 4, 2))]
        calm.append(_added(list(spread(quiet, tasks, workers))))
    heads = [f"{m}@{a:.0%}" for m, a in EVENTS] + [f"quiet {m}, rho {r:g}" for m, r in QUIET]
    lines = [f"| | {' | '.join(heads)} |", "| --- " * (len(heads) + 1) + "|"]
    for name in found[0]:
        cells = [_told(answer[name]) for answer in found]
        cells += [f"{answer[name].false / answer[name].events:.2g}" for answer in calm]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    settings = [f"- {peer.name}: {peer.settings}." for peer in PEERS]
    return "\n".join([*lines, "", *settings])


def _told(tally: Tally) -> str:
    if not tally.start:
        return "none found"
    part = len(tally.start) / tally.events
    share = "" if part > 0.995 else f", {part:.0%} found"
    return f"{np.mean(tally.start):.2g} / {np.mean(tally.end):.2g}{share}"
