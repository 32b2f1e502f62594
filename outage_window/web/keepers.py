"""What the receiver hands over, written to the store before the sender gets its answer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from outage_window.clock import Clock
from outage_window.live.correcting import Corrector
from outage_window.live.status import Status
from outage_window.store import (
    Store,
    StoreFailed,
    alerts,
    attempts,
    deliveries,
    events,
    maintenance,
)
from outage_window.store.writer import Work
from webhooks.incidents import Change, Declared
from webhooks.keeping import Busy, Keepers, Unknown
from webhooks.maintenance import Maintenance
from webhooks.model import AlertDelivery, AttemptBatch, Event, Refused

T = TypeVar("T")
log = logging.getLogger(__name__)


def keepers(store: Store, corrector: Corrector, status: Status, clock: Clock) -> Keepers:
    """The callables that keep what came."""
    keep = _Keep(store, corrector, status, clock)
    return Keepers(
        alerts=keep.alerts,
        quarantine=keep.quarantine,
        events=keep.events,
        attempts=keep.attempts,
        declare=keep.declare,
        change=keep.change,
        maintenance=keep.maintenance,
        no_maintenance=keep.no_maintenance,
        refused=keep.refused,
    )


@dataclass(frozen=True, slots=True)
class _Keep:
    store: Store
    corrector: Corrector
    status: Status
    clock: Clock

    def alerts(self, sender: str, body: bytes, delivery: AlertDelivery) -> None:
        now = self.clock()

        def work(connection: Connection) -> None:
            deliveries.keep(connection, sender, body, now)
            alerts.keep(connection, sender, delivery, now)

        self._write(work)
        self.status.delivered(now)
        self.status.count("deliveries")

    def quarantine(self, sender: str, body: bytes, why: Refused) -> None:
        now = self.clock()
        self._write(lambda c: deliveries.keep(c, sender, body, now, str(why)))
        log.warning("kept a delivery in quarantine: %s", why)
        self.status.delivered(now)
        self.status.count("deliveries")
        self.status.count("quarantined")

    def events(self, found: tuple[Event, ...]) -> int:
        now = self.clock()
        new = self._write(lambda c: events.keep(c, found, now))
        self.status.count("events", by=new)
        return new

    def attempts(self, body: bytes, found: AttemptBatch) -> int:
        # Packed here, beside other requests: the one writer only puts rows down.
        blocks = attempts.blocks(found, self.store.names)
        sha256, last = hashlib.sha256(body).hexdigest(), int(found.time.max())
        self._write(lambda c: attempts.keep(c, blocks, sha256, last))
        self.status.count("attempts", by=len(found.time))
        return len(found.time)

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

    def _write(self, work: Work[T]) -> T:
        with _busy():
            return self.store.write(work)


@contextmanager
def _busy() -> Iterator[None]:
    """A store that fails is told to the sender as a reason to send again."""
    try:
        yield
    except StoreFailed as error:
        log.error("cannot store what came: %s", error)
        raise Busy from error
