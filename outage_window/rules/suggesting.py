"""Suggested rules: learnt from one part of a history, proven on the rest by a Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.alarms import Score, Span, score
from detector.detect import detect
from detector.results import Window
from detector.series import Counts, Series
from detector.suggesting import NotSuggested, suggest
from detector.suggesting.usual import MARGIN
from outage_window.errors import InputError
from outage_window.rules import files
from outage_window.rules.backtest import backtest
from outage_window.rules.document import scored_words
from outage_window.rules.histories import Judged
from outage_window.rules.running import Prepared, Request, Say, prepared
from outage_window.rules.writing import Selectors, reasons, rule_file
from outage_window.sources.samples import choose
from reports.times import utc

INTERVAL = 30.0
"""Seconds between evaluations of what is suggested, unless samples come less often."""
MOST_INTERVAL = 300.0


@dataclass(frozen=True, slots=True)
class Asked:
    """How often at most a rule may fire about nothing, and where (seconds) learning ends.

    `split` None: at the middle of the time, or before an outage that lasts then.
    """

    a_week: float
    split: float | None = None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of one service: a rule file, and why; `refused` is why there is none."""

    service: str
    text: str = ""
    why: tuple[str, ...] = ()
    refused: str | None = None


def run(request: Request, asked: Asked, say: Say) -> list[Learnt]:
    """A suggestion for each service of the request."""
    with prepared(request, say) as ready:
        if asked.split is not None and not ready.start < asked.split < ready.end:
            raise InputError("--split", "expected a time between --from and --to")
        return [_suggested(one, ready, request, asked, say) for one in ready.history.services]


def _suggested(
    service: Judged,
    ready: Prepared,
    request: Request,
    asked: Asked,
    say: Say,
) -> Learnt:
    if service.not_assessed is not None or service.series is None:
        return Learnt(service.service, refused=service.not_assessed or "no data")
    split = asked.split
    if split is None:
        split = before_any((ready.start + ready.end) / 2, service.windows)
    of = selectors(request, ready, service)
    say(f"comparing conditions for {service.service}")
    interval = min(max(request.interval or INTERVAL, service.series.step), MOST_INTERVAL)
    detection = detect(_until(service.series, split), service.options)
    found = suggest(detection, interval, asked.a_week)
    if isinstance(found, NotSuggested):
        return Learnt(service.service, refused=f"{found.reason}; needed: {found.needs}")
    say(f"evaluating what is suggested for {service.service}")
    text = rule_file(service.service, of, found, ())
    before = _scored(text, service, ready, ready.start, split)
    after = _scored(text, service, ready, split, ready.end)
    why = (
        *reasons(of, found),
        f"Proven on what was kept out, {utc(split, 60)} to {utc(ready.end, 60)}, by a real"
        f" Prometheus: {scored_words(after)}.",
        f"On what it was learnt from, before {utc(split, 60)}, by a real Prometheus:"
        f" {scored_words(before)}.",
    )
    return Learnt(service.service, rule_file(service.service, of, found, why), why)


def before_any(time: float, windows: Sequence[Window]) -> float:
    """The time, or that before a window which it is in or near: an outage is on one side whole."""
    for one in sorted(windows, key=lambda window: -window.onset):
        begin = one.onset if one.start.low is None else one.start.low
        end = one.until if one.end.high is None else one.end.high
        if begin - MARGIN < time < end + MARGIN:
            time = begin - MARGIN
    return time


def selectors(request: Request, ready: Prepared, service: Judged) -> Selectors:
    """What counts a service's attempts and errors, as the settings, options or labels say it."""
    settings = request.settings
    named = None if settings is None or request.exports else settings.service(service.service)
    if named is not None and named.attempts is not None and named.errors is not None:
        budget = None if named.slo is None else round(1 - named.slo.target / 100, 9)
        return Selectors(named.attempts, named.errors, budget)
    labels = [one.labels for one in ready.history.series]
    chosen = choose(labels, request.reading, "the export")
    several = len(ready.history.services) > 1
    attempts, errors = (
        _narrowed(one.text, service.service) if several else one.text
        for one in (chosen.attempts, chosen.errors)
    )
    return Selectors(attempts, errors)


def _narrowed(selector: str, service: str) -> str:
    """A selector of several services for one of them, which the label `service` names."""
    quoted = service.replace("\\", "\\\\").replace('"', '\\"')
    name, brace, rest = selector.partition("{")
    inside = rest.rstrip("} ,") + "," if brace and rest.rstrip("} ,") else ""
    return f'{name}{{{inside}service="{quoted}"}}'


def _until(series: Series, time: float) -> Series:
    """The observations that end by then."""
    kept = series.end <= time
    if isinstance(series, Counts):
        return Counts(
            series.start[kept],
            series.end[kept],
            series.attempts[kept],
            series.errors[kept],
            series.cell[kept],
            series.step,
        )
    return replace(series, start=series.start[kept], end=series.end[kept], value=series.value[kept])


def _scored(text: str, service: Judged, ready: Prepared, start: float, end: float) -> Score:
    """What all rules of the file together do over [start, end), by the engine."""
    found = backtest(
        files.of_texts([("what is suggested", text)]),
        ready.engine,
        [service],
        lambda labels: service.service,
        start,
        end,
        INTERVAL,
        ready.since,
    )
    refused = [one.refused for one in found.results if one.refused is not None]
    if refused:
        raise InputError(f"service {service.service}", f"what is suggested fails: {refused[0]}")
    fired = [firing for one in found.results for firing in one.evaluated.firings]
    seconds = float(np.min([one.evaluated.seconds for one in found.results]))
    step = found.results[0].evaluated.grid.step
    return score(
        fired,
        service.windows,
        Span(start, end, step, seconds, service.maintenance, service.blips),
    )


def joined(found: Sequence[Learnt]) -> str:
    """One rule file of all services: their groups in one list, each below its reasons."""
    texts = [one.text for one in found if one.text]
    if not texts:
        return ""
    head, *others = texts
    return head + "".join(one.replace("groups:\n", "", 1) for one in others)
