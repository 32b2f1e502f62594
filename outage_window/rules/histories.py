"""History to judge rules on: what was an outage of which service, and the samples behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from detector.estimate import Origin
from detector.model import Options
from detector.results import Window
from detector.series import Series
from outage_window.assess import Assessment, ServiceData, assess, assess_all
from outage_window.errors import InputError
from outage_window.live.feeds.cache import Cache
from outage_window.live.feeds.feed import source_of
from outage_window.live.feeds.file import FileFeed
from outage_window.live.feeds.pulling import Client, between
from outage_window.rules.sending import Lines
from outage_window.settings.models import Service, Settings
from outage_window.sources import exports
from outage_window.sources.pull import PullFailed
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import Sampled, SampleFile
from outage_window.sources.samples import merge
from outage_window.store import arrivals, samples
from outage_window.store.opened import looking
from outage_window.store.samples import Samples

NS = 10**9
LEARNT = 28 * 86400.0
"""Seconds of history at least from which normal running is learned."""

SAID = "a file does not say where a series ends: into a gap, the last value counts for five minutes"


@dataclass(frozen=True, slots=True)
class Judged:
    """The outages of one service; `not_assessed` is why they are not known.

    `series` and `options` are what they were found in, and how.
    """

    service: str
    windows: tuple[Window, ...] = ()
    blips: tuple[tuple[float, float], ...] = ()
    not_assessed: str | None = None
    origins: tuple[Origin, ...] = ()
    notes: tuple[str, ...] = ()
    series: Series | None = None
    options: Options = field(default_factory=Options)

    @property
    def maintenance(self) -> tuple[tuple[float, float], ...]:
        """[start, end) in seconds in which its metrics have no say."""
        return self.options.maintenance


@dataclass(frozen=True, slots=True)
class History:
    """Services with their outages, and the series of all of them, where these are at hand."""

    services: tuple[Judged, ...]
    series: tuple[Lines, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def extent(self) -> tuple[float, float]:
        """The times of the first and of the last sample, seconds; `InputError` without any."""
        times = [one.time for one in self.series if len(one.time)]
        if not times:
            raise InputError("history", "expected raw samples of counters with their names")
        return min(t[0] for t in times) / 1e3, max(t[-1] for t in times) / 1e3


def of_exports(paths: Sequence[str], reading: Reading, options: Options) -> History:
    """The history that files of raw samples hold; values of expressions and tables are refused."""
    found = exports.load(paths, reading)
    lines = _of_files(found.samples)
    if not lines:
        raise InputError(
            ", ".join(paths),
            "no raw samples of counters with their names; rules are evaluated on these, such as"
            " OpenMetrics or the answer of query?query=auth_requests_total[30d]",
        )
    judged = tuple(_judged(one, options) for one in assess_all(found.services, {}, options))
    return History(judged, tuple(lines), (SAID,))


def of_services(
    services: Sequence[Service],
    settings: Settings,
    start: float,
    end: float,
    client: Client | None,
) -> History:
    """The history of services over [start, end), seconds, with what is learned from before it.

    `client` answers for services that are pulled; those that send are read in the store, also while
    a server has it; those of a file in theirs. Series are those of the latter two.
    """
    since = min(start, end - settings.history()) if services else start
    judged, lines = [], []
    for service in services:
        data, series = _gathered(service, settings, since, end, client)
        options = _options(service, settings)
        judged.append(_judged(assess(data, None, options), options))
        lines += series
    files = any(service.source == "file" for service in services)
    return History(tuple(judged), tuple(_once(lines)), (SAID,) if files else ())


def _options(service: Service, settings: Settings) -> Options:
    planned = tuple(
        (one.start.timestamp(), one.end.timestamp())
        for one in settings.maintenance
        if one.service == service.name
    )
    gap, least = settings.detection.join_gap, settings.detection.min_duration
    return Options(gap, least, service.zone, planned)


def _gathered(
    service: Service, settings: Settings, since: float, end: float, client: Client | None
) -> tuple[ServiceData, list[Lines]]:
    if service.source == "file":
        feed = FileFeed(service, 0, whole=True)
        feed.refresh(0)
        return feed.data(), _of_files(feed.samples)
    cache = Cache()
    if service.source == "pull":
        assert client is not None  # the settings ask for a Prometheus
        try:
            for _, found in between(service, client, round(since * NS), round(end * NS)):
                cache.add(found)
        except PullFailed as error:
            raise InputError(f"service {service.name}", str(error)) from None
        return cache.data(service, "Prometheus"), []
    cache.add(_sent(service, settings, round(since * NS), round(end * NS)))
    return cache.data(service, "remote write"), [_lines(one) for one in cache.series]


def _sent(service: Service, settings: Settings, since: int, end: int) -> list[Samples]:
    """What came by remote write, merged into blocks or not, in [since, end)."""
    with looking(settings.storage.whole_url) as connection:
        done = samples.reached(connection, service.name)
        if done is None or done.source != source_of(service):
            return []
        rows = [one.id for one in arrivals.waiting(connection, service.name)]
        cache = Cache()
        cache.add(samples.load(connection, service.name, since))
        cache.add(arrivals.load(connection, rows, since))
    found = []
    for one in cache.series:
        low, high = np.searchsorted(one.time, [since, end])
        if high > low:
            found.append(Samples(one.role, one.labels, one.time[low:high], one.value[low:high]))
    return found


def _lines(one: Samples) -> Lines:
    return Lines(one.labels, one.time // 1_000_000, one.value)


def _of_files(files: Iterable[SampleFile]) -> list[Lines]:
    every = [(file.origin.name, series) for file in files for series in file.series]
    if not every:
        return []
    return [_exported(one) for one in merge([series for _, series in every], every[0][0])]


def _exported(one: Sampled) -> Lines:
    time = np.rint(one.time * 1000).astype(np.int64)
    time, first = np.unique(time, return_index=True)
    return Lines(one.labels, time, one.value[first])


def _once(lines: Sequence[Lines]) -> list[Lines]:
    """Each series once: attempts and errors, or two services, may select the same one."""
    found: dict[tuple[tuple[str, str], ...], Lines] = {}
    for one in lines:
        key = tuple(sorted(one.labels.items()))
        known = found.get(key)
        if known is None or len(known.time) < len(one.time):
            found[key] = one
    return [found[key] for key in sorted(found)]


def _judged(found: Assessment, options: Options) -> Judged:
    detection = found.detection
    if detection is None or found.not_assessed is not None:
        reason = found.not_assessed or "no data"
        return Judged(found.service, not_assessed=reason, origins=found.origins)
    return Judged(
        found.service,
        detection.windows,
        tuple((blip.start, blip.end) for blip in detection.blips),
        origins=found.origins,
        notes=found.notes,
        series=detection.series,
        options=options,
    )
