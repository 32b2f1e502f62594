"""What the receiver hands over, written to the store before the sender gets its answer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from outage_window.clock import Clock, never_back
from outage_window.intake import Intake
from outage_window.live.assigning import heartbeat
from outage_window.live.correcting import Corrector
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.store import (
    Store,
    StoreFailed,
    alerts,
    attempts,
    deliveries,
    events,
    maintenance,
)
from outage_window.store.deliveries import Received
from outage_window.store.writer import Work
from webhooks.incidents import Change, Declared
from webhooks.keeping import Busy, Keepers, Unknown
from webhooks.maintenance import Maintenance
from webhooks.model import AlertDelivery, AttemptBatch, Event, Refused
from webhooks.remote_write.model import Write, Written

T = TypeVar("T")
ServiceOf = Callable[[Mapping[str, str]], str | None]
"""Labels to a service; None where an alert is no evidence."""
log = logging.getLogger(__name__)


def keepers(
    store: Store,
    service: ServiceOf,
    corrector: Corrector,
    status: Status,
    clock: Clock,
    settings: Settings,
) -> Keepers:
    """The callables that keep what came; `service` tells of which service an alert is."""
    intake = Intake(store, settings)
    beats = heartbeat(settings)
    keep = _Keep(store, service, intake, corrector, status, never_back(clock), beats)
    return Keepers(
        alerts=keep.alerts,
        quarantine=keep.quarantine,
        events=keep.events,
        services_of=keep.services_of,
        ignored=keep.ignored,
        attempts=keep.attempts,
        samples=keep.samples,
        declare=keep.declare,
        change=keep.change,
        maintenance=keep.maintenance,
        no_maintenance=keep.no_maintenance,
        refused=keep.refused,
        now=clock,
    )


@dataclass(frozen=True, slots=True)
class _Keep:
    store: Store
    service: ServiceOf
    intake: Intake
    corrector: Corrector
    status: Status
    clock: Clock
    is_heartbeat: Callable[[Mapping[str, str]], bool]

    def alerts(self, sender: str, body: bytes, delivery: AlertDelivery) -> None:
        now = self.clock()
        services = [self.service(alert.labels) for alert in delivery.alerts]
        rows = alerts.rows(sender, delivery, services, now)
        self._gather(Received(deliveries.row(sender, body, now), rows))
        self.status.delivered(now)
        self.status.count("deliveries")
        if any(one.status == "firing" and self.is_heartbeat(one.labels) for one in delivery.alerts):
            self.status.heartbeat(now)

    def quarantine(self, sender: str, body: bytes, why: Refused) -> None:
        now = self.clock()
        self._gather(Received(deliveries.row(sender, body, now, str(why))))
        log.warning("kept a delivery in quarantine: %s", why, extra={"sender": sender})
        self.status.delivered(now)
        self.status.count("deliveries")
        self.status.count("quarantined")

    def events(self, found: tuple[Event, ...]) -> int:
        now = self.clock()
        new = self._write(lambda c: events.keep(c, found, now))
        self.status.count("events", by=new)
        return new

    def services_of(self, beginning: str) -> tuple[str, ...]:
        with _busy(), self.store.read() as connection:
            return events.services_of(connection, beginning)

    def ignored(self) -> None:
        self.status.count("events_ignored")

    def attempts(self, body: bytes, found: AttemptBatch) -> int:
        # Packed here, beside other requests: the one writer only puts rows down.
        blocks = attempts.blocks(found, self.store.names)
        sha256, last = hashlib.sha256(body).hexdigest(), int(found.time.max())
        self._write(lambda c: attempts.keep(c, blocks, sha256, last))
        self.status.count("attempts", by=len(found.time))
        return len(found.time)

    def samples(self, version: str, write: Write) -> Written:
        with _busy():
            written, kept = self.intake.keep(write, self.clock())
        count, faults = self.status.count, (*write.faults, *written.faults)
        count("remote_write_requests", version)
        count("remote_write_samples", "kept", kept)
        count("remote_write_samples", "unmatched", written.samples - kept)
        count("remote_write_histograms", "unmatched", written.histograms)
        count("remote_write_exemplars", "unmatched", written.exemplars)
        for kind in ("samples", "histograms", "exemplars"):
            refused = sum(getattr(fault, kind) for fault in faults)
            count(f"remote_write_{kind}", "refused", refused)
        return written

    def declare(self, said: Declared) -> dict[str, object]:
        with _busy():
            return self.corrector.declare(said, self.clock())

    def change(self, identity: str, change: Change, etag: str | None) -> dict[str, object]:
        with _busy():
            return self.corrector.change(identity, change, etag, self.clock())

    def maintenance(self, said: Maintenance) -> bool:
        now = self.clock()
        return self._write(lambda c: maintenance.keep(c, said, now))

    def no_maintenance(self, identity: str) -> None:
        if not self._write(lambda c: maintenance.drop(c, identity)):
            raise Unknown("no maintenance of that id")

    def refused(self, reason: str) -> None:
        self.status.count("refused", reason)

    def _gather(self, found: Received) -> None:
        with _busy():
            self.store.gather(deliveries.keep, found)

    def _write(self, work: Work[T]) -> T:
        with _busy():
            return self.store.write(work)


@contextmanager
def _busy() -> Iterator[None]:
    """A store that fails is told to the sender as a reason to send again."""
    try:
        yield
    except (StoreFailed, SQLAlchemyError) as error:
        log.error("cannot store what came: %s", error)
        raise Busy from error
