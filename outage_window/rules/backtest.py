"""What each alerting rule would have done about the outages of a history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from detector.alarms import Score, Span, score
from detector.estimate import Estimate, Origin
from detector.results import Window
from outage_window.rules.engine import Engine
from outage_window.rules.evaluating import Evaluated, alert_labels, evaluate
from outage_window.rules.files import AlertingRule, Rules
from outage_window.rules.histories import Judged
from outage_window.sources.reading import UNASSIGNED

ServiceOf = Callable[[Mapping[str, str]], str | None]
"""The service that an alert with these labels speaks of; None for what is no evidence."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one rule did about one service; `refused` is why there is no score."""

    rule: AlertingRule
    service: str | None
    evaluated: Evaluated
    score: Score | None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Backtest:
    """All results, in the order of the rules, over [`start`, `end`), seconds.

    `engine` names what evaluated, `interval` is that of groups without their own, seconds.
    """

    start: float
    end: float
    interval: float
    engine: str
    services: tuple[Judged, ...]
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()


def backtest(
    rules: Rules,
    engine: Engine,
    services: Sequence[Judged],
    service_of: ServiceOf,
    start: float,
    end: float,
    interval: float,
    since: float | None = None,
    notes: Sequence[str] = (),
) -> Backtest:
    """Evaluate the rules over [start, end) and score each on the services that it speaks of.

    Which these are its alerts tell by their labels, those that were only pending too; without any,
    the rule's own labels. Where these say nothing, it is the only service, if there is only one.
    """
    found: list[Result] = []
    for one in evaluate(rules, engine, start, end, interval, since):
        found += _results(one, services, service_of, start, end)
    told = [*notes, *_notes(services), *_unspoken(found, services, start, end)]
    return Backtest(
        start,
        end,
        interval,
        engine.origin,
        tuple(services),
        tuple(found),
        tuple(dict.fromkeys(told)),
    )


def _results(
    one: Evaluated, services: Sequence[Judged], service_of: ServiceOf, start: float, end: float
) -> list[Result]:
    if one.refused is not None:
        return [Result(one.rule, None, one, None, one.refused)]
    judged = {service.service: service for service in services}
    known: dict[str, list[Mapping[str, str]]] = {}
    for labels in one.named or (alert_labels(one.rule, {}),):
        known.setdefault(_spoken_of(labels, judged, service_of), []).append(labels)
    ours = [name for name in judged if name in known]
    if not ours:
        others = ", ".join(sorted(known))
        why = (
            f"its alerts speak of {others}, not of {', '.join(judged)}"
            " (the key alerts of a service in the settings says which are its own)"
        )
        if others == UNASSIGNED:
            why = "nothing tells which service it speaks of: it never fired, or names none"
        return [Result(one.rule, None, one, None, why)]
    return [_result(one, judged[name], judged, service_of, start, end) for name in ours]


def _spoken_of(
    labels: Mapping[str, str], judged: Mapping[str, Judged], service_of: ServiceOf
) -> str:
    name = service_of(labels) or "this program itself"
    return next(iter(judged)) if name == UNASSIGNED and len(judged) == 1 else name


def _result(
    one: Evaluated,
    service: Judged,
    judged: Mapping[str, Judged],
    service_of: ServiceOf,
    start: float,
    end: float,
) -> Result:
    if service.not_assessed is not None:
        why = f"the outages of {service.service} are not known: {service.not_assessed}"
        return Result(one.rule, service.service, one, None, why)
    fired = [
        firing
        for alert in one.alerts
        if _spoken_of(alert.labels, judged, service_of) == service.service
        for firing in alert.firings
    ]
    span = Span(start, end, one.grid.step, one.seconds, service.maintenance, service.blips)
    return Result(
        one.rule, service.service, one, _named(score(fired, service.windows, span), service.origins)
    )


def _named(found: Score, origins: tuple[Origin, ...]) -> Score:
    """The score with its estimates naming the samples that they come from."""

    def of(value: Estimate) -> Estimate:
        return value.from_inputs(origins)

    return replace(
        found,
        outages=tuple(
            replace(one, ttd=of(one.ttd), beyond=of(one.beyond)) for one in found.outages
        ),
        caught_share=of(found.caught_share),
        median_ttd=of(found.median_ttd),
        false_alarms_a_week=of(found.false_alarms_a_week),
        pages_a_week=of(found.pages_a_week),
        firing_beyond=of(found.firing_beyond),
    )


def windows_in(service: Judged, start: float, end: float) -> list[Window]:
    """The windows of a service that begin in [start, end)."""
    return [window for window in service.windows if start <= window.onset < end]


def _notes(services: Sequence[Judged]) -> list[str]:
    refused = [
        f"{one.service} is not assessed: {one.not_assessed}" for one in services if one.not_assessed
    ]
    return [*refused, *(f"{one.service}: {note}" for one in services for note in one.notes)]


def _unspoken(
    found: Sequence[Result], services: Sequence[Judged], start: float, end: float
) -> list[str]:
    """Outages of services that a rule might have spoken of and never did: they do not count."""
    spoken: dict[int, set[str | None]] = {}
    rules: dict[int, AlertingRule] = {}
    for one in found:
        if one.score is not None:
            spoken.setdefault(id(one.evaluated), set()).add(one.service)
            rules[id(one.evaluated)] = one.rule
    told: dict[str, list[str]] = {}
    for key, rule in rules.items():
        for service in services:
            count = len(windows_in(service, start, end))
            if count and service.service not in spoken[key] and "service" not in rule.labels:
                told.setdefault(f"{service.service} ({count})", []).append(rule.alert)
    return [
        f"not counted against {', '.join(names)}, which never spoke of it: outages of {service}"
        for service, names in told.items()
    ]
