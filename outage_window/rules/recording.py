"""Recording rules before alerting rules: evaluated into a Prometheus of our own, or looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from detector.series import Bool
from outage_window.errors import InputError
from outage_window.rules.engine import Engine, Grid, Refused
from outage_window.rules.files import RecordingRule
from outage_window.rules.names import metrics_of
from outage_window.rules.sending import STALE, Lines
from outage_window.rules.started import Started
from outage_window.sources.sampled import Sampled


@dataclass(slots=True)
class Recorded:
    """What became of the recording rules.

    `missing` tells why a recorded metric is not there, by its name; `found` are those that the
    history held already.
    """

    missing: dict[str, str] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def lacking(self, expr: str) -> str | None:
        """Why an expression cannot be evaluated; None where it lacks no recorded metric."""
        lacks = sorted(metrics_of(expr) & self.missing.keys())
        return f"needs {lacks[0]}, {self.missing[lacks[0]]}" if lacks else None


def record(
    rules: Sequence[RecordingRule], engine: Engine, start: float, end: float, interval: float
) -> Recorded:
    """Bring what the rules record over [start, end), seconds, into the engine's history.

    A Prometheus of our own gets their results, each after what it needs itself; a metric that the
    history holds already stays as it is. Of somebody else's Prometheus what it recorded is used;
    what it has not is missing.
    """
    done = Recorded()
    for together in _in_order(rules):
        due = []
        for rule in together:
            grid = Grid.within(start, end, rule.interval or interval)
            why = done.lacking(rule.expr)
            if engine.first_of(rule.record, grid):
                done.found.append(rule.record)
            elif not engine.owned:
                done.missing[rule.record] = (
                    "which a recording rule of these files would make, and of which"
                    f" {engine.origin} has no samples in this time"
                )
            elif why is not None:
                done.missing[rule.record] = f"which {why}"
            else:
                due.append((rule, grid))
        if isinstance(engine, Started):
            _evaluate(due, engine, done)
    return done


def _evaluate(due: Sequence[tuple[RecordingRule, Grid]], engine: Started, done: Recorded) -> None:
    """Evaluate rules that need nothing of one another, and write what they give."""
    for grid in dict.fromkeys(grid for _, grid in due):
        mine = [rule for rule, one in due if one == grid]
        for rule, found in zip(mine, engine.attempted([r.expr for r in mine], grid), strict=True):
            if isinstance(found, Refused):
                done.missing[rule.record] = f"whose rule Prometheus refuses: {found}"
            else:
                _write(engine, rule, found, grid)


def _write(engine: Started, rule: RecordingRule, found: Sequence[Sampled], grid: Grid) -> None:
    lines = [_lines(one, rule, grid) for one in found]
    names = [tuple(sorted(one.labels.items())) for one in lines]
    if len(set(names)) < len(names):
        expected = "expected labels by which its series differ: two become the same one"
        raise InputError(str(rule.place), expected)
    engine.write(lines)


def _lines(one: Sampled, rule: RecordingRule, grid: Grid) -> Lines:
    """A recorded series: where it ends, Prometheus marks it as stale at the next evaluation."""
    value = np.full(grid.count + 1, np.nan)
    there = np.zeros(grid.count + 1, dtype=bool)
    places = grid.places(one.time)
    value[places], there[places] = one.value, True
    ends = np.zeros_like(there)
    ends[1:] = there[:-1] & ~there[1:]
    value[ends] = STALE
    kept: Bool = there | ends
    kept[-1] = False
    time = np.rint((grid.start + grid.step * np.arange(grid.count + 1)) * 1000).astype(np.int64)
    labels = {**one.labels, **rule.labels, "__name__": rule.record}
    named = {name: text for name, text in labels.items() if text}
    return Lines(named, time[kept], value[kept])


def _in_order(rules: Sequence[RecordingRule]) -> Iterator[list[RecordingRule]]:
    """The rules in sets, each of which needs only what earlier ones record."""
    left = list(rules)
    while left:
        made = {rule.record for rule in left}
        ready = [rule for rule in left if not metrics_of(rule.expr) & made]
        if not ready:
            expected = "expected no circle: what it records is needed to evaluate it"
            raise InputError(str(left[0].place), expected)
        yield ready
        left = [rule for rule in left if rule not in ready]
