"""Alerts of a long time in bulk: when each fired, what named it, and whether it was delivered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, tuple_

from outage_window.store.alerts import SAME_START, StoredAlert, episodes
from outage_window.store.backfilled import Fetched
from outage_window.store.muted import How
from outage_window.store.schema import alerts
from outage_window.store.schema_missed import backfilled_alerts, muted_alerts

_came = alerts.c
_told = backfilled_alerts.c
_hushed = muted_alerts.c
_COLUMNS = (
    _came.id,
    _came.sender,
    _came.fingerprint,
    _came.starts_at,
    _came.ends_at,
    _came.service,
    _came.labels,
    _came.first_received,
    _came.last_received,
    _came.deliveries,
    _came.truncated,
)


@dataclass(frozen=True, slots=True)
class Came:
    """A delivered alert, without its annotations, and its service."""

    service: str
    alert: StoredAlert


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as an API told it: by whom, and of which service it is."""

    source: str
    service: str
    alert: Fetched


@dataclass(frozen=True, slots=True)
class Hushed:
    """An alert that Alertmanager muted; it was seen so from `first_seen` to `last_seen`
    (nanoseconds)."""

    fingerprint: str
    starts_at: int
    how: How
    service: str
    labels: Mapping[str, str]
    by: tuple[str, ...]
    first_seen: int
    last_seen: int


def came(connection: Connection, start: int, end: int, services: Sequence[str] = ()) -> list[Came]:
    """All alerts with a service that were delivered and fired at some time in [start, end).

    None of a flood is left out. They are put together as `alerts.between` does.
    """
    asked = [_came.starts_at < end, *_of(_came.service, services)]
    met = or_(_came.ends_at.is_(None), _came.ends_at >= start)
    rows = {row.id: row for row in connection.execute(select(*_COLUMNS).where(met, *asked))}
    # What never ended may have been ended by a later one that is over since long.
    open_ones = select(_came.sender, _came.fingerprint).where(_came.ends_at.is_(None), *asked)
    same = tuple_(_came.sender, _came.fingerprint).in_(open_ones)
    rows |= {row.id: row for row in connection.execute(select(*_COLUMNS).where(same, *asked))}
    ordered = sorted(rows.values(), key=lambda row: (row.sender, row.fingerprint, row.starts_at))
    found: list[Came] = []
    for _, group in groupby(ordered, key=lambda row: (row.sender, row.fingerprint)):
        found += _episodes(list(group), start)
    return found


def _episodes(rows: Sequence[Any], start: int) -> Iterable[Came]:
    whole = episodes(map(_stored, rows))
    return [
        Came(rows[-1].service, one) for one in whole if one.ends_at is None or one.ends_at >= start
    ]


def told(connection: Connection, start: int, end: int, services: Sequence[str] = ()) -> list[Told]:
    """All that APIs told of that fired at some time in [start, end), by source and start."""
    rows = connection.execute(
        select(backfilled_alerts)
        .where(_told.starts_at < end, or_(_told.ends_at.is_(None), _told.ends_at >= start))
        .where(*_of(_told.service, services))
        .order_by(_told.source, _told.starts_at, _told.fingerprint)
    )
    return [Told(row.source, row.service, _fetched(row)) for row in rows]


def hushed(
    connection: Connection, start: int, end: int, services: Sequence[str] = ()
) -> list[Hushed]:
    """All that Alertmanager muted at some time in [start, end), by start.

    Peers of a cluster may have starts that are a little apart: that is one alert.
    """
    rows = connection.execute(
        select(muted_alerts)
        .where(_hushed.first_seen < end, _hushed.last_seen >= start)
        .where(*_of(_hushed.service, services))
        .order_by(_hushed.how, _hushed.fingerprint, _hushed.starts_at)
    )
    found: list[Hushed] = []
    for one in map(_muted, rows):
        last = found[-1] if found else None
        if (
            last is not None
            and (last.how, last.fingerprint) == (one.how, one.fingerprint)
            and one.starts_at - last.starts_at <= SAME_START
        ):
            seen = min(last.first_seen, one.first_seen), max(last.last_seen, one.last_seen)
            found[-1] = replace(last, first_seen=seen[0], last_seen=seen[1])
        else:
            found.append(one)
    return sorted(found, key=lambda one: (one.starts_at, one.fingerprint, one.how))


def _muted(row: Any) -> Hushed:
    return Hushed(
        row.fingerprint,
        row.starts_at,
        row.how,
        row.service,
        _labels(row.labels),
        tuple(json.loads(row.by)),
        row.first_seen,
        row.last_seen,
    )


def _of(column: ColumnElement[Any], services: Sequence[str]) -> list[ColumnElement[bool]]:
    """Of these services; none named: of any, for our own voice has none."""
    return [column.in_(services) if services else column.is_not(None)]


def _stored(row: Any) -> StoredAlert:
    return StoredAlert(
        sender=row.sender,
        fingerprint=row.fingerprint,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        labels=_labels(row.labels),
        annotations={},
        first_received=row.first_received,
        deliveries=row.deliveries,
        truncated=row.truncated,
        last_received=row.last_received,
    )


def _fetched(row: Any) -> Fetched:
    return Fetched(
        fingerprint=row.fingerprint,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        labels=_labels(row.labels),
        annotations={},
        seen_at=row.seen_at,
        step=row.step,
        external=None if row.external is None else frozenset(json.loads(row.external)),
    )


@lru_cache(maxsize=4096)
def _labels(text: str) -> Mapping[str, str]:
    """An alert that comes again and again has the same labels each time."""
    found: dict[str, str] = json.loads(text)
    return found
