"""One pass over all services: pull, assess, keep incidents up to date. Level-triggered."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from detector.model import Options
from detector.results import Window
from outage_window import clock as clocks
from outage_window.assess import Assessment, ServiceData, assess
from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.live.assigning import Assigner, reassign
from outage_window.live.cache import Cache
from outage_window.live.incidents import Keeper
from outage_window.live.joining import fact_of, without_evidence
from outage_window.live.others import Others
from outage_window.live.people import Attempting, declared_of
from outage_window.live.pulling import Client, pull, source_of
from outage_window.live.scene import Scene
from outage_window.live.status import Status
from outage_window.settings.models import Service, Settings
from outage_window.sources import exports, selectors
from outage_window.sources.files import read
from outage_window.sources.pull import PrometheusClient, PullFailed
from outage_window.sources.reading import Reading
from outage_window.store import (
    Store,
    StoreFailed,
    alerts,
    corrections,
    events,
    incidents,
    retention,
    samples,
    upkeep,
)

log = logging.getLogger(__name__)

NS = 10**9
FOREVER = 2**63 - 1
DAY = 86400 * NS
HISTORY = 28 * 86400.0
SILENT = 600 * NS
"""Pulled samples that end so long before now: the metric is gone or has another name."""


@dataclass(slots=True)
class _Known:
    """What was derived from one service's data, so that a pass decodes only what is new."""

    people: Attempting
    cache: Cache = field(default_factory=Cache)
    loaded: bool = False
    file: str = ""
    data: ServiceData | None = None
    assessment: Assessment | None = None
    unjudged: str = ""


