"""Which service an alert is of, by the settings; what is stored follows when these change."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping

from outage_window.joining import is_own_voice, service_of
from outage_window.settings.models import Settings
from outage_window.sources import selectors
from outage_window.store import Store, alert_services

log = logging.getLogger(__name__)

PIECE = 5_000


def heartbeat(settings: Settings) -> Callable[[Mapping[str, str]], bool]:
    """What tells by its labels whether an alert is the heartbeat of the settings."""
    matchers = settings.heartbeat.alerts
    if not matchers:
        return lambda _labels: False
    return selectors.parse("{" + ",".join(matchers) + "}", "heartbeat").matches


class Assigner:
    """Sorts alerts by service: the settings' matchers, else label service, else job."""

    def __init__(self, settings: Settings) -> None:
        self._heartbeat = heartbeat(settings)
        self._heartbeats = settings.heartbeat.alerts
        self._matchers = [
            (service.name, selectors.parse("{" + ",".join(service.alerts) + "}", service.name))
            for service in settings.services
            if service.alerts
        ]

    def service(self, labels: Mapping[str, str]) -> str | None:
        """The service of an alert with these labels; None for what is no evidence: our own voice
        and the heartbeat."""
        if is_own_voice(labels) or self._heartbeat(labels):
            return None
        for name, selector in self._matchers:
            if selector.matches(labels):
                return name
        return service_of(labels)

    @property
    def rules(self) -> str:
        """What the services of stored alerts depend on, as a hash."""
        matchers = [(name, selector.text) for name, selector in self._matchers]
        text = json.dumps([matchers, self._heartbeats])
        return hashlib.sha256(text.encode()).hexdigest()


def reassign(store: Store, assigner: Assigner) -> None:
    """Give the stored alerts the services that the settings name now, where these have changed."""
    with store.read() as connection:
        if alert_services.rules(connection) == assigner.rules:
            return
    after, moved = 0, 0
    while True:
        with store.read() as connection:
            piece = alert_services.piece(connection, after, PIECE)
        if not piece:
            break
        after = piece[-1].id
        changes = [
            (one.id, service)
            for one in piece
            if (service := assigner.service(json.loads(one.labels))) != one.service
        ]
        moved += len(changes)
        if changes:
            store.write(lambda c, found=changes: alert_services.assign(c, found))  # type: ignore[misc]
    store.write(lambda c: alert_services.assign_backfilled(c, assigner.service))
    store.write(lambda c: alert_services.settle(c, assigner.rules))
    if moved:
        log.info("%d stored alerts are of another service by the settings of now", moved)
