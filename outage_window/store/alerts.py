"""Alerts put together from deliveries that come twice, late, out of order or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects import postgresql

from outage_window.kept import FOREVER
from outage_window.store import flood
from outage_window.store.dialects import Row, folded, greatest, insert_in, least
from outage_window.store.schema import alerts
from webhooks.model import AlertDelivery

SAME_START = 120 * 10**9
"""Highly available senders merge their starts to the earliest: so far apart it is one alert."""

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
IDENTITY = ("sender", "fingerprint", "starts_at")


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """One alert as far as all deliveries tell; times in nanoseconds, `ends_at` None: it fires.

    `timed_out` marks an end that nobody observed. `truncated` is the most alerts that were cut off
    from a delivery that it came in; `unlisted` how many alerts of a flood it stands for besides
    itself. `backfilled` names who was asked for an alert that no delivery brought, or is `end`
    where only its end was asked for; `active_since` is when its condition began to hold, where that
    is known.
    """

    sender: str
    fingerprint: str
    starts_at: int
    ends_at: int | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    first_received: int
    deliveries: int
    truncated: int
    unlisted: int = 0
    last_received: int = 0
    timed_out: bool = False
    backfilled: Literal["", "end", "alertmanager", "prometheus"] = ""
    active_since: int | None = None


def rows(
    sender: str, delivery: AlertDelivery, services: Sequence[str | None], received_at: int
) -> list[Row]:
    """The rows of one delivery's alerts, with the service that each is of (None: of none)."""
    return [
        {
            "sender": sender,
            "fingerprint": alert.fingerprint,
            "starts_at": alert.starts_at,
            "ends_at": alert.ends_at,
            "service": service,
            "labels": _json(alert.labels),
            "annotations": _json(alert.annotations),
            "generator_url": alert.generator_url,
            "first_received": received_at,
            "last_received": received_at,
            "deliveries": 1,
            "truncated": delivery.truncated,
        }
        for alert, service in zip(delivery.alerts, services, strict=True)
    ]


def keep(connection: Connection, found: Sequence[Row]) -> None:
    """Take in alerts: in whatever order deliveries come, the outcome is the same.

    A late word that it fires never reopens an alert that was resolved.
    """
    if found:
        once = folded(found, IDENTITY, _told_again)
        connection.execute(_upsert(connection.dialect.name), once)


def _told_again(known: Row, again: Row) -> Row:
    """The same alert twice in a group, as `_upsert` would have it."""
    ends = [end for end in (known["ends_at"], again["ends_at"]) if end is not None]
    return known | {
        "ends_at": max(ends, default=None),
        "first_received": min(known["first_received"], again["first_received"]),
        "last_received": max(known["last_received"], again["last_received"]),
        "deliveries": known["deliveries"] + again["deliveries"],
        "truncated": max(known["truncated"], again["truncated"]),
    }


@cache
def _upsert(dialect: str) -> postgresql.Insert:
    """The statement is made once: making it costs more than running it."""
    row = insert_in(dialect, alerts)
    stored, new = alerts.c, row.excluded
    changed = {
        "ends_at": greatest(
            func.coalesce(stored.ends_at, new.ends_at),
            func.coalesce(new.ends_at, stored.ends_at),
        ),
        "first_received": least(stored.first_received, new.first_received),
        "last_received": greatest(stored.last_received, new.last_received),
        "deliveries": stored.deliveries + new.deliveries,
        "truncated": greatest(stored.truncated, new.truncated),
    }
    return row.on_conflict_do_update(index_elements=IDENTITY, set_=changed)


