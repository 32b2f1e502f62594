"""Maintenance and silences of a service: from the settings, the API and Alertmanager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detector.model import Options
from outage_window.planned import NEAR
from outage_window.settings.models import Service, Settings
from outage_window.sources.selectors import parse
from outage_window.store import Store, maintenance, silences
from outage_window.store.silences import Silence
from reports.facts import Announced
from webhooks.maintenance import Maintenance

NS = 10**9
FOREVER = 2**63 - 1

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Said:
    """What was announced of all services, read at once for a pass over many."""

    maintenance: Mapping[str, Sequence[Maintenance]]
    silences: Sequence[Silence]


class Announcements:
    """What was announced of each service, asked anew each time: it is little."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store = store
        self._services = {service.name: service for service in settings.services}
        self._set: dict[str, list[Announced]] = {}
        for one in settings.maintenance:
            span = (one.start.timestamp(), one.end.timestamp())
            known = self._set.setdefault(one.service, [])
            known.append(Announced("maintenance", *span, one.reason))
        self._detection = settings.detection

    def options(self, service: Service, since: int, said: Said | None = None) -> Options:
        """How a service is judged, with what was announced of it since `since` (nanoseconds)."""
        gap, least = self._detection.join_gap, self._detection.min_duration
        return Options(gap, least, service.zone, self.planned(service.name, since, said))

    def said(self, since: int) -> Said:
        """All that had not ended at `since` (nanoseconds)."""
        by_service: dict[str, list[Maintenance]] = {}
        with self._store.read() as connection:
            for one in maintenance.since(connection, since):
                by_service.setdefault(one.service, []).append(one)
            return Said(by_service, silences.between(connection, since, FOREVER))

    def planned(self, service: str, since: int, said: Said | None = None) -> tuple[Span, ...]:
        """When the metrics of a service have no say: [start, end) in seconds, by their start.

        All that had not ended at `since` (nanoseconds), of what was read before, if it was.
        """
        found = self._of(service, since, FOREVER, said)
        return tuple((one.start, one.end) for one in found if one.kind == "maintenance")

    def around(self, service: str, start: int, end: int | None) -> tuple[Announced, ...]:
        """What is shown with an incident from `start` to `end` (nanoseconds; None: it goes on)."""
        near = round(NEAR * NS)
        return self._of(service, start - near, FOREVER if end is None else end + near)

    def _of(
        self, service: str, start: int, end: int, said: Said | None = None
    ) -> tuple[Announced, ...]:
        if said is not None:
            told: Sequence[Maintenance] = said.maintenance.get(service, ())
            muted = said.silences
        else:
            with self._store.read() as connection:
                told = maintenance.since(connection, start, service)
                muted = silences.between(connection, start, end)
        found = list(self._set.get(service, ()))
        found += [Announced("maintenance", s.start / NS, s.end / NS, s.reason) for s in told]
        names = names_of(service, self._services.get(service))
        found += [_told(one, names) for one in muted if one.concerns(names)]
        inside = [one for one in found if one.start * NS < end and one.end * NS > start]
        return tuple(sorted(inside, key=lambda one: (one.start, one.end, one.kind, one.text)))


def names_of(service: str, known: Service | None) -> dict[str, str]:
    """The labels that name a service: those that its matchers ask for, else `service` and `job`."""
    if known is None or not known.alerts:
        return {"service": service, "job": service}
    matchers = parse("{" + ",".join(known.alerts) + "}", service).matchers
    return {one.label: one.value for one in matchers if one.operator == "="}


def _told(silence: Silence, names: dict[str, str]) -> Announced:
    """A silence that was there before it began, and names the service alone, is maintenance.

    One that began when it was made may be the answer to an outage: that must not vanish by it.
    """
    text = ", ".join(map(str, silence.matchers))
    span = (silence.starts_at / NS, silence.ends_at / NS)
    if silence.planned and silence.alone(names):
        return Announced("maintenance", *span, silence.comment, text)
    return Announced("silence", *span, silence.comment, text)