class Watch:
    """Compares what is stored with what was derived, for each service on its own.

    `tick()` may be called at any time, also without a loop; `clock` gives nanoseconds. One
    service's failure is logged, counted and shown in `status`; the others go on. `config_file` is
    the path of the settings as the operator gave it: drafts name it in their command.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock = clocks.system,
        status: Status | None = None,
        client: Client | None = None,
        config_file: str | None = None,
    ) -> None:
        self.status = status or Status(clock())
        self._settings = settings
        self._store = store
        self._clock = clock
        self._client = client
        if client is None and settings.prometheus is not None:
            asked = settings.prometheus
            self._client = PrometheusClient(asked.url, asked.timeout, asked.request_headers())
        self._assigner = Assigner(settings)
        self._assigned = False
        self._others = Others(store)
        self._keeper = Keeper(settings, store, config_file)
        self._known = {
            service.name: _Known(Attempting(store, service)) for service in settings.services
        }
        history = settings.prometheus.history if settings.prometheus else HISTORY
        self._history = round(history * NS)

    def tick(self) -> None:
        """Scan every service, configured or only named by an alert."""
        began = time.monotonic()
        now = self._clock()
        if not self._assigned:
            reassign(self._store, self._assigner)
            self._assigned = True
        blind = {service.name: self._take_in(service, now) for service in self._settings.services}
        for service in self._settings.services:
            self._keep(service, now, blind[service.name])
        for name in self._others.due(self._known, now - self._history, now):
            self._unconfigured(name, now)
        upkeep.tend(self._store, now, round(self._settings.attempts.retention * NS))
        retention.expire(self._store, now - round(self._settings.storage.retention * NS))
        self.status.scanned(time.monotonic() - began)

    def _take_in(self, service: Service, now: int) -> str:
        """Read and assess what is new of a service; why not all up to now is known, if so."""
        known = self._known[service.name]
        error, caught_up = "", False
        try:
            caught_up = self._refresh(service, known, now)
        except (PullFailed, InputError, StoreFailed) as failure:
            error = str(failure)
            log.warning("the scan failed: %s", error, extra={"service": service.name})
        except Exception as failure:
            error = f"internal error: {type(failure).__name__}"
            log.exception("the scan failed", extra={"service": service.name})
        behind = "" if caught_up or error else "history is still being fetched"
        self._report(service, known, now, error, behind)
        return error or behind

    def _keep(self, service: Service, now: int, blind: str) -> None:
        """Bring a configured service's incidents up to date."""
        known = self._known[service.name]
        try:
            self._update(service.name, service.zone, now, known.assessment, blind)
        except Exception:
            self.status.service(service.name, failed=True, error="internal error, see the log")
            log.exception("incidents could not be updated", extra={"service": service.name})

    def _horizon(self, name: str, now: int) -> int:
        """Where a service's known past begins: an export may hold an older one than `history`."""
        known = self._known.get(name)
        series = known.data.series if known and known.file and known.data else None
        if series is None or not len(series.start):
            return now - self._history
        return min(now - self._history, round(float(series.start.min()) * NS) - DAY)

    def _unconfigured(self, name: str, now: int) -> None:
        """Keep the incidents of a service that only alerts speak of."""
        try:
            self._update(name, "UTC", now, None, "no metrics of this service are configured")
        except Exception:
            self._others.failed(name)
            log.exception("incidents could not be updated", extra={"service": name})

    def _report(self, service: Service, known: _Known, now: int, error: str, behind: str) -> None:
        """Note how the scan went: it succeeded only if data up to now were assessed."""
        not_assessed = (known.assessment and known.assessment.not_assessed) or ""
        data_until = _until(known)
        unjudged = not_assessed or behind or _silence(service, data_until, now)
        changes: dict[str, object] = {"scanned_at": now, "error": error}
        if not error:
            _log_change(service.name, known.unjudged, unjudged)
            known.unjudged = unjudged
        if not error and not unjudged:
            changes["succeeded_at"] = now
        changes["data_until"] = data_until
        changes["not_assessed"] = unjudged
        self.status.service(service.name, failed=bool(error), **changes)

    def _refresh(self, service: Service, known: _Known, now: int) -> bool:
        """Take in what is new and assess it; whether all up to `now` is known."""
        caught_up = True
        if service.source == "file":
            changed = self._read_file(service, known)
        else:
            changed, caught_up = self._pull(service, known, now)
        if caught_up and (changed or known.assessment is None):
            if service.source != "file":
                known.data = known.cache.data(service)
            self._assess(service, known)
        if caught_up and known.people.refresh(
            _windows(known), self._horizon(service.name, now), now
        ):
            self._assess(service, known)
        return caught_up

    def _assess(self, service: Service, known: _Known) -> None:
        assert known.data is not None  # read from the file or made from the cache
        options = self._options(service)
        known.assessment = assess(known.data, known.people.found, options, declared_of(service))

    def _pull(self, service: Service, known: _Known, now: int) -> tuple[bool, bool]:
        assert self._client is not None  # the settings ask for a Prometheus where one is pulled
        since = now - self._history
        changed = False
        if not known.loaded:
            with self._store.read() as connection:
                done = samples.reached(connection, service.name)
                stored = samples.load(connection, service.name, since)
            if done is not None and done.source == source_of(service):
                changed = known.cache.add(stored)
        known.loaded = False  # what a failing pull still stores is read from the store next time
        newest = known.cache.until
        found, caught_up = pull(service, self._client, self._store, now, self._history, newest)
        known.loaded = True
        changed = known.cache.add(found) or changed
        known.cache.forget_before(since)
        return changed, caught_up

    def _read_file(self, service: Service, known: _Known) -> bool:
        """Read the service's export when it is new or has changed."""
        assert service.file is not None  # the settings ask for it
        sha256 = read(service.file).sha256
        if sha256 == known.file:
            return False
        reading = Reading(
            service=service.name,
            attempts_selector=_selector(service.attempts),
            errors_selector=_selector(service.errors),
        )
        found = exports.load([service.file], reading).services
        data = next((one for one in found if one.service == service.name), None)
        if data is None:
            names = ", ".join(one.service for one in found)
            raise InputError(service.file, f"holds {names}, not the service {service.name}")
        known.data, known.file = data, sha256
        return True

    def _options(self, service: Service) -> Options:
        detection = self._settings.detection
        return Options(detection.join_gap, detection.min_duration, service.zone)

    def _update(
        self,
        service: str,
        zone: str,
        now: int,
        assessment: Assessment | None,
        blind: str,
    ) -> None:
        horizon = self._horizon(service, now)
        with self._store.read() as connection:
            happened = events.of(connection, service, horizon, FOREVER)
            stored = incidents.of_service(connection, service, horizon)
            said = corrections.of_all(connection, [one.id for one in stored])
            fired = alerts.of_service(connection, service, horizon)
        known = self._known.get(service)
        reached = _until(known) if known else None
        until = None if reached is None else reached / NS
        series = known.data.series if known and known.data else None
        joined = without_evidence([fact_of(one) for one in fired], series)
        scene = Scene(
            service, zone, now, horizon, assessment, blind, until, joined, happened, stored, said
        )
        self._keeper.update(scene)


def _windows(known: _Known) -> Sequence[Window]:
    detection = known.assessment.detection if known.assessment else None
    return () if detection is None else detection.windows


def _until(known: _Known) -> int | None:
    """How far the data reaches, nanoseconds."""
    series = known.data.series if known.data else None
    if series is not None and len(series.end):
        return round(float(series.end.max()) * NS)
    return known.cache.until


def _silence(service: Service, data_until: int | None, now: int) -> str:
    """Why a pulled service's past alone was assessed, if so; an export may end when it likes."""
    if service.source == "file" or data_until is None or now - data_until <= SILENT:
        return ""
    return f"no samples after {datetime.fromtimestamp(data_until / NS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _log_change(name: str, before: str, reason: str) -> None:
    """Say once why a service is not assessed, and once that it is again.

    Counts in a reason grow with every scan: they make no other reason.
    """
    if reason and re.sub("[0-9]+", "0", reason) != re.sub("[0-9]+", "0", before):
        log.warning("not assessed: %s", reason, extra={"service": name})
    elif before and not reason:
        log.info("assessed again", extra={"service": name})


def _selector(text: str | None) -> selectors.Selector | None:
    return None if text is None else selectors.parse(text, "selector")
