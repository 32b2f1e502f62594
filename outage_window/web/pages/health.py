"""The health strip of the board: how fresh what feeds it is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outage_window.live.status import ServiceStatus, Status
from outage_window.settings.models import Service, Settings
from outage_window.store.deliveries import Tally
from outage_window.web.pages.showing import ago

ELSEWHERE = "another replica looks after it"
SOURCES = {"pull": "Prometheus", "remote_write": "remote write", "file": "file"}


@dataclass(frozen=True, slots=True)
class Fed:
    """One service: where its metrics come from, how far they reach (nanoseconds), what is wrong."""

    name: str
    source: str
    data_until: int | None
    state: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class Health:
    """What the strip says. `delivery_at` (nanoseconds) None: none has come yet."""

    delivery_at: int | None
    delivered: str
    quarantined: int
    scanned: str
    services: tuple[Fed, ...]

    @property
    def wrong(self) -> tuple[Fed, ...]:
        """The services that cannot be judged now."""
        return tuple(one for one in self.services if one.wrong)

    @property
    def summary(self) -> str:
        """All services in a few words."""
        n = len(self.services)
        if self.wrong:
            return f"{len(self.wrong)} of {n} services with gaps"
        services = f"{n} service{'s' if n > 1 else ''}"
        elsewhere = sum(one.state == ELSEWHERE for one in self.services)
        if elsewhere:
            services = f"{n - elsewhere} of {services} looked after here"
        unknown = sum(one.data_until is None for one in self.services) - elsewhere
        return f"{services}, {unknown} not scanned yet" if unknown else f"{services}, no gaps"


def health(settings: Settings, status: Status, tally: Tally, now: int) -> Health:
    """How things stand at `now` (nanoseconds)."""
    came = [t for t in (tally.last_received_at, status.last_delivery_at) if t is not None]
    last = max(came, default=None)
    services = tuple(_fed(one, status, now) for one in settings.services)
    return Health(
        delivery_at=last,
        delivered="no delivery yet" if last is None else ago(last, now),
        quarantined=tally.quarantined,
        scanned=_scanned(settings.services, status, now),
        services=services,
    )


def _scanned(services: Sequence[Service], status: Status, now: int) -> str:
    if not services:
        return "no service is configured"
    known = {name: one for name, one in status.services.items() if status.leads(name)}
    times = [s.scanned_at for s in known.values() if s.scanned_at is not None]
    return ago(min(times), now) if times else "not yet"


def _fed(service: Service, status: Status, now: int) -> Fed:
    if not status.leads(service.name):
        return Fed(service.name, SOURCES[service.source], None, ELSEWHERE, False)
    known = status.services.get(service.name)
    state, wrong = _state(known, now)
    until = None if known is None else known.data_until
    return Fed(service.name, SOURCES[service.source], until, state, wrong)


def _state(known: ServiceStatus | None, now: int) -> tuple[str, bool]:
    if known is None or known.scanned_at is None:
        return "not scanned yet", False
    if known.error:
        return known.error, True
    if known.not_assessed:
        return f"not assessed: {known.not_assessed}", True
    return f"scanned {ago(known.scanned_at, now)}", False
