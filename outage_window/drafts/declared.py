"""A draft of an outage that people declare: what the store holds of that time, and no window."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from outage_window.drafts.from_store import Say
from outage_window.ids import new_id
from outage_window.joining import ALERT_REACH, ended
from outage_window.live.describing import document
from outage_window.live.joining import fact_of
from outage_window.live.rows import told_by
from outage_window.live.scene import Scene, windowless
from outage_window.settings.load import load
from outage_window.settings.models import Settings
from outage_window.store import alerts, events, incidents
from outage_window.store.opened import file_of, looking
from reports.facts import AlertFact, Correction, Incident
from reports.times import utc
from webhooks.model import Event

NS = 10**9
BLIND = "people declared it, and its metrics were not asked"


class DeclaredDrafts:
    """The draft of one declared incident; nothing of it is stored."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident

    @classmethod
    def open(
        cls,
        service: str,
        edges: tuple[int, int | None],
        now: int,
        settings: str,
        command: str,
        say: Say,
    ) -> DeclaredDrafts:
        """Gather what is known of a service from start to end (nanoseconds; None: not over).

        `say` is told where an incident was measured then: its draft knows more.
        """
        start = edges[0]
        end = max(start, now if edges[1] is None else edges[1])
        known = _known(service, start, end, settings, say)
        scene = Scene(service, known[0], now, 0, None, BLIND, None, (), known[2], (), {})
        identity = new_id(service, start / NS)
        extent = (start / NS, end / NS)
        found = windowless(scene, identity, "declared", BLIND, known[1], command, extent)
        said = [Correction("declared_start", utc(start / NS), "", now / NS)]
        if edges[1] is not None:
            said.append(Correction("declared_end", utc(end / NS), "", now / NS))
        found = replace(found, corrections=tuple(said), alerts_known=known[3], as_of=end / NS)
        return cls(replace(found, told_by=told_by(found)))

    def stored(self) -> str | None:
        """Nothing is stored of it."""
        return None

    def fresh(self, template: str, source: str | None) -> str:
        """The draft as a template makes it."""
        from outage_window.drafts.templates import rendered

        return rendered((self._incident,), template, source)

    def document(self) -> Any:
        """The incident as JSON."""
        return document(self._incident)

    def chart(self, identity: str, ending: str, theme: str = "light") -> bytes | None:
        """There are no metrics, so there is no chart."""
        return None


def _known(
    service: str, start: int, end: int, file: str, say: Say
) -> tuple[str, Sequence[AlertFact], Sequence[Event], bool]:
    """Zone, alerts and events of the service around that time, and whether a store was asked."""
    settings = load(file, os.environ) if Path(file).is_file() else Settings()
    configured = settings.service(service)
    zone = "UTC" if configured is None else configured.zone
    database = file_of(settings.storage.url)
    if not Path(file).is_file() or (database is not None and not database.is_file()):
        return zone, (), (), False
    reach = round(ALERT_REACH) * NS
    with looking(settings.storage.whole_url) as connection:
        fired = alerts.between(connection, start - reach, end + reach, service)
        happened = events.of(connection, service, start - 86400 * NS, end + 86400 * NS)
        for one in incidents.of_service(connection, service, start):
            if one.start < end and one.merged_into is None:
                say(f"{one.id} is known of that time: its draft may hold more")
    own = [fact_of(one) for one in fired]
    near = [one for one in own if ended(one) >= start / NS - ALERT_REACH]
    return zone, near, happened, True
