"""Alerting rules over history: which alerts each would have raised, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.alerting import Firing, firings
from detector.series import F64, Bool
from outage_window.errors import InputError
from outage_window.rules.engine import Engine, Grid, Refused
from outage_window.rules.files import AlertingRule, RecordingRule, Rules
from outage_window.rules.names import metrics_of
from outage_window.rules.recording import record
from outage_window.sources.sampled import Sampled

_TEMPLATE = re.compile(r"\{\{-?\s*(?:\$labels|\.Labels)\.([a-zA-Z_][a-zA-Z0-9_]*)\s*-?\}\}")
_AT_EDGE = re.compile(r"@\s*(?:start|end)\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a rule: its labels (`alertname` too) and when it fired, in order."""

    labels: Mapping[str, str]
    firings: tuple[Firing, ...]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a rule did over the evaluations of `grid`; `refused` is why that is not known.

    `alerts` are those that fired; `named` the labels of every alert that was at least pending.
    `without_data` counts evaluations at which a metric that it names had no samples.
    """

    rule: AlertingRule
    grid: Grid
    alerts: tuple[Alert, ...] = ()
    named: tuple[Mapping[str, str], ...] = ()
    without_data: int = 0
    refused: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def firings(self) -> list[Firing]:
        """Those of all its alerts."""
        return [firing for alert in self.alerts for firing in alert.firings]

    @property
    def seconds(self) -> float:
        """How much of the time had data."""
        return (self.grid.count - self.without_data) * self.grid.step


class _Unusable(Exception):
    """A rule whose alerts cannot be told: why."""


def check(rules: Rules, engine: Engine, at: float) -> None:
    """`InputError` naming the place of the first rule whose expression Prometheus cannot parse."""
    every: list[AlertingRule | RecordingRule] = [*rules.recording, *rules.alerting]
    exprs = list(dict.fromkeys(rule.expr for rule in every))
    found = dict(zip(exprs, engine.attempted(exprs, Grid(at, 60.0, 1)), strict=True))
    for rule in every:
        answer = found[rule.expr]
        if isinstance(answer, Refused) and answer.syntax:
            raise InputError(f"{rule.place}, expr", f"expected PromQL: {answer}")


def evaluate(
    rules: Rules,
    engine: Engine,
    start: float,
    end: float,
    interval: float,
    since: float | None = None,
    phase: float = 0.0,
) -> list[Evaluated]:
    """Evaluate recording rules, then each alerting rule at every multiple of its interval.

    [start, end) in seconds; `interval` is that of groups without their own; `since` is where the
    history begins, from which on recording rules are evaluated. Every rule is inactive at first. An
    expression that several rules share is asked for once. Prometheus evaluates each group at a
    `phase` of its own, which a hash of its name tells: here it is 0 unless given.
    """
    recorded = record(rules.recording, engine, start if since is None else since, end, interval)
    found: dict[int, Evaluated] = {}
    alike: dict[tuple[Grid, float], list[int]] = {}
    for number, rule in enumerate(rules.alerting):
        grid = Grid.within(start, end, rule.interval or interval, phase)
        why = recorded.lacking(rule.expr) or _unfit(rule)
        if why is not None:
            found[number] = Evaluated(rule, grid, refused=why)
        else:
            alike.setdefault((grid, rule.offset), []).append(number)
    for (grid, offset), numbers in alike.items():
        asked = Grid(grid.start - offset, grid.step, grid.count)
        exprs = list(dict.fromkeys(rules.alerting[number].expr for number in numbers))
        answers = dict(zip(exprs, engine.attempted(exprs, asked), strict=True))
        seen = _Seen(engine, asked)
        for number in numbers:
            rule = rules.alerting[number]
            found[number] = _evaluated(rule, grid, asked, answers[rule.expr], seen)
    return [found[number] for number in range(len(rules.alerting))]


class _Seen:
    """At which evaluations each metric has samples, asked for once."""

    def __init__(self, engine: Engine, grid: Grid) -> None:
        self._engine = engine
        self._grid = grid
        self._known: dict[str, Bool] = {}

    def of(self, metric: str) -> Bool:
        """Shape (count,)."""
        if metric not in self._known:
            there = np.zeros(self._grid.count, dtype=bool)
            for one in self._engine.present(metric, self._grid):
                there[self._grid.places(one.time)] = True
            self._known[metric] = there
        return self._known[metric]

    def missing(self, metrics: Sequence[str]) -> list[str]:
        """The metrics that have no sample at all."""
        return [metric for metric in metrics if not self.of(metric).any()]

    @property
    def partial(self) -> bool:
        """Whether what is not in the history may well have been there."""
        return self._engine.owned


def _unfit(rule: AlertingRule) -> str | None:
    """Why the alerts of a rule cannot be told from a range query; None where they can."""
    if _AT_EDGE.search(rule.expr):
        return "@ start() and @ end() mean another time in a range than in a rule's evaluation"
    for name, text in rule.labels.items():
        if "{{" in _TEMPLATE.sub("", text):
            return (
                f"its label {name} is a template; expected text or {{{{ $labels.NAME }}}}: with a"
                " value in it, it would be another alert at each evaluation"
            )
    return None


def _evaluated(
    rule: AlertingRule, grid: Grid, asked: Grid, answer: list[Sampled] | Refused, seen: _Seen
) -> Evaluated:
    if isinstance(answer, Refused):
        return Evaluated(rule, grid, refused=f"Prometheus refuses it: {answer}")
    metrics = sorted(metrics_of(rule.expr))
    missing = seen.missing(metrics)
    if missing and (seen.partial or len(missing) == len(metrics)):
        why = f"the history holds no {', '.join(missing)} in this time, so it was not tried"
        return Evaluated(rule, grid, refused=why)
    notes = [f"no samples of {one} in this time" for one in missing]
    there = np.ones(grid.count, dtype=bool)
    for metric in metrics:
        if metric not in missing:
            there &= seen.of(metric)
    try:
        true = _alerts(rule, answer, asked)
    except _Unusable as why:
        return Evaluated(rule, grid, refused=str(why))
    time: F64 = grid.start + grid.step * np.arange(grid.count, dtype=np.float64)
    alerts = [
        Alert(dict(labels), firings(time, one, rule.hold, rule.keep_firing))
        for labels, one in sorted(true.items())
    ]
    return Evaluated(
        rule,
        grid,
        tuple(alert for alert in alerts if alert.firings),
        tuple(alert.labels for alert in alerts),
        int(np.count_nonzero(~there)),
        notes=tuple(notes),
    )


def _alerts(
    rule: AlertingRule, answer: Sequence[Sampled], grid: Grid
) -> dict[tuple[tuple[str, str], ...], Bool]:
    """At which evaluations each alert's expression held, shape (count,), by its labels."""
    found: dict[tuple[tuple[str, str], ...], Bool] = {}
    for one in answer:
        labels = tuple(sorted(alert_labels(rule, one.labels).items()))
        true = found.setdefault(labels, np.zeros(grid.count, dtype=bool))
        places = grid.places(one.time)
        if true[places].any():
            raise _Unusable(
                "two of its series become the same alert by its labels: Prometheus refuses that"
            )
        true[places] = True
    if rule.limit and found and (np.sum(list(found.values()), axis=0) > rule.limit).any():
        raise _Unusable(f"it gives more alerts than the limit of its group, {rule.limit}")
    return found


def alert_labels(rule: AlertingRule, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of the alert that a rule makes of a result with these labels."""
    found = {name: text for name, text in labels.items() if name != "__name__"}
    for name, text in rule.labels.items():
        found[name] = _TEMPLATE.sub(lambda match: labels.get(match[1], ""), text)
    found["alertname"] = rule.alert
    return {name: text for name, text in found.items() if text}
