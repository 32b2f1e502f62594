"""How good suggested rules are: delays and false alarms on weeks kept out, beside hindsight."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass

import numpy as np

from benchmarks.lab import hindsight, suggested
from benchmarks.lab.hindsight import HELD, INTERVAL, MISSED, STEP, Held
from benchmarks.lab.report import REPORTING, Line, spread, table
from detector.detect import detect
from detector.series import table as counts
from detector.suggesting import Suggestion, suggest

A_WEEK = 1 / 8
"""The cap on false alarms: one in the weeks kept out."""
AS_GOOD, WITHIN = 1.3, 0.95


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one history came to: delays of the outages kept out in seconds, false alarms there."""

    mean: float
    rho: float
    suggested: tuple[float, ...]
    best: tuple[float, ...]
    false_alarms: int
    conditions: int


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--seed", type=int, default=REPORTING)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--reference-seeds", type=int, default=3)
    given = parser.parse_args()
    tasks = [(given.seed, number) for number in range(given.histories)]
    found = list(spread(outcome, tasks, given.workers))
    lines = [*_lines(found), *suggested.lines(given.seed, given.reference_seeds)]
    sys.stdout.write(table(lines) + "\n")
    return int(any(line.met is False for line in lines))


def outcome(task: tuple[int, int]) -> Outcome:
    """Suggest on the first half of a history, judge on the other."""
    past = hindsight.history(*task)
    seen = past.sample
    learnt = seen.start < past.split
    series = counts(seen.start[learnt], STEP, seen.attempts[learnt], seen.errors[learnt])
    rule = suggest(detect(series), INTERVAL, A_WEEK)
    held = Held(past)
    allowed = round(A_WEEK * HELD)
    best = hindsight.best(held, allowed)
    world = seen.world
    if not isinstance(rule, Suggestion):
        missed = (MISSED,) * len(best)
        return Outcome(world.mean, world.rho, missed, tuple(best), 0, 0)
    fires = held.fires(rule.conditions)
    reach = max(one.candidate.reach for one in rule.conditions)
    return Outcome(
        world.mean,
        world.rho,
        tuple(held.delays(fires)),
        tuple(best),
        held.false_alarms(fires, reach),
        len(rule.conditions),
    )


def _lines(found: list[Outcome]) -> list[Line]:
    return [*_delays(found), *_alarms(found), *_by_noise(found)]


def _delays(found: list[Outcome]) -> list[Line]:
    """All outages together, which is the target, then by history, then those told of at all."""
    names = ("suggested", "best")
    ours, best = (np.array([d for one in found for d in getattr(one, name)]) for name in names)
    middle = [np.median([np.median(getattr(one, name)) for one in found]) for name in names]
    each = np.median([np.median(one.suggested) / np.median(one.best) for one in found])
    ratio = float(np.median(ours) / np.median(best))
    told, known = (100 * float(np.mean(delays < MISSED)) for delays in (ours, best))
    count = f"{len(ours)} outages of {len(found)} histories"
    by_history = f"{middle[0] / middle[1]:.2f} ×"
    return [
        Line(
            f"median TTD, suggested to best with hindsight ({count})",
            f"≤ {AS_GOOD} ×",
            f"{ratio:.2f} ×",
            ratio <= AS_GOOD,
            f"{np.median(ours):.0f} s to {np.median(best):.0f} s",
        ),
        Line("the same, median over histories of each one's median", "", by_history, None),
        Line("the same, median over histories of each one's ratio", "", f"{each:.2f} ×", None),
        Line("outages told of", "", f"{told:.1f} %", None, f"best with hindsight {known:.1f} %"),
    ]


def _alarms(found: list[Outcome]) -> list[Line]:
    kept = float(np.mean([one.false_alarms <= A_WEEK * HELD for one in found]))
    total, weeks = sum(one.false_alarms for one in found), HELD * len(found)
    return [
        Line(
            f"histories within the cap on the {HELD} weeks kept out",
            f"≥ {100 * WITHIN:.0f} %",
            f"{100 * kept:.1f} %",
            kept >= WITHIN,
            f"{total} false alarms in {weeks:,} weeks, {total / weeks:.3f} a week",
        )
    ]


def _by_noise(found: list[Outcome]) -> list[Line]:
    lines = []
    for rho in sorted({one.rho for one in found}):
        some = [one for one in found if one.rho == rho]
        ours = np.median([delay for one in some for delay in one.suggested])
        best = np.median([delay for one in some for delay in one.best])
        kept = np.mean([one.false_alarms <= A_WEEK * HELD for one in some])
        note = f"{ours:.0f} s to {best:.0f} s; within the cap {100 * kept:.0f} %"
        name = f"ρ = {rho:g}: median TTD, suggested to best"
        lines.append(Line(name, "", f"{ours / best:.2f} ×", None, note))
    return lines


if __name__ == "__main__":
    sys.exit(main())
