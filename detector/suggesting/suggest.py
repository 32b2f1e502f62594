"""A rule of one to three conditions that tells of outages soon, and seldom of anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimate import Estimate
from detector.model import Detection
from detector.series import F64, Counts
from detector.suggesting.delays import LASTS, SIZES, Outages, put_in
from detector.suggesting.family import Candidate, Threshold, family
from detector.suggesting.trailing import trail
from detector.suggesting.usual import Peaks, seen, simulated, thresholds

LEAST_DAYS = 7.0
"""Normal running that there must be: the quiet nights and the busy mornings of a week."""
AIM = 1 / 3
"""The part of the cap that is aimed at: with a third of one false alarm expected over a time, one
or none comes in 95 % of such times (Poisson)."""
KEEP_FIRING = 300.0
"""Seconds that a suggested rule goes on firing (`keep_firing_for`): what hovers is one alarm."""
MOST_RATIO = 0.95
"""A threshold above this would hardly ever be exceeded."""
MOST_CONDITIONS = 3
GAIN = 0.02
"""A further condition must bring detection forward by so much, about: each is one more to read."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The delay of detection (`seconds`) for outages in which `size` (0 to 1) more attempts fail.

    By outages put into normal running; not derivable where fewer than half of them are told of
    within three hours.
    """

    size: float
    seconds: Estimate


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that fires where any of `conditions` does, evaluated every `interval` seconds.

    `a_week` is the cap on false alarms that it was chosen for. `weeks` of normal running and
    `outages` were learnt from, `tried` candidates compared.
    """

    conditions: tuple[Threshold, ...]
    interval: float
    a_week: float
    expected: tuple[Expected, ...]
    weeks: float
    outages: int
    tried: int


@dataclass(frozen=True, slots=True)
class NotSuggested:
    """Why there is no rule, and what would help."""

    reason: str
    needs: str


def suggest(detection: Detection, interval: float, a_week: float) -> Suggestion | NotSuggested:
    """The rule with the earliest detection of those with no more than `a_week` false alarms.

    Pure, and the same each time. It is chosen on the history of `detection` alone: how it does on
    another is for a backtest to say. Each candidate gets the least threshold that keeps within a
    third of the cap, by what was seen outside the windows and by what is simulated of it; those
    conditions are taken whose mean logarithm of the delay is least, over outages put into normal
    running.
    """
    cells = detection.cells
    if cells is None or not isinstance(detection.series, Counts):
        why = detection.not_assessed or "errors without attempts have no ratio"
        return NotSuggested(why, "attempts and errors of a service")
    evidence = detection.evidence
    assert evidence is not None  # there are cells
    step = detection.series.step
    candidates = family(step, interval)
    if not candidates:
        return NotSuggested(f"a step of {step:g} s is too long to alert on", "a shorter step")
    looked = trail(cells.start, cells.end, cells.attempts, candidates, interval)
    windows = (*detection.windows, *detection.replaced)
    usual = seen(looked, cells.errors, candidates, windows)
    if usual.weeks < LEAST_DAYS / 7:
        days = f"{7 * usual.weeks:.1f} days of normal running"
        return NotSuggested(f"only {days}", "a week of it at least")
    drawn = simulated(looked, cells.expected, evidence.rho, candidates)
    peaks = (usual, drawn.stretched(usual))
    outages = put_in(looked, cells.errors, candidates, windows)
    if outages is None:
        return NotSuggested("no three hours without an outage", "a longer history")
    chosen = _chosen(candidates, peaks, outages, a_week * AIM, interval)
    if not chosen:
        why = "each condition tried would fire in normal running more often than that"
        return NotSuggested(why, "more attempts, or a higher cap on false alarms")
    expected = tuple(_expected(chosen, outages, size, interval) for size in SIZES)
    return Suggestion(
        chosen, interval, a_week, expected, usual.weeks, len(detection.windows), len(candidates)
    )


def _chosen(
    candidates: Sequence[Candidate],
    peaks: Sequence[Peaks],
    outages: Outages,
    a_week: float,
    interval: float,
) -> tuple[Threshold, ...]:
    """One condition, or two or three where they are worth it; each takes its part of the cap."""
    best: tuple[float, tuple[Threshold, ...]] = (np.inf, ())
    for count in range(1, MOST_CONDITIONS + 1):
        ratios = thresholds(len(candidates), peaks, a_week / count)
        able = [n for n in range(len(candidates)) if ratios[n] <= MOST_RATIO]
        if not able:
            break
        waits = np.array([outages.delays(candidates[n], ratios[n], interval) for n in able])
        cost, places = _earliest(waits, count, interval)
        if cost < best[0] - GAIN:
            picked = [able[place] for place in places]
            found = [Threshold(candidates[n], float(ratios[n])) for n in picked]
            best = cost, tuple(sorted(found, key=lambda one: one.candidate.reach))
    return best[1]


def _earliest(waits: F64, count: int, interval: float) -> tuple[float, list[int]]:
    """Which rows of `waits` (rules, outages) together tell soonest, and their cost.

    The first two are the best pair, a third is what helps them most.
    """
    logs = np.log(waits + interval)
    if count == 1:
        best = int(logs.mean(axis=1).argmin())
        return float(logs[best].mean()), [best]
    pairs = [(np.minimum(logs, row).mean(axis=1)) for row in logs]
    first = int(np.argmin([pair.min() for pair in pairs]))
    chosen = [first, int(pairs[first].argmin())]
    for _ in range(count - 2):
        together = logs[chosen].min(axis=0)
        chosen.append(int(np.minimum(logs, together).mean(axis=1).argmin()))
    chosen = list(dict.fromkeys(chosen))
    return float(logs[chosen].min(axis=0).mean()), chosen


def _expected(
    rule: Sequence[Threshold], outages: Outages, size: float, interval: float
) -> Expected:
    of = np.isclose(outages.size, size)
    waits = np.min([outages.delays(one.candidate, one.ratio, interval)[of] for one in rule], axis=0)
    caught = waits < 2 * LASTS
    told = f"{int(of.sum())} outages of that size put into normal running at random times"
    if 2 * caught.sum() < len(waits):
        why = f"{int(caught.sum())} of {told} are told of within three hours"
        return Expected(size, Estimate.not_derivable("seconds", why))
    low, middle, high = np.quantile(waits, (0.025, 0.5, 0.975))
    method = f"median over {told}; the interval holds 95 % of them"
    return Expected(
        size, Estimate.estimated(float(middle), float(low), float(high), "seconds", method)
    )
