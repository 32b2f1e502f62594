"""Fills what no delivery brought: after a gap from Prometheus, at all times from Alertmanager."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection

from outage_window.clock import Clock
from outage_window.joining import is_own_voice
from outage_window.live.assigning import Assigner
from outage_window.live.filling import Prometheus, Wanted, fetch, follow
from outage_window.live.loop import Stopping, never
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.sources.pull import PullFailed
from outage_window.store import (
    Store,
    StoreFailed,
    backfilled,
    covered,
    muted,
    silences,
    watermarks,
)
from outage_window.store.backfilled import Fetched
from outage_window.store.leading import UPKEEP, Everything, Leading
from outage_window.store.muted import Muted
from outage_window.store.silences import Silence

log = logging.getLogger(__name__)

NS = 10**9
RECEIVING = "alerts"
"""The name of the mark up to which no alert is missing."""
LEAD = 300 * NS
"""What fired so shortly before a gap may have waited in Alertmanager to be sent."""
MISSED = 3
"""A gap is when so many intervals passed without this loop."""
HISTORY = 28 * 86400.0


class Alertmanagers(Protocol):
    """What answers with what fires and what is silenced."""

    def alerts(self, at: int) -> list[Fetched]:
        """What fires, unless it is muted."""

    def muted(self) -> list[Muted]:
        """What fires and is told to nobody."""

    def silences(self, at: int) -> list[Silence]:
        """The silences that it knows."""


class CatchUp:
    """One pass asks for what may be missing; it must be called at every interval.

    The mark in the store says up to when nothing is missing: it stands still while this does not
    run, or the store cannot be written, and that is a gap. `clock` gives nanoseconds. What fails is
    logged once and counted, and tried again with the next pass.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        status: Status,
        prometheus: Prometheus | None,
        alertmanagers: Alertmanagers | None,
        leading: Leading | None = None,
    ) -> None:
        self._leading = leading or Everything()
        self._store = store
        self._clock = clock
        self._status = status
        self._prometheus = prometheus
        self._alertmanagers = alertmanagers
        self._sender = sender_of(settings)
        self._own = of_services(settings)
        self._service = Assigner(settings).service
        asked = settings.alertmanager
        self._listed = self._own if asked is None or asked.receiver is None else not_own_voice
        self._longest = round(MISSED * settings.catch_up_interval * NS)
        history = settings.prometheus.history if settings.prometheus else HISTORY
        self._history = round(history * NS)
        self._caught_up = False
        self._said: dict[str, str] = {}

    def tick(self, stopping: Stopping = never) -> None:
        """Ask for what may be missing up to now, where that is this process's to do."""
        lease = self._leading.slot(UPKEEP)
        if lease is None:
            return
        now = self._clock()
        with self._store.under(lease):
            self._try("alertmanager", lambda: self._ask(now))
            if not stopping():
                self._try("prometheus", lambda: self._fill(now))

    def _try(self, source: str, work: Callable[[], None]) -> None:
        reason = ""
        try:
            work()
        except (PullFailed, StoreFailed) as failure:
            reason = str(failure)
            self._status.count("catch_up_failures", source)
        if reason and reason != self._said.get(source):
            log.warning("alerts that were missed cannot be filled in yet: %s", reason)
        self._said[source] = reason

    def _ask(self, now: int) -> None:
        """Keep what Alertmanager lists, and its silences."""
        if self._alertmanagers is None:
            return
        found = [one for one in self._alertmanagers.alerts(now) if self._listed(one.labels)]
        hushed = [one for one in self._alertmanagers.muted() if self._listed(one.labels)]
        known = self._alertmanagers.silences(now)

        def work(connection: Connection) -> None:
            backfilled.keep_listed(connection, self._sender, found, now, self._service)
            muted.keep(connection, hushed, now, self._service)
            silences.keep(connection, known)
            covered.cover(connection, "alertmanager", now, now, self._longest)

        self._store.write(work)

    def _fill(self, now: int) -> None:
        """Fill a gap, follow what was filled in and fires on, and move the mark."""
        with self._store.read() as connection:
            mark = watermarks.reached(connection, RECEIVING)
            open_ones = backfilled.still_firing(connection, "prometheus")
        found: list[Fetched] = []
        asked: tuple[int, int] | None = None
        gap = mark is not None and (not self._caught_up or now - mark > self._longest)
        if self._prometheus is not None and open_ones:
            found += follow(self._prometheus, open_ones, now)
        if self._prometheus is not None and gap and mark is not None:
            start = max(mark - LEAD, now - self._history)
            oldest = now - self._history
            found += fetch(self._prometheus, self._own, start, now, oldest, now)
            asked = start, now
            since = f"{datetime.fromtimestamp(mark / NS, UTC):%Y-%m-%dT%H:%M:%SZ}"
            log.info("nothing was received since %s: Prometheus told what fired", since)

        def work(connection: Connection) -> None:
            name = "prometheus"
            backfilled.keep_backfilled(connection, "prometheus", name, found, now, self._service)
            if asked is not None:
                covered.cover(connection, "prometheus", *asked)
            covered.cover(connection, "receiving", now, now, self._longest)
            watermarks.reach(connection, RECEIVING, now)

        self._store.write(work)
        self._caught_up = True


def fill(
    settings: Settings,
    store: Store,
    prometheus: Prometheus | None,
    alertmanagers: Alertmanagers | None,
    start: int,
    end: int,
    now: int,
) -> None:
    """Keep what fired in [start, end), nanoseconds, as both of them tell. Raises `PullFailed`.

    Alertmanager is asked for what fires now; Prometheus follows runs back to `history` before.
    """
    wanted = of_services(settings)
    asked = settings.alertmanager
    listed: list[Fetched] = []
    hushed: list[Muted] = []
    known: list[Silence] = []
    if alertmanagers is not None:
        every = not_own_voice if asked and asked.receiver is not None else wanted
        listed = [one for one in alertmanagers.alerts(now) if every(one.labels)]
        listed = [one for one in listed if one.starts_at < end]
        hushed = [one for one in alertmanagers.muted() if every(one.labels)]
        known = alertmanagers.silences(now)
    told: list[Fetched] = []
    if prometheus is not None and settings.services:
        history = settings.prometheus.history if settings.prometheus else HISTORY
        told = fetch(prometheus, wanted, start, end, start - round(history * NS), now)

    def work(connection: Connection) -> None:
        service = Assigner(settings).service
        backfilled.keep_backfilled(connection, "prometheus", "prometheus", told, now, service)
        sender = sender_of(settings)
        backfilled.keep_backfilled(connection, "alertmanager", sender, listed, now, service)
        muted.keep(connection, hushed, now, service)
        silences.keep(connection, known)
        if prometheus is not None and settings.services:
            covered.cover(connection, "prometheus", start, end)

    store.write(work, 60.0)


def sender_of(settings: Settings) -> str:
    """The name under which what Alertmanager lists is shown: that of the sender, if it is one."""
    names = [one.name for one in settings.senders if one.kind == "alertmanager"]
    return names[0] if len(names) == 1 else "alertmanager"


def of_services(settings: Settings) -> Wanted:
    """Whether an alert is one of the services that are set; our own voice is none."""
    assigner = Assigner(settings)
    names = {service.name for service in settings.services}
    return lambda labels: assigner.service(labels) in names


def not_own_voice(labels: Mapping[str, str]) -> bool:
    """Whether somebody else raised the alert."""
    return not is_own_voice(labels)
