"""One pass over all services: pull, assess, keep incidents up to date. Level-triggered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence

from outage_window import clock as clocks
from outage_window.assess import assess
from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.live.announcing import Said
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
from outage_window.live.saying import report, same
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
from outage_window.store.leading import UPKEEP, Everything, Leading, Lease, NoLongerLed, shard_of
from outage_window.store.leading import lease as lease_of

log = logging.getLogger(__name__)

NS = 10**9
FOREVER = 2**63 - 1
PIECE = 5.0
"""Seconds for which metrics are read before what they tell is derived."""


class Watch:
    """Compares what is stored with what was derived, for each service that this process leads.

    `tick()` may be called at any time, also without a loop, and `derive()` in another thread beside
    it; `clock` gives nanoseconds. One service's failure is logged, counted and shown in `status`;
    the others go on. `config_file` is the path of the settings as the operator gave it: drafts name
    it in their command. `holding` is where requests find what was derived.

    What is written of a service is written under its lease: nothing, where that is lost meanwhile.
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
        leading: Leading | None = None,
    ) -> None:
        self.leading = leading or Everything()
        self.status = status or Status(clock())
        self._settings = settings
        self._store = store
        self._clock = clock
        self._holding = holding or Holding()
        self._assigner = Assigner(settings)
        self.ready = False
        self._taken: Mapping[int, int] = {}
        self._said: Said | None = None
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
        """Scan each service that is led, configured or only named by an alert; it may be left."""
        began = time.monotonic()
        now = self._clock()
        if not self.ready:
            reassign(self._store, self._assigner)
            self.touched.look(now)  # what came before is taken in by this very pass
            self.ready, self._taken = True, self.leading.terms()
        for _ in self._one_by_one(now):
            if stopping():
                return
        if (lease := self.leading.slot(UPKEEP)) is not None:
            with self._store.under(lease):
                upkeep.tend(self._store, now, round(self._settings.attempts.retention * NS))
                retention.expire(self._store, now - round(self._settings.retention * NS))
        self.status.scanned(time.monotonic() - began)

    def take_over(self, stopping: Stopping = never) -> None:
        """Scan those services alone that this process leads since the last look."""
        for _ in self._newly_led(self._clock()) if self.ready else ():
            if stopping():
                return

    def derive(self, name: str) -> bool:
        """Bring a service up to date with what was received; False: its metrics must be read first.

        What fails once is left to the passes over all, and what others lead to them.
        """
        lease, service = lease_of(self.leading, name), self._settings.service(name)
        if lease is None or name in self._failing:
            return True
        if service is None:
            self._unconfigured(name, lease)
            return True
        seen = self._known[name].seen
        return seen is not None and seen.term == lease.term and self._keep(service)

    def _one_by_one(self, now: int) -> Iterator[None]:
        """Bring each service up to date: metrics are read for some seconds before what they tell is
        derived, so that the last of very many need not be waited for. Newly led ones come first."""
        self._said = self._keeper.announced.said(now - self._history)
        piece, began = list[Service](), time.monotonic()
        for service in self._settings.services:
            yield from self._newly_led(now)
            if self._take_in(service, now):
                piece.append(service)
                yield
            if time.monotonic() - began > PIECE:
                yield from self._derived(piece, now)
                piece, began = [], time.monotonic()
        yield from self._derived(piece, now)
        yield from self._only_told_of(now)

    def _derived(self, services: Sequence[Service], now: int) -> Iterator[None]:
        told = self._others.told_of(now - self._history)
        for service in services:
            self._keep(service, told)
            yield

    def _newly_led(self, now: int) -> Iterator[None]:
        terms = self.leading.terms()
        if terms == self._taken:
            return
        before, self._taken = self._taken, terms
        new = {slot for slot, term in terms.items() if before.get(slot) != term}
        self._said = self._keeper.announced.said(now - self._history)
        told = self._others.told_of(now - self._history)
        for service in self._settings.services:
            if shard_of(service.name) in new and self._take_in(service, now):
                self._keep(service, told)
                yield
        yield from self._only_told_of(now)

    def _only_told_of(self, now: int) -> Iterator[None]:
        """Bring those up to date that no settings name, where there is something new."""
        with self._deriving:
            due = self._others.due(self._known, now - self._history, now, self.leading.terms())
        for name in due:
            self._unconfigured(name, lease_of(self.leading, name))
            yield

    def _take_in(self, service: Service, now: int) -> bool:
        """Read and assess what is new of a service; whether it is led here."""
        lease, known = lease_of(self.leading, service.name), self._known[service.name]
        if lease is None:
            self._leave(service, known)
            return False
        try:
            with self._store.under(lease):
                self._scan(service, known, now, lease)
        except NoLongerLed:
            return False
        return True

    def _leave(self, service: Service, known: Known) -> None:
        """Another leads the service: what is known here is no longer what is stored."""
        if known.seen is not None:
            with self._deriving:
                known.forget()
                self._holding.drop(service.name)

    def _scan(self, service: Service, known: Known, now: int, lease: Lease) -> None:
        error, caught_up = "", False
        try:
            caught_up = self._refresh(service, known, now)
        except NoLongerLed:
            raise
        except (PullFailed, InputError, StoreFailed) as failure:
            error = str(failure)
            if not same(error, known.failed):
                log.warning("the scan failed: %s", error, extra={"service": service.name})
        except Exception as failure:
            error = f"internal error: {type(failure).__name__}"
            log.exception("the scan failed", extra={"service": service.name})
        if known.failed and not error:
            log.info("the scan succeeds again", extra={"service": service.name})
        known.failed = error
        behind = "" if caught_up or error else "history is still being fetched"
        report(self.status, service.name, known, now, error, behind)
        known.saw(error or behind, lease.term)

    def _keep(self, service: Service, told: Collection[str] | None = None) -> bool:
        """Bring a configured service's incidents up to date; False: it is not led here.

        Where there is no window, and it is not among those that are `told` of, there are none.
        """
        name = service.name
        with self._deriving:
            lease, seen = lease_of(self.leading, name), self._known[name].seen
            if lease is None or seen is None or seen.term != lease.term:
                return False  # what was read under another lease may no longer be what is stored
            quiet = told is not None and name not in told and name not in self._failing
            if quiet and not self._known[name].windows:
                return True
            try:
                with self._store.under(lease):
                    self._update(name, service.zone, seen)
                self._failing.discard(name)
            except NoLongerLed:
                return False
            except Exception:
                self._failing.add(name)
                self.status.service(name, failed=True, error="internal error, see the log")
                log.exception("incidents could not be updated", extra={"service": name})
        return True

    def _horizon(self, name: str, now: int) -> int:
        """Where a service's known past begins."""
        known = self._known.get(name)
        return now - self._history if known is None else known.feed.horizon(now)

    def _unconfigured(self, name: str, lease: Lease | None) -> None:
        """Keep the incidents of a service that only alerts speak of."""
        with self._deriving:
            if lease is None:
                return
            try:
                with self._store.under(lease):
                    self._update(name, "UTC", NO_METRICS)
                self._failing.discard(name)
            except NoLongerLed:
                return
            except Exception:
                self._failing.add(name)
                self._others.failed(name)
                log.exception("incidents could not be updated", extra={"service": name})

    def _refresh(self, service: Service, known: Known, now: int) -> bool:
        """Take in what is new and assess it; whether all up to `now` is known."""
        changed, caught_up = known.feed.refresh(now)
        horizon = self._horizon(service.name, now)
        said = self._said if horizon >= now - self._history else None
        options = self._keeper.announced.options(service, horizon, said)
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