def between(
    connection: Connection, start: int, end: int = FOREVER, service: str | None = None
) -> list[StoredAlert]:
    """Alerts that fired at some time in [start, end), nanoseconds, by their start; of one service,
    or of all.

    Of a flood only some are returned, each with how many others it stands for.
    """
    asked = {"begin": start, "until": end} | ({} if service is None else {"of": service})
    count: int = connection.execute(_counted(service is None), asked).scalar_one()
    if not count:
        return []
    met = [
        alerts.c.starts_at < end,
        or_(alerts.c.ends_at.is_(None), alerts.c.ends_at >= start),
    ]
    if service is not None:
        met.append(alerts.c.service == service)
    concerned = select(alerts.c.sender, alerts.c.fingerprint).where(*met)
    rows = flood.some_of(connection, met, count) or connection.execute(
        select(alerts, literal(0).label("unlisted"))
        .where(tuple_(alerts.c.sender, alerts.c.fingerprint).in_(concerned))
        .order_by(alerts.c.sender, alerts.c.fingerprint, alerts.c.starts_at)
    )
    found: list[StoredAlert] = []
    for _, same in groupby(map(_stored, rows), lambda alert: (alert.sender, alert.fingerprint)):
        found.extend(episodes(same))
    meeting = [a for a in found if a.starts_at < end and (a.ends_at is None or a.ends_at >= start)]
    return sorted(meeting, key=lambda alert: (alert.starts_at, alert.fingerprint))


@cache
def _counted(of_all: bool) -> Select[int]:
    """Asked for each service at each pass: making it costs more than running it."""
    return (
        select(func.count())
        .select_from(alerts)
        .where(alerts.c.starts_at < bindparam("until"))
        .where(or_(alerts.c.ends_at.is_(None), alerts.c.ends_at >= bindparam("begin")))
        .where(true() if of_all else alerts.c.service == bindparam("of"))
    )


def changed(connection: Connection, since: int) -> dict[str, int]:
    """The services of which something was received since (nanoseconds), and when it last was."""
    at = alerts.c.last_received
    rows = connection.execute(
        select(alerts.c.service, func.max(at))
        .where(at >= since, alerts.c.service.is_not(None))
        .group_by(alerts.c.service)
        .order_by(alerts.c.service)
    )
    return {str(service): int(last) for service, last in rows}


def _stored(row: Any) -> StoredAlert:
    return StoredAlert(
        sender=row.sender,
        fingerprint=row.fingerprint,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        labels=json.loads(row.labels),
        annotations=json.loads(row.annotations),
        first_received=row.first_received,
        deliveries=row.deliveries,
        truncated=row.truncated,
        unlisted=row.unlisted,
        last_received=row.last_received,
    )


def episodes(rows: Iterable[StoredAlert]) -> list[StoredAlert]:
    """Put together the rows of one fingerprint, ordered by start: one alert each time it fired.

    A start that moved by less than `SAME_START` is the same alert. It fires once at a time: what
    starts before an earlier one ended is that one, told by a peer that knew less; and a later one
    ends an earlier one whose end never came, as an end that nobody observed.
    """
    found: list[StoredAlert] = []
    for row in rows:
        last = found[-1] if found else None
        if last is not None and _same(last, row):
            found[-1] = _joined(last, row)
            continue
        if last is not None and last.ends_at is None:
            found[-1] = replace(last, ends_at=row.starts_at, timed_out=True)
        found.append(row)
    return found


def _same(earlier: StoredAlert, later: StoredAlert) -> bool:
    if earlier.ends_at is None:
        return later.starts_at - earlier.starts_at <= SAME_START
    return later.starts_at <= earlier.ends_at


def _joined(earlier: StoredAlert, later: StoredAlert) -> StoredAlert:
    ends = [end for end in (earlier.ends_at, later.ends_at) if end is not None]
    return replace(
        earlier,
        ends_at=max(ends, default=None),
        annotations=later.annotations,
        first_received=min(earlier.first_received, later.first_received),
        deliveries=earlier.deliveries + later.deliveries,
        truncated=max(earlier.truncated, later.truncated),
        unlisted=earlier.unlisted + later.unlisted,
        last_received=max(earlier.last_received, later.last_received),
    )


def _json(texts: Mapping[str, str]) -> str:
    return _ENCODER.encode(dict(texts))
