"""Reads what a reconciliation needs from the store: each kind by one or two statements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from outage_window.joining import ALERT_REACH
from outage_window.live.announcing import names_of
from outage_window.reconciling.gaps import Stored, stored
from outage_window.settings.models import Settings
from outage_window.store import alert_spans, maintenance, silences
from outage_window.store import covered as marks
from outage_window.store.alert_spans import Came, Hushed, Told
from outage_window.store.schema import (
    alerts,
    board,
    covered,
    deliveries,
    incidents,
)
from outage_window.store.silences import Silence

NS = 10**9
REACH = round(ALERT_REACH * NS)
"""What is outside of the period by this may still belong to something inside."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be reconciled: [start, end) in nanoseconds, at `now`; no services: all."""

    start: int
    end: int
    now: int
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """An outage as the board has it, in nanoseconds. `measured` is False where people declared it.

    `alerted` and `alerts_known` are what its incident says.
    """

    id: str
    service: str
    start: int
    end: int | None
    measured: bool
    alerted: bool
    alerts_known: bool
    onset: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Unread:
    """Deliveries that could not be understood: by sender and reason."""

    sender: str
    reason: str
    times: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that is judged. Times in nanoseconds; spans are parts of the period."""

    asked: Asked
    configured: tuple[str, ...]
    """Services with metrics."""
    from_files: frozenset[str]
    asks: frozenset[str]
    """Which of `alertmanager` and `prometheus` the settings name."""
    prometheus_senders: frozenset[str]
    """Senders whose alerts are a Prometheus' own."""
    mark: int
    """How far apart the marks of a server that runs may be."""
    kept_from: int
    """What was received before is dropped by now."""
    first_received: int | None
    first_mark: int | None
    first_incident: int | None
    windows: tuple[Window, ...]
    came: tuple[Came, ...]
    told: tuple[Told, ...]
    hushed: tuple[Hushed, ...]
    silences: tuple[Silence, ...]
    maintenance: tuple[tuple[str, int, int], ...]
    samples: tuple[tuple[str, Stored | None], ...]
    covered: tuple[tuple[marks.Name, tuple[Span, ...]], ...]
    unread: tuple[Unread, ...]

    def spans(self, name: marks.Name) -> tuple[Span, ...]:
        """When that was covered."""
        return dict(self.covered)[name]


def gather(connection: Connection, settings: Settings, asked: Asked) -> Gathered:
    """All of it, as one state of the database."""
    start, end = asked.start, asked.end
    near = (start - REACH, end + REACH)
    mine = [one for one in settings.services if not asked.services or one.name in asked.services]
    metered = [one.name for one in mine if one.source != "file"]
    return Gathered(
        asked=asked,
        configured=tuple(one.name for one in mine),
        from_files=frozenset(one.name for one in mine if one.source == "file"),
        asks=_asks(settings),
        prometheus_senders=_senders(settings),
        mark=round(3 * settings.catch_up_interval * NS),
        kept_from=asked.now - round(settings.retention * NS),
        first_received=_first_received(connection),
        first_mark=marks.first(connection, "receiving"),
        first_incident=connection.execute(select(func.min(incidents.c.start))).scalar(),
        windows=tuple(_windows(connection, *near, asked.services)),
        came=tuple(alert_spans.came(connection, *near, asked.services)),
        told=tuple(alert_spans.told(connection, *near, asked.services)),
        hushed=tuple(alert_spans.hushed(connection, start, end, asked.services)),
        silences=tuple(silences.between(connection, *near)),
        maintenance=tuple(_maintenance(connection, settings, asked)),
        samples=tuple((name, stored(connection, name, start, end)) for name in metered),
        covered=tuple((name, tuple(marks.between(connection, name, start, end))) for name in NAMES),
        unread=tuple(_unread(connection, start, end)),
    )


NAMES: tuple[marks.Name, ...] = ("receiving", "alertmanager", "prometheus")


def _asks(settings: Settings) -> frozenset[str]:
    named = {"alertmanager": settings.alertmanager, "prometheus": settings.prometheus}
    return frozenset(name for name, part in named.items() if part is not None)


def _senders(settings: Settings) -> frozenset[str]:
    named = (one.name for one in settings.senders if one.kind == "alertmanager")
    return frozenset({"alertmanager", *named})


def _first_received(connection: Connection) -> int | None:
    """When anything was received or asked for first, as far as that is still stored."""
    found = [
        connection.execute(select(func.min(column))).scalar()
        for column in (deliveries.c.received_at, alerts.c.first_received, covered.c.start)
    ]
    return min((at for at in found if at is not None), default=None)


def _windows(connection: Connection, start: int, end: int, services: Sequence[str]) -> list[Window]:
    """Outages that were measured or declared and touch [start, end), and nobody dismissed."""
    row = board.c
    query = (
        select(row.incident_id, row.service, row.state, row.kind, row.start, row.end, row.figures)
        .add_columns(incidents.c.alerted)
        .join(incidents, incidents.c.id == row.incident_id)
        .where(row.dismissed.is_(False), row.start < end, row.end.is_(None) | (row.end >= start))
        .where((row.kind != "") | (row.state == "declared"))
        .order_by(row.start, row.incident_id)
    )
    if services:
        query = query.where(row.service.in_(services))
    return [_window(one) for one in connection.execute(query)]


def _window(row: Any) -> Window:
    figures = json.loads(row.figures)
    onset = figures.get("start") or {}
    return Window(
        row.incident_id,
        row.service,
        row.start,
        row.end,
        row.kind != "",
        row.alerted,
        figures.get("alerts_known", True),
        (onset.get("low"), onset.get("high")),
    )


def _maintenance(
    connection: Connection, settings: Settings, asked: Asked
) -> list[tuple[str, int, int]]:
    """When the metrics of a service had no say: (service, start, end)."""
    said = [(one.service, one.start, one.end) for one in maintenance.since(connection, asked.start)]
    for part in settings.maintenance:
        begins, ends = (round(at.timestamp() * NS) for at in (part.start, part.end))
        said.append((part.service, begins, ends))
    planned = [one for one in silences.between(connection, asked.start, asked.end) if one.planned]
    for service in settings.services if planned else ():
        names = names_of(service.name, service)
        alone = (one for one in planned if one.alone(names))
        said += [(service.name, one.starts_at, one.ends_at) for one in alone]
    return [one for one in said if one[1] < asked.end and one[2] > asked.start]


def _unread(connection: Connection, start: int, end: int) -> list[Unread]:
    row = deliveries.c
    query = (
        select(
            row.sender,
            row.quarantined,
            func.sum(row.copies),
            func.min(row.received_at),
            func.max(row.last_received_at),
        )
        .where(row.quarantined.is_not(None), row.received_at < end, row.last_received_at >= start)
        .group_by(row.sender, row.quarantined)
        .order_by(row.sender, row.quarantined)
    )
    return [
        Unread(sender, reason, int(times), first, last)
        for sender, reason, times, first, last in connection.execute(query)
    ]


def known_services(connection: Connection, settings: Settings) -> list[str]:
    """The services of the settings, of incidents and of alerts."""
    found = {one.name for one in settings.services}
    for column in (board.c.service, alerts.c.service):
        found |= set(connection.execute(select(column).distinct()).scalars())
    return sorted(name for name in found if name is not None)
