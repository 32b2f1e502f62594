"""Claims on what is published: of all replicas, and all who ask, one does it at a time."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from sqlalchemy import Connection

from outage_window.clock import Clock
from outage_window.kept import StoredIncident
from outage_window.publish.attempt import Attempt
from outage_window.publish.model import Published, PublishFailed
from outage_window.store import Store, StoreFailed, incidents, publications
from outage_window.store.leading import Lease, NoLongerLed

NS = 10**9
LONG = 120 * NS
"""A claim ends so long after it was last renewed: what was sent before is there by then, and found
by whoever comes next. Clocks of replicas may differ by less than this."""
BUSY = "it is being published just now: try again in two minutes"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is to be published, as it was once nobody else could publish it any more."""

    incident: StoredIncident
    known: dict[str, str]
    attempt: Attempt


class Claim:
    """One try to publish an incident to a target. All of it is for one thread.

    Under a `lease` nothing more is sent once that is lost; what was sent is noted all the same.
    """

    def __init__(
        self, store: Store, clock: Clock, identity: str, target: str, lease: Lease | None = None
    ) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._key = (identity, target, uuid.uuid4().hex)

    def take(self, *, lacking: bool) -> Claimed | PublishFailed | None:
        """Claim it; None where it or its draft is not there, or `lacking` and it has all by now."""
        with self._led():
            return self._store.write(lambda c: self._taken(c, lacking))

    def _taken(self, connection: Connection, lacking: bool) -> Claimed | PublishFailed | None:
        identity, target, _ = self._key
        now = self._clock()
        unfinished = publications.claimed(connection, identity, target)
        if not publications.claim(connection, *self._key, now, now + LONG):
            return PublishFailed(target, BUSY)
        incident = incidents.get(connection, identity)
        given = publications.revision(connection, identity, target)
        if incident is None or incident.draft is None or (lacking and given >= incident.revision):
            publications.release(connection, *self._key)
            return None
        known = publications.references(connection, identity)
        return Claimed(incident, known, Attempt(self._renew, unfinished))

    def _renew(self) -> None:
        """Go on holding it, before something is changed over there."""
        now = self._clock()
        try:
            with self._led():
                held = self._store.write(
                    lambda c: publications.renew(c, *self._key, now, now + LONG)
                )
        except (StoreFailed, NoLongerLed) as error:
            raise PublishFailed(self._key[1], f"nothing was sent: {error}") from None
        if not held:
            raise PublishFailed(self._key[1], BUSY)

    def _led(self) -> AbstractContextManager[None]:
        return nullcontext() if self._lease is None else self._store.under(self._lease)

    def done(self, claimed: Claimed, published: Published) -> None:
        """Note what was published, and let go. Whoever claimed it meanwhile notes it instead."""
        incident, now = claimed.incident, self._clock()

        def work(connection: Connection) -> None:
            if publications.release(connection, *self._key):
                publications.keep(
                    connection,
                    incident.id,
                    published.target,
                    incident.revision,
                    published.reference,
                    published.url,
                    now,
                )

        self._store.write(work)

    def failed(self, claimed: Claimed) -> None:
        """Let go; where something may have been made, whoever comes next is told."""
        now = self._clock()
        if claimed.attempt.made:
            self._store.write(lambda c: publications.renew(c, *self._key, now, now))
        else:
            self._store.write(lambda c: publications.release(c, *self._key))
