"""How exact the edges are: against one who knows p0(t), p1 and rho, over the whole grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from benchmarks.lab.oracle import Known, Oracle, gain, without_effect
from benchmarks.lab.report import Line, rng_of, spread
from benchmarks.lab.simulate import DAY, EPOCH, Sample, Truth, World, place, sample
from detector.detect import detect
from detector.results import Window
from detector.series import Levels, Series, table

MEANS = (1, 3, 20, 200, 5000)
EXTRAS = (0.02, 0.05, 0.1, 0.3, 1.0)
RHOS = (0.0, 0.004, 0.05)
LEAST = 50.0
BATCH = 50
Cell = tuple[float, float, float]
"""Mean attempts a step, extra failing fraction, rho."""


@dataclass(slots=True)
class Score:
    """One cell of the grid. Errors and widths are in steps; each found event gives two edges."""

    events: int = 0
    left_out: int = 0
    missed: int = 0
    false: int = 0
    ongoing: int = 0
    error: list[float] = field(default_factory=list)
    width: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    oracle_error: list[float] = field(default_factory=list)
    oracle_width: list[float] = field(default_factory=list)
    blind_error: list[float] = field(default_factory=list)
    ratio_missed: int = 0
    ratio_error: list[float] = field(default_factory=list)
    ratio_counts_error: list[float] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Put another batch of the same cell to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def counts_of(drawn: Sample) -> Series:
    """The sample as a table of counts."""
    return table(drawn.start, drawn.world.step, drawn.attempts, drawn.errors)


def ratio_of(drawn: Sample) -> Series:
    """The sample as an error ratio alone; intervals without attempts have none."""
    some = drawn.attempts > 0
    start = drawn.start[some]
    ratio = drawn.errors[some] / drawn.attempts[some]
    return Levels(start, start + drawn.world.step, ratio, drawn.world.step, "ratio")


def meeting(windows: tuple[Window, ...], truth: Truth) -> Window | None:
    """The window that shares most time with the outage; None if none meets it."""
    met = [w for w in windows if w.onset < truth.end and w.until > truth.start]
    together = [min(w.until, truth.end) - max(w.onset, truth.start) for w in met]
    return met[int(np.argmax(together))] if met else None


def _edges(window: Window) -> tuple[float, float]:
    """Onset and recovery; while it is ongoing where its recovery would be now."""
    end = window.end.value if window.end.value is not None else window.provisional_end
    return window.onset, window.as_of if end is None else end


def _errors(found: tuple[float, float], truth: Truth, step: float) -> list[float]:
    return [abs(found[0] - truth.start) / step, abs(found[1] - truth.end) / step]


def batch(task: tuple[Cell, int, int, int]) -> Score:
    """Score `repetitions` events of one cell, from number `first` on."""
    (mean, extra, rho), first, repetitions, seed = task
    world, score = World(mean, rho), Score()
    gained = gain(world, extra, seed)
    for number in range(first, first + repetitions):
        rng = rng_of(seed, number, mean, extra, rho)
        truth = place(rng, world, extra, gained, LEAST)
        if truth is None:
            score.left_out += 1
            continue
        score.events += 1
        _add(score, sample(rng, world, (truth,)), truth)
    return score


def _add(score: Score, drawn: Sample, truth: Truth) -> None:
    step = drawn.world.step
    windows = detect(counts_of(drawn)).windows
    found = meeting(windows, truth)
    score.false += sum(w.onset >= truth.end or w.until <= truth.start for w in windows)
    if found is None:
        score.missed += 1
        return
    ours = _errors(_edges(found), truth, step)
    score.error += ours
    known = Oracle(drawn, truth.extra).edges()
    score.oracle_error += _errors((known.start[0], known.end[0]), truth, step)
    score.blind_error += _blind(drawn, truth)
    score.ongoing += found.status == "ongoing"
    if found.status == "closed":
        _add_widths(score, found, known, truth, step)
    alone = meeting(detect(ratio_of(drawn)).windows, truth)
    if alone is None:
        score.ratio_missed += 1
        return
    score.ratio_error += _errors(_edges(alone), truth, step)
    score.ratio_counts_error += ours


def _blind(drawn: Sample, truth: Truth) -> list[float]:
    """The errors of one who does not know p1, told roughly where to look."""
    reach = max(100 * drawn.world.step, 1.5 * (truth.end - truth.start))
    last = EPOCH + drawn.world.days * DAY
    known = without_effect(drawn, (max(truth.start - reach, EPOCH), min(truth.end + reach, last)))
    return _errors((known.start[0], known.end[0]), truth, drawn.world.step)


def _add_widths(score: Score, found: Window, known: Known, truth: Truth, step: float) -> None:
    pairs = ((found.start, known.start, truth.start), (found.end, known.end, truth.end))
    for edge, limit, true in pairs:
        assert edge.low is not None  # a closed window has both edges
        assert edge.high is not None
        score.width.append((edge.high - edge.low) / step)
        score.oracle_width.append((limit[2] - limit[1]) / step)
        score.held.append(edge.low <= true <= edge.high)


def scores(
    repetitions: int, seed: int, workers: int, extras: Sequence[float] = ()
) -> dict[Cell, Score]:
    """Score every cell of the grid, or those of some extra failing fractions."""
    tried = product(MEANS, extras or EXTRAS, RHOS)
    cells = [(float(m), float(a), float(r)) for m, a, r in tried]
    tasks = [
        (cell, first, min(BATCH, repetitions - first), seed)
        for cell in cells
        for first in range(0, repetitions, BATCH)
    ]
    found: dict[Cell, Score] = {cell: Score() for cell in cells}
    for task, score in zip(tasks, spread(batch, tasks, workers), strict=True):
        found[task[0]].add(score)
    return found


def _met(score: Score) -> dict[str, bool]:
    error, oracle = np.mean(score.error), np.mean(score.oracle_error)
    width, limit = np.mean(score.width), np.mean(score.oracle_width)
    met = {
        "error": bool(error <= 1.1 * oracle + 0.05),
        "coverage": bool(np.mean(score.held) >= 0.92),
        "width": bool(width <= 1.25 * limit + 0.1),
        "ratio": True,
    }
    if score.ratio_error:
        counts = np.mean(score.ratio_counts_error)
        met["ratio"] = bool(np.mean(score.ratio_error) <= 1.5 * counts + 0.1)
    return met


def grid_table(found: dict[Cell, Score]) -> str:
    """Every cell, none dropped."""
    lines = [
        "| attempts | extra | rho | events | found | error | oracle | p1 unknown | held | width "
        "| oracle | ratio alone: found | error | with counts | falls short in |",
        "| --- " * 15 + "|",
    ]
    for (mean, extra, rho), score in found.items():
        name = f"| {mean:g} | {extra:.0%} | {rho:g} "
        if not score.events:
            lines.append(f"{name}| left out |" + " |" * 11)
            continue
        part = (score.events - score.missed) / score.events
        both = max(len(score.error) // 2, 1)
        alone = f"{1 - score.ratio_missed / both:.1%} | {_mean(score.ratio_error)} "
        short = ", ".join(name for name, met in _met(score).items() if not met)
        lines.append(
            f"{name}| {score.events} | {part:.1%} | {_mean(score.error)} "
            f"| {_mean(score.oracle_error)} | {_mean(score.blind_error)} "
            f"| {np.mean(score.held):.1%} | {_mean(score.width)} | {_mean(score.oracle_width)} "
            f"| {alone}| {_mean(score.ratio_counts_error)} | {short} |"
        )
    return "\n".join(lines)


def _mean(values: list[float]) -> str:
    return f"{np.mean(values):.3g}" if values else "–"


def lines(found: dict[Cell, Score]) -> list[Line]:
    """What the grid comes to, against what was asked."""
    judged = {cell: (score, _met(score)) for cell, score in found.items() if score.error}
    total = len(judged)

    def share(name: str) -> tuple[str, bool]:
        met = sum(m[name] for _, m in judged.values())
        return f"{met} of {total} cells", met == total

    pooled = {
        mean: float(np.mean([h for c, (s, _) in judged.items() if c[0] == mean for h in s.held]))
        for mean in MEANS
    }
    rates = ", ".join(f"{mean}: {held:.1%}" for mean, held in pooled.items())
    return [
        Line("mean boundary error", "≤ 1.1 × oracle + 0.05 step, each cell", *share("error")),
        Line(
            "coverage, pooled by traffic level",
            "93–98 %",
            rates,
            all(0.93 <= held <= 0.98 for held in pooled.values()),
        ),
        Line("coverage", "≥ 92 % in each cell", *share("coverage")),
        Line("width of the intervals", "≤ 1.25 × oracle + 0.1 step, each cell", *share("width")),
        Line(
            "ratio alone: boundary error",
            "≤ 1.5 × with counts + 0.1 step, each cell",
            *share("ratio"),
        ),
    ]
