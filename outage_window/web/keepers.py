"""What the receiver hands over, written to the store before the sender gets its answer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import Connection

from outage_window.clock import Clock
from outage_window.live.status import Status
from outage_window.store import Store, StoreFailed, alerts, attempts, deliveries, events
from outage_window.store.writer import Work
from webhooks.blueprint import Busy, Keepers
from webhooks.model import AlertDelivery, Attempt, Event, Refused

T = TypeVar("T")
log = logging.getLogger(__name__)


def keepers(store: Store, sender: str, status: Status, clock: Clock) -> Keepers:
    """The callables that keep what came from the named Alertmanager, and events and attempts."""

    def write(work: Work[T]) -> T:
        try:
            return store.write(work)
        except StoreFailed as error:
            log.error("cannot store what came: %s", error)
            raise Busy from error

    def keep_alerts(body: bytes, delivery: AlertDelivery) -> None:
        now = clock()

        def work(c: Connection) -> None:
            deliveries.keep(c, sender, body, now)
            alerts.keep(c, sender, delivery, now)

        write(work)
        status.delivered(now)
        status.count("deliveries")

    def quarantine(body: bytes, why: Refused) -> None:
        now = clock()
        write(lambda c: deliveries.keep(c, sender, body, now, str(why)))
        log.warning("kept a delivery in quarantine: %s", why)
        status.delivered(now)
        status.count("deliveries")
        status.count("quarantined")

    def keep_events(found: tuple[Event, ...]) -> int:
        now = clock()
        new = write(lambda c: events.keep(c, found, now))
        status.count("events", by=new)
        return new

    def keep_attempts(body: bytes, found: Iterable[Attempt]) -> int:
        blocks = attempts.blocks(found, store.user_key)
        sha256 = hashlib.sha256(body).hexdigest()
        write(lambda c: attempts.keep(c, blocks, sha256))
        count = sum(len(block.time) for block in blocks)
        status.count("attempts", by=count)
        return count

    def refused(reason: str) -> None:
        status.count("refused", reason)

    return Keepers(keep_alerts, quarantine, keep_events, keep_attempts, refused)
