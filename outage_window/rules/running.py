"""From what the command was given to a backtest: which history, which Prometheus, which time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import floor

from detector.model import Options
from outage_window.errors import InputError, without_userinfo
from outage_window.joining import is_own_voice, service_of
from outage_window.live.assigning import Assigner
from outage_window.rules import histories
from outage_window.rules.backtest import Backtest, ServiceOf, backtest
from outage_window.rules.engine import Engine
from outage_window.rules.evaluating import check
from outage_window.rules.files import Rules, read
from outage_window.rules.histories import History
from outage_window.rules.started import Started, started
from outage_window.settings.durations import show_duration
from outage_window.settings.models import Service, Settings
from outage_window.sources.pull import PrometheusClient
from outage_window.sources.reading import Reading

USUAL = 60.0
"""The interval of evaluation where nothing tells it: Prometheus' default."""
PATIENCE = 120.0
"""Seconds that a Prometheus of the command line may take for an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to judge (`rules` may be none), and on what; times in seconds, `start` inclusive.

    History is that of `exports`, else of `settings` (of `names` where any are given). `prometheus`
    evaluates where it is given, else that of the settings where a service is pulled from it, else
    one that is started here.
    """

    rules: Sequence[str]
    exports: Sequence[str] = ()
    reading: Reading = field(default_factory=Reading)
    options: Options = field(default_factory=Options)
    settings: Settings | None = None
    names: Sequence[str] = ()
    prometheus: str | None = None
    start: float | None = None
    end: float | None = None
    interval: float | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An engine over a history, and what a rule is judged by; see `backtest.backtest`.

    `since` is where the samples of a Prometheus of our own begin.
    """

    rules: Rules
    engine: Engine
    history: History
    service_of: ServiceOf
    start: float
    end: float
    interval: float
    since: float | None
    notes: tuple[str, ...]


Say = Callable[[str], None]


def run(request: Request, say: Say = lambda text: None) -> Backtest:
    """Do it; `say` is told each step. `InputError` for what cannot be used."""
    with prepared(request, say) as ready:
        say(f"evaluating {len(ready.rules.alerting)} rules")
        return backtest(
            ready.rules,
            ready.engine,
            ready.history.services,
            ready.service_of,
            ready.start,
            ready.end,
            ready.interval,
            ready.since,
            ready.notes,
        )


@contextmanager
def prepared(request: Request, say: Say = lambda text: None) -> Iterator[Prepared]:
    """Rules that parse, an engine over the history, and the outages in it."""
    rules = read(request.rules) if request.rules else Rules((), ())
    if not request.exports and (request.start is None or request.end is None):
        raise InputError("--from and --to", "expected both with a history that goes on")
    with _engine(request) as engine:
        check(rules, engine, request.start or 0.0)
        say("reading the history")
        history = _history(request)
        start, end = _time(request, history)
        since = None
        if isinstance(engine, Started):
            if not history.series:
                names = ", ".join(one.service for one in history.services)
                expected = f"expected raw samples of {names} with their names; there are none"
                raise InputError("history", expected)
            say("filling a Prometheus with it")
            engine.write(history.series)
            since = min(start, history.extent[0])
        interval = request.interval or engine.evaluation_interval()
        notes = list(history.notes) if engine.owned else []
        if interval is None:
            interval = USUAL
            if any(rule.interval is None for rule in rules.alerting):
                notes.append(
                    f"evaluated every {show_duration(USUAL)}: nothing tells the interval of groups"
                    " without one (--evaluation-interval does)"
                )
        told = tuple(notes)
        of = _service_of(request)
        yield Prepared(rules, engine, history, of, start, end, interval, since, told)


@contextmanager
def _engine(request: Request) -> Iterator[Engine]:
    asked = None if request.settings is None else request.settings.prometheus
    if request.prometheus is not None:
        url, wait, headers = request.prometheus, PATIENCE, dict[str, str]()
    elif asked is not None and any(one.source == "pull" for one in _services(request)):
        url, wait, headers = asked.url, asked.timeout, asked.request_headers()
    else:
        with started((), "a Prometheus started for this") as own:
            yield own
        return
    engine = Engine(lambda: PrometheusClient(url, wait, headers), without_userinfo(url))
    try:
        yield engine
    finally:
        engine.close()


def _services(request: Request) -> list[Service]:
    """The services of the settings that are judged."""
    assert request.settings is not None  # there is no export
    known = request.settings.services
    unknown = [name for name in request.names if request.settings.service(name) is None]
    if unknown:
        names = ", ".join(service.name for service in known)
        raise InputError("--service", f"expected one of {names}, not {unknown[0]}")
    found = [one for one in known if not request.names or one.name in request.names]
    if not found:
        raise InputError("services", "expected a service in the settings, or EXPORT files")
    return found


def _history(request: Request) -> History:
    if request.exports:
        found = histories.of_exports(request.exports, request.reading, request.options)
        return _chosen(found, request.names)
    settings = request.settings
    assert settings is not None  # there is no export
    assert request.start is not None  # looked at before
    assert request.end is not None
    asked = settings.prometheus
    client = (
        None
        if asked is None
        else PrometheusClient(asked.url, asked.timeout, asked.request_headers())
    )
    try:
        return histories.of_services(
            _services(request), settings, request.start, request.end, client
        )
    finally:
        if client is not None:
            client.close()


def _chosen(history: History, names: Sequence[str]) -> History:
    """The history with the services of these names alone, where any are given."""
    known = [one.service for one in history.services]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError("--service", f"expected one of {', '.join(known)}, not {unknown[0]}")
    if not names:
        return history
    return replace(history, services=tuple(one for one in history.services if one.service in names))


def _time(request: Request, history: History) -> tuple[float, float]:
    """From when to when, by default all of an export."""
    start, end = request.start, request.end
    if start is None or end is None:
        first, last = history.extent
        start, end = first if start is None else start, floor(last) + 1.0 if end is None else end
    if end <= start:
        raise InputError("--to", "expected a time after --from, with samples between them")
    return start, end


def _service_of(request: Request) -> ServiceOf:
    if request.settings is not None and not request.exports:
        return Assigner(request.settings).service
    return _by_labels


def _by_labels(labels: Mapping[str, str]) -> str | None:
    return None if is_own_voice(labels) else service_of(labels)
