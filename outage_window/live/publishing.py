"""Publishes closed incidents: sends each target what it lacks of what is stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from outage_window.clock import Clock
from outage_window.drafts.forms import without_pictures
from outage_window.kept import StoredIncident, described
from outage_window.live.claims import Claim
from outage_window.live.loop import Stopping, never
from outage_window.live.status import Status
from outage_window.publish.attempt import attempting
from outage_window.publish.model import Publication, Published, PublishFailed, Target
from outage_window.publish.publish import publish
from outage_window.store import Store, publications
from outage_window.store.leading import Everything, Leading, Lease, NoLongerLed
from outage_window.store.leading import lease as lease_of

log = logging.getLogger(__name__)

NS = 10**9
RECENT = 86_400 * NS
"""What closed longer ago is not published by itself: new settings must not flood anyone."""
PATIENCE = (60 * NS, 3600 * NS)
"""The shortest and the longest wait after a failure; each doubles it."""


class Publisher:
    """Gives each target what it lacks; a failure is logged, and tried again ever more seldom.

    Each incident is published by whoever leads its service, and by one at a time who claims it
    before anything is sent. A claim whose holder died is over after a while; whoever takes it then
    looks first whether something is there. What is sent is noted once it is done.
    """

    def __init__(
        self,
        store: Store,
        targets: Sequence[Target],
        status: Status,
        clock: Clock,
        url: str | None = None,
        leading: Leading | None = None,
    ) -> None:
        self._leading = leading or Everything()
        self._store = store
        self._targets = targets
        self._status = status
        self._clock = clock
        self._url = url
        self._failed: dict[tuple[str, str], tuple[int, int]] = {}  # until when, how long

    def tick(self, stopping: Stopping = never) -> None:
        """One pass over all targets; after each incident it may be left."""
        now = self._clock()
        for target in self._targets:
            with self._store.read() as connection:
                due = publications.due(connection, target.name, now - RECENT)
            for identity, service in due:
                if self._failed.get((target.name, identity), (0, 0))[0] <= now:
                    self._lacking(target, identity, service)
                if stopping():
                    return

    def _lacking(self, target: Target, identity: str, service: str) -> None:
        """Publish what a target lacks of a service that this process leads."""
        lease = lease_of(self._leading, service)
        if lease is None:
            return
        try:
            self._publish(target, identity, lease)
        except NoLongerLed as error:
            log.info("%s is left to another: %s", identity, error)

    def publish(self, identity: str, name: str) -> Published | PublishFailed | None:
        """Publish an incident as it is now because somebody asks; None: it, its draft or the
        target is not there."""
        found = next((one for one in self._targets if one.name == name), None)
        return None if found is None else self._publish(found, identity, None)

    def _publish(
        self, target: Target, identity: str, lease: Lease | None
    ) -> Published | PublishFailed | None:
        """Under a lease only what the target lacks; without one, because somebody asks."""
        claim = Claim(self._store, self._clock, identity, target.name, lease)
        claimed = claim.take(lacking=lease is not None)
        if claimed is None or isinstance(claimed, PublishFailed):
            return claimed
        with attempting(claimed.attempt):
            what = publication(claimed.incident, self._url)
            (done,) = publish([target], what, claimed.known)
        where = {"incident": identity, "target": target.name}
        if isinstance(done, PublishFailed):
            claim.failed(claimed)
            self._later(target.name, identity)
            log.warning("cannot publish %s to %s", identity, done, extra=where)
            return done
        self._failed.pop((target.name, identity), None)
        claim.done(claimed, done)
        self._status.count("published", target.name)
        log.info("published %s to %s %s", identity, target.name, done.url, extra=where)
        return done

    def _later(self, target: str, identity: str) -> None:
        shortest, longest = PATIENCE
        now = self._clock()
        _, before = self._failed.get((target, identity), (0, 0))
        wait = min(max(2 * before, shortest), longest)
        self._failed[target, identity] = (now + wait, wait)
        self._status.count("publish_failed", target)


def publication(incident: StoredIncident, url: str | None) -> Publication:
    """What is published of an incident: its draft as it stands, with what people wrote in it."""
    measured = incident.has_window
    return Publication(
        incident_id=incident.id,
        revision=incident.revision,
        service=incident.service,
        title=str(incident.document.get("title") or incident.id),
        headline=str(incident.document.get("headline") or ""),
        markdown=without_pictures(incident.draft or ""),
        start=incident.start / NS if measured else None,
        end=incident.end / NS if measured and incident.end is not None else None,
        state=incident.state,
        url=None if url is None else f"{url.rstrip('/')}/incidents/{incident.id}",
        document=described(incident),
    )
