"""Every way to a share of users, on simulated outages whose share is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.lab.people import WEEK, Habits, Harm, World, world
from benchmarks.lab.report import Line, rng_of, spread
from detector.estimate import Estimate
from detector.results import Window
from detector.series import Bool
from detector.users import UserAttempts
from detector.users.abbott import corrected
from detector.users.answer import Answer
from detector.users.counted import counted
from detector.users.deficit import Deficit, bounded, deficit
from detector.users.refused import refused
from detector.users.weeks import earlier_weeks

SCENARIOS = {
    "25 % hard, 11 h": Harm(11.25, share=0.25),
    "45 % hard, 75 min": Harm(1.25, share=0.45),
    "30 % hard, 91 h": Harm(91.33, share=0.30),
    "45 % hard, stuffing": Harm(1.25, share=0.45, foreign=1500),
    "intermittent, 4 h": Harm(3.75, failing=0.45),
    "intermittent, 11 h": Harm(11.25, failing=0.3),
    "intermittent, 91 h": Harm(91.33, failing=0.1),
}
HARD = tuple(name for name in SCENARIOS if "hard" in name)
SAMPLE = 0.05
SESSION_GAP = 300.0

NAIVE = (
    "error ratio",
    "success deficit",
    "first-attempt failures, net",
    "distinct failing / active",
    "failing - usually failing",
    "5 % sample of attempts",
)
OURS = ("tier 1", "tier 1, 5 % of the users", "tier 2")


@dataclass(frozen=True, slots=True)
class Seen:
    """One outage: the truth, what each estimator says, and the intervals of ours."""

    truth: float
    said: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    error: float
    """The error of the forecast, as tier 3 reports it."""


def window_of(made: World) -> Window:
    """The window with its true edges, and ratios as the counters have them."""
    own = made.attempts
    inside, before = own.between(made.start, made.end), own.first < made.start
    n, k = int(inside.sum()), int((own.outcome[inside] > 0).sum())
    usual = float((own.outcome[before] > 0).mean())
    return window_between(made.start, made.end, n, k, usual)


def window_between(start: float, end: float, n: int = 1, k: int = 0, usual: float = 0.0) -> Window:
    """A window with these edges, attempts and errors, exactly."""

    def exact(value: float, unit: str) -> Estimate:
        return Estimate.exact(value, unit, "set")  # type: ignore[arg-type]

    nothing = exact(0.0, "errors")
    return Window(
        "closed", "errors", "continuous",
        exact(start, "time"), exact(end, "time"), None, end,
        exact(end - start, "seconds"), exact(end - start, "seconds"),
        exact(n, "attempts"), exact(k, "errors"), nothing,
        exact(k / n, "ratio"), exact(usual, "ratio"), exact(k / n, "ratio"), (),
    )  # fmt: skip


def look(harm: Harm, habits: Habits, rng: np.random.Generator) -> Seen:
    """Simulate one outage and ask everybody."""
    made = world(harm, habits, rng)
    window = window_of(made)
    own, plain = made.attempts, made.without_reasons()
    weeks = earlier_weeks((made.start, made.end), float(own.first.min()), [])
    said = _naive(made, plain, rng)
    intervals: dict[str, tuple[float, float]] = {}
    near = own.at(own.between(made.start, made.end))
    some = near.user < np.uint64(SAMPLE * 2**63)
    answers: dict[str, Answer | str | None] = {
        "tier 1": counted(near, window, near),
        "tier 1, 5 % of the users": counted(
            replace(near.at(some), fraction=SAMPLE), window, near.at(some)
        ),
        "tier 2": corrected(plain, window, weeks),
        "tier 3": bounded(made.counters(), window, [], "counters alone"),
        "tier 3, with ids": bounded(made.counters(), window, [], "no reasons", said[NAIVE[3]]),
        "tier 4": refused(window, "counters alone"),
    }
    for name, answer in answers.items():
        if isinstance(answer, Answer):
            share = answer.affected
            if share.value is not None:
                said[name] = share.value
            if share.low is not None and share.high is not None:
                intervals[name] = (share.low, share.high)
    found = deficit(made.counters(), (made.start, made.end), [])
    error = found.error if isinstance(found, Deficit) else np.nan
    return Seen(made.share, said, intervals, error)


def _naive(made: World, plain: UserAttempts, rng: np.random.Generator) -> dict[str, float]:
    """What people compute: see the notes of each in docs/users.md."""
    inside = plain.between(made.start, made.end)
    last = plain.between(made.start - WEEK, made.end - WEEK)
    bad = plain.outcome > 0
    first = _first_attempts(plain)
    usual = float(bad[first & last].mean())
    net = (float(bad[first & inside].mean()) - usual) / (1 - usual)
    found = deficit(made.counters(), (made.start, made.end), [])
    kept = inside & (rng.random(len(bad)) < SAMPLE)
    return {
        "error ratio": float(bad[inside].mean()),
        "success deficit": found.value if isinstance(found, Deficit) else np.nan,
        "first-attempt failures, net": net,
        "distinct failing / active": _failing(plain, inside),
        "failing - usually failing": _failing(plain, inside) - _failing(plain, last),
        "5 % sample of attempts": _failing(plain, kept),
    }


def _first_attempts(plain: UserAttempts) -> Bool:
    order = np.lexsort((plain.first, plain.user))
    user, time = plain.user[order], plain.first[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (user[1:] != user[:-1]) | (np.diff(time) > SESSION_GAP)
    found = np.zeros(len(order), bool)
    found[order] = fresh
    return found


def _failing(plain: UserAttempts, where: Bool) -> float:
    failed = len(np.unique(plain.user[where & (plain.outcome > 0)]))
    return failed / len(np.unique(plain.user[where]))


@dataclass(frozen=True, slots=True)
class Task:
    """Several outages of one scenario."""

    name: str
    habits: Habits
    seeds: tuple[int, ...]

    def look(self) -> list[Seen]:
        """Do them."""
        number = list(SCENARIOS).index(self.name)
        return [look(SCENARIOS[self.name], self.habits, rng_of(s, number)) for s in self.seeds]


def several(
    names: Sequence[str], habits: Habits, outages: int, seed: int, workers: int
) -> dict[str, list[Seen]]:
    """So many outages of each scenario, spread over processes."""
    seeds = [seed * 10_000 + i for i in range(outages)]
    tasks = [
        Task(name, habits, tuple(seeds[i : i + 10]))
        for name in names
        for i in range(0, outages, 10)
    ]
    found: dict[str, list[Seen]] = {name: [] for name in names}
    for task, seen in zip(tasks, spread(Task.look, tasks, workers), strict=True):
        found[task.name] += seen
    return found


def estimators(found: dict[str, list[Seen]]) -> str:
    """The table of all estimators: the mean of each, in per cent, beside the truth."""
    head = ["| estimator | " + " | ".join(found) + " |", "| --- |" + " --- |" * len(found)]
    truth = [_percent(np.mean([s.truth for s in seen])) for seen in found.values()]
    rows = [f"| **truth** | {' | '.join(truth)} |"]
    for name in (*NAIVE, *OURS):
        means = [_percent(np.mean([s.said[name] for s in seen])) for seen in found.values()]
        rows.append(f"| {name} | {' | '.join(means)} |")
    ranges = []
    for seen in found.values():
        low, high = (np.mean([s.intervals["tier 3"][i] for s in seen]) for i in (0, 1))
        ranges.append(f"{_percent(low)} to {_percent(high)}")
    rows.append(f"| tier 3 (range) | {' | '.join(ranges)} |")
    kept = [
        sum("tier 4" in s.intervals or "tier 4" in s.said for s in seen) for seen in found.values()
    ]
    rows.append(f"| tier 4 | {' | '.join('refused' if not n else f'{n} given' for n in kept)} |")
    return "\n".join([*head, *rows])


def targets(found: dict[str, list[Seen]]) -> list[Line]:
    """Bias and coverage of tiers 1 to 3 against what was asked."""
    lines = []
    for name, seen in found.items():
        truth = np.array([s.truth for s in seen])
        exact = all(s.said["tier 1"] == s.truth for s in seen)
        lines.append(Line(f"tier 1, {name}", "exact", "exact" if exact else "NOT exact", exact))
        error = np.array([s.said["tier 2"] for s in seen]) - truth
        bias, most = float(error.mean()) * 100, 1.0 if name in HARD else 2.5
        doubt = 196 * float(error.std(ddof=1)) / np.sqrt(len(error))
        lines.append(
            Line(f"tier 2 bias, {name}", f"≤ {most:g} points", f"{bias:+.2f} ± {doubt:.2f}",
                 abs(bias) <= most)
        )  # fmt: skip
        held, width = _held(seen, "tier 2")
        lines.append(
            Line(f"tier 2 coverage, {name}", "93 to 97 %", f"{held:.1%}", 0.93 <= held <= 0.97,
                 f"mean width {100 * width:.1f} points")
        )  # fmt: skip
    return lines


def counters_table(found: dict[str, dict[str, list[Seen]]]) -> str:
    """Tier 3: how often the range holds the truth, and its width against the forecast's error."""
    rows = [
        "| traffic varies | outage | forecast error | low end below the truth | truth -"
        " low end, points | with ids: range holds | its width, points |",
        "| --- |" + " --- |" * 6,
    ]
    for level, scenarios in found.items():
        for name, seen in scenarios.items():
            held, _ = _held(seen, "tier 3")
            below = np.mean([s.truth - s.intervals["tier 3"][0] for s in seen])
            both, width = _held(seen, "tier 3, with ids")
            error = np.nanmean([s.error for s in seen])
            rows.append(
                f"| {level} | {name} | {error:.1%} | {held:.1%} | {100 * below:.1f} | {both:.1%} |"
                f" {100 * width:.1f} |"
            )
    return "\n".join(rows)


def _held(seen: Sequence[Seen], name: str) -> tuple[float, float]:
    """How often an interval holds the truth, and its mean width."""
    known = [s for s in seen if name in s.intervals]
    held = [s.intervals[name][0] <= s.truth <= s.intervals[name][1] for s in known]
    width = [s.intervals[name][1] - s.intervals[name][0] for s in known]
    return float(np.mean(held)), float(np.mean(width))


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"
