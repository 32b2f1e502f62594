"""One pass over all services: pull, assess, keep incidents up to date. Level-triggered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from itertools import chain

from detector.model import Options
from outage_window import clock as clocks
from outage_window.clock import Clock
from outage_window.errors import InputError
from outage_window.live import rested
from outage_window.live.assigning import Assigner, reassign
from outage_window.live.feeds.build import feeds, read_ahead
from outage_window.live.feeds.pulling import Client
from outage_window.live.held import Held, Holding
from outage_window.live.incidents import Keeper
from outage_window.live.joining import fact_of, without_evidence
from outage_window.live.known import NO_METRICS, Known, Seen
from outage_window.live.loop import Stopping, never
from outage_window.live.others import Others
from outage_window.live.people import Attempting
from outage_window.live.rounds import Overview, Rounds
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
from outage_window.store.leading import UPKEEP, Everything, Leading, Lease, NoLongerLed
from outage_window.store.leading import lease as lease_of

log = logging.getLogger(__name__)

NS = 10**9
FOREVER = 2**63 - 1


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
        self.touched = Touched(store)
        self._deriving = threading.Lock()
        self._failing: set[str] = set()
        self._others = Others(store)
        self._keeper = Keeper(settings, store, config_file)
        sources = feeds(settings, store, client)
        self._known = {
            one.name: Known(one, sources[one.name], Attempting(store, one), self._holding)
            for one in settings.services
        }
        self._holding.reading = self._read
        self._history = round(settings.history() * NS)
        self._rounds = Rounds(
            settings.services,
            self,
            lambda: self.leading.terms(),
            self._others,
            self._keeper.announced,
            self._history,
            self._due,
        )

    def tick(self, stopping: Stopping = never) -> None:
        """Scan each service that is led, configured or only named by an alert; it may be left."""
        began = time.monotonic()
        now = self._clock()
        if not self.ready:
            reassign(self._store, self._assigner)
            self.touched.look(now)  # what came before is taken in by this very pass
            self._rounds.begin()
            self.ready = True
        for _ in self._rounds.every(now):
            if stopping():
                return
        if (lease := self.leading.slot(UPKEEP)) is not None:
            with self._store.under(lease):
                upkeep.tend(self._store, now, round(self._settings.attempts.retention * NS))
                retention.expire(self._store, now - round(self._settings.retention * NS))
        self.status.scanned(time.monotonic() - began)

    def take_over(self, stopping: Stopping = never) -> None:
        """Scan those services alone that this process leads since the last look, and those whose
        metrics or history must be read before more can be derived of them."""
        now = self._clock()
        for _ in chain(self._rounds.first(now), self._rounds.late(now)) if self.ready else ():
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
            self.unconfigured(name)
            return True
        seen = self._known[name].seen
        if seen is None:
            self._rounds.call(name)
        return seen is not None and seen.term == lease.term and self.keep(service)

    def ahead(self, services: Sequence[Service], around: Overview) -> None:
        """See `Work`. Where that fails, each reads by itself, and tells why it cannot."""
        known = [self._known[one.name] for one in services]
        try:
            new = [(k.service, self._options(k.service, around)) for k in known if not k.begun]
            for one in rested.kept(self._store, new):
                self._known[one.service.name].resume(one.resting, one.options, around.now)
            read_ahead([one.feed for one in known], around.now)
        except Exception as failure:
            log.debug("%d services are read one by one: %s", len(services), failure)

    def take_in(self, service: Service, around: Overview, called: bool) -> bool:
        """See `Work`."""
        lease, known = lease_of(self.leading, service.name), self._known[service.name]
        if lease is None:
            self.leave(service)
            return False
        try:
            with self._store.under(lease):
                self._scan(service, known, around, lease, called or service.name in around.lately)
        except NoLongerLed:
            return False
        return True

    def leave(self, service: Service) -> None:
        """See `Work`: what is known here is no longer what is stored."""
        known = self._known[service.name]
        if known.begun:
            with self._deriving:
                known.forget()

    def let_rest(self, services: Sequence[Service], around: Overview) -> None:
        """See `Work`."""
        quiet = [self._known[s.name] for s in services if s.name not in self._failing]
        found = [one.rest(around.now, one.service.name in around.lately) for one in quiet]
        rested.keep(self._store, [one for one in found if one is not None])

    def behind(self, service: Service) -> bool:
        """See `Work`."""
        return self._known[service.name].behind

    def _scan(
        self, service: Service, known: Known, around: Overview, lease: Lease, called: bool
    ) -> None:
        error, caught_up = "", False
        try:
            caught_up = known.refresh(around.now, self._options(service, around), called)
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
        report(self.status, service.name, known, around.now, error, behind)
        known.saw(error or behind, lease.term)

    def keep(self, service: Service, told: Collection[str] | None = None) -> bool:
        """See `Work`."""
        name = service.name
        with self._deriving:
            lease, seen = lease_of(self.leading, name), self._known[name].seen
            if lease is None or seen is None or seen.term != lease.term:
                return False  # what was read under another lease may no longer be what is stored
            quiet = told is not None and name not in told and name not in self._failing
            if quiet and not seen.windows:
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

    def _due(self, now: int) -> Collection[str]:
        with self._deriving:
            since, terms = now - self._history, self.leading.terms()
            return self._others.due(self._known, since, now, terms)

    def unconfigured(self, name: str) -> None:
        """See `Work`."""
        lease = lease_of(self.leading, name)
        if lease is None:
            return
        with self._deriving:
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

    def _options(self, service: Service, around: Overview) -> Options:
        horizon = self._horizon(service.name, around.now)
        said = around.said if horizon >= around.now - self._history else None
        return self._keeper.announced.options(service, horizon, said)

    def _read(self, name: str) -> Held | None:
        """What is not in memory of a service that rests."""
        known = self._known.get(name)
        return None if known is None else known.whole(self._clock())

    def _update(self, service: str, zone: str, seen: Seen) -> None:
        now = self._clock()
        horizon = self._horizon(service, now)
        with self._store.read() as connection:
            happened = events.of(connection, service, horizon, FOREVER)
            stored = incidents.of_service(connection, service, horizon)
            said = corrections.of_all(connection, [one.id for one in stored])
            fired = backfilled.between(connection, horizon, FOREVER, service)
        until = None if seen.until is None else seen.until / NS
        joined = without_evidence([fact_of(one) for one in fired], seen.gaps)
        assessment, blind = seen.assessment, seen.blind
        scene = Scene(
            service, zone, now, horizon, assessment, blind, until, joined, happened, stored, said
        )
        self._keeper.update(scene)
