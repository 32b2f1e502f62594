"""One pass over all services: pull, assess, keep incidents up to date. Level-triggered."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator

from outage_window import clock as clocks
from outage_window.assess import assess
from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.live.assigning import Assigner, reassign
from outage_window.live.feeds.build import feeds
from outage_window.live.feeds.pulling import Client
from outage_window.live.held import Held, Holding
from outage_window.live.incidents import Keeper
from outage_window.live.joining import fact_of, without_evidence
from outage_window.live.known import NO_METRICS, Known, Seen
from outage_window.live.loop import Stopping, never
from outage_window.live.others import Others
from outage_window.live.people import Attempting, declared_of
from outage_window.live.scene import Scene
from outage_window.live.status import Status
from outage_window.live.touched import Touched
from outage_window.settings.models import Service, Settings
from outage_window.sources.pull import PullFailed
from outage_window.store import (
    Store,
    StoreFailed,
    backfilled,
    corrections,
    events,
    incidents,
    retention,
    upkeep,
)

log = logging.getLogger(__name__)

NS = 10**9
FOREVER = 2**63 - 1


class Watch:
    """Compares what is stored with what was derived, for each service on its own.

    `tick()` may be called at any time, also without a loop, and `derive()` in another thread beside
    it; `clock` gives nanoseconds. One service's failure is logged, counted and shown in `status`;
    the others go on. `config_file` is the path of the settings as the operator gave it: drafts name
    it in their command. `holding` is where requests find what was derived.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock = clocks.system,
        status: Status | None = None,
        client: Client | None = None,
        config_file: str | None = None,
        holding: Holding | None = None,
    ) -> None:
        self.status = status or Status(clock())
        self._settings = settings
        self._store = store
        self._clock = clock
        self._holding = holding or Holding()
        self._assigner = Assigner(settings)
        self._term, self._marked = 0, -1
        self.touched = Touched(store)
        self._deriving = threading.Lock()
        self._failing: set[str] = set()
        self._others = Others(store)
        self._keeper = Keeper(settings, store, config_file)
        sources = feeds(settings, store, client)
        self._known = {
            service.name: Known(sources[service.name], Attempting(store, service))
            for service in settings.services
        }
        self._history = round(settings.history() * NS)

    def tick(self, stopping: Stopping = never) -> None:
        """Scan every service, configured or only named by an alert; between two it may be left."""
        began = time.monotonic()
        now = self._clock()
        if not self.ready:
            term = self._term
            reassign(self._store, self._assigner)
            self.touched.look(now)  # what came before is taken in by this very pass
            self._marked = term
        for _ in self._one_by_one(now):
            if stopping():
                return
        upkeep.tend(self._store, now, round(self._settings.attempts.retention * NS))
        retention.expire(self._store, now - round(self._settings.retention * NS))
        self.status.scanned(time.monotonic() - began)

    @property
    def ready(self) -> bool:
        """Whether a pass over all services has begun since this process leads."""
        return self._marked == self._term

    def follow(self) -> None:
        """Another process leads: what is known here of metrics is no longer what is stored."""
        self._term += 1

    def derive(self, name: str) -> bool:
        """Bring a service up to date with what was received; False: its metrics must be read first.

        What fails once is left to the passes over all.
        """
        service, known = self._settings.service(name), self._known.get(name)
        if known is not None and (known.seen is None or known.seen.term != self._term):
            return False
        if name not in self._failing:
            self._unconfigured(name) if service is None else self._keep(service)
        return True

    def _one_by_one(self, now: int) -> Iterator[None]:
        """Bring each service up to date: all metrics are read before anything is derived."""
        for service in self._settings.services:
            self._take_in(service, now)
            yield
        for service in self._settings.services:
            self._keep(service)
            yield
        with self._deriving:
            due = self._others.due(self._known, now - self._history, now)
        for name in due:
            self._unconfigured(name)
            yield

    def _take_in(self, service: Service, now: int) -> None:
        """Read and assess what is new of a service."""
        term = self._term
        known = self._known[service.name]
        error, caught_up = "", False
        try:
            caught_up = self._refresh(service, known, now)
        except (PullFailed, InputError, StoreFailed) as failure:
            error = str(failure)
            if not _same(error, known.failed):
                log.warning("the scan failed: %s", error, extra={"service": service.name})
        except Exception as failure:
            error = f"internal error: {type(failure).__name__}"
            log.exception("the scan failed", extra={"service": service.name})
        if known.failed and not error:
            log.info("the scan succeeds again", extra={"service": service.name})
        known.failed = error
        behind = "" if caught_up or error else "history is still being fetched"
        self._report(service, known, now, error, behind)
        known.saw(error or behind, term)

    def _keep(self, service: Service) -> None:
        """Bring a configured service's incidents up to date."""
        name = service.name
        with self._deriving:
            seen = self._known[name].seen
            assert seen is not None  # its metrics were read
            try:
                self._update(name, service.zone, seen)
                self._failing.discard(name)
            except Exception:
                self._failing.add(name)
                self.status.service(name, failed=True, error="internal error, see the log")
                log.exception("incidents could not be updated", extra={"service": name})

    def _horizon(self, name: str, now: int) -> int:
        """Where a service's known past begins."""
        known = self._known.get(name)
        return now - self._history if known is None else known.feed.horizon(now)

    def _unconfigured(self, name: str) -> None:
        """Keep the incidents of a service that only alerts speak of."""
        with self._deriving:
            try:
                self._update(name, "UTC", NO_METRICS)
                self._failing.discard(name)
            except Exception:
                self._failing.add(name)
                self._others.failed(name)
                log.exception("incidents could not be updated", extra={"service": name})

    def _report(self, service: Service, known: Known, now: int, error: str, behind: str) -> None:
        """Note how the scan went: it succeeded only if data up to now were assessed."""
        not_assessed = (known.assessment and known.assessment.not_assessed) or ""
        data_until = known.until
        unjudged = not_assessed or behind or known.feed.silence(data_until, now)
        changes: dict[str, object] = {"scanned_at": now, "error": error}
        if not error:
            _log_change(service.name, known.unjudged, unjudged)
            known.unjudged = unjudged
        if not error and not unjudged:
            changes["succeeded_at"] = now
        changes["data_until"] = data_until
        changes["not_assessed"] = unjudged
        self.status.service(service.name, failed=bool(error), **changes)

    def _refresh(self, service: Service, known: Known, now: int) -> bool:
        """Take in what is new and assess it; whether all up to `now` is known."""
        changed, caught_up = known.feed.refresh(now)
        options = self._keeper.announced.options(service, self._horizon(service.name, now))
        changed, known.options = changed or options != known.options, options
        if caught_up and (changed or known.assessment is None):
            known.data = known.feed.data()
            self._assess(service, known)
        if caught_up and known.people.refresh(known.windows, self._horizon(service.name, now), now):
            self._assess(service, known)
        return caught_up

    def _assess(self, service: Service, known: Known) -> None:
        assert known.data is not None  # the feed gave it
        assert known.options is not None  # set before anything is assessed
        declared = declared_of(service)
        people = known.people.found
        known.assessment = assess(known.data, people, known.options, declared)
        held = Held(known.data, people, known.assessment, declared)
        self._holding.put(service.name, held)

    def _update(self, service: str, zone: str, seen: Seen) -> None:
        now = self._clock()
        horizon = self._horizon(service, now)
        with self._store.read() as connection:
            happened = events.of(connection, service, horizon, FOREVER)
            stored = incidents.of_service(connection, service, horizon)
            said = corrections.of_all(connection, [one.id for one in stored])
            fired = backfilled.between(connection, horizon, FOREVER, service)
        until = None if seen.until is None else seen.until / NS
        joined = without_evidence([fact_of(one) for one in fired], seen.series)
        assessment, blind = seen.assessment, seen.blind
        scene = Scene(
            service, zone, now, horizon, assessment, blind, until, joined, happened, stored, said
        )
        self._keeper.update(scene)


def _log_change(name: str, before: str, reason: str) -> None:
    """Say once why a service is not assessed, and once that it is again."""
    if reason and not _same(reason, before):
        log.warning("not assessed: %s", reason, extra={"service": name})
    elif before and not reason:
        log.info("assessed again", extra={"service": name})


def _same(reason: str, before: str) -> bool:
    """Whether it is the same reason. Counts in one grow with every scan: they make no other."""
    return re.sub("[0-9]+", "0", reason) == re.sub("[0-9]+", "0", before)
