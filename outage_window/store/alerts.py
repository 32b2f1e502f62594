"""Alerts put together from deliveries that come twice, late, out of order or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from sqlalchemy import Connection, func, or_, select, tuple_

from outage_window.store.dialects import greatest, insert, least
from outage_window.store.schema import alerts
from webhooks.model import AlertDelivery

SAME_START = 120 * 10**9
"""Highly available senders merge their starts to the earliest: so far apart it is one alert."""


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """One alert as far as all deliveries tell; times in nanoseconds, `ends_at` None: it fires.

    `timed_out` marks an end that nobody observed. `truncated` is the most alerts that were cut off
    from a delivery that it came in. `backfilled` names who was asked for an alert that no delivery
    brought, or is `end` where only its end was asked for; `active_since` is when its condition
    began to hold, where that is known.
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
    last_received: int = 0
    timed_out: bool = False
    backfilled: Literal["", "end", "alertmanager", "prometheus"] = ""
    active_since: int | None = None


def keep(connection: Connection, sender: str, delivery: AlertDelivery, received_at: int) -> None:
    """Take in one delivery's alerts: in whatever order deliveries come, the outcome is the same.

    A late word that it fires never reopens an alert that was resolved.
    """
    for alert in delivery.alerts:
        row = insert(connection, alerts).values(
            sender=sender,
            fingerprint=alert.fingerprint,
            starts_at=alert.starts_at,
            ends_at=alert.ends_at,
            labels=_json(alert.labels),
            annotations=_json(alert.annotations),
            generator_url=alert.generator_url,
            first_received=received_at,
            last_received=received_at,
            deliveries=1,
            truncated=delivery.truncated,
        )
        stored, new = alerts.c, row.excluded
        changed = {
            "ends_at": greatest(
                func.coalesce(stored.ends_at, new.ends_at),
                func.coalesce(new.ends_at, stored.ends_at),
            ),
            "first_received": least(stored.first_received, new.first_received),
            "last_received": greatest(stored.last_received, new.last_received),
            "deliveries": stored.deliveries + 1,
            "truncated": greatest(stored.truncated, new.truncated),
        }
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["sender", "fingerprint", "starts_at"], set_=changed
            )
        )


def between(connection: Connection, start: int, end: int) -> list[StoredAlert]:
    """Alerts that fired at some time in [start, end), nanoseconds, ordered by their start."""
    concerned = (
        select(alerts.c.sender, alerts.c.fingerprint)
        .where(alerts.c.starts_at < end)
        .where(or_(alerts.c.ends_at.is_(None), alerts.c.ends_at >= start))
    )
    rows = connection.execute(
        select(alerts)
        .where(tuple_(alerts.c.sender, alerts.c.fingerprint).in_(concerned))
        .order_by(alerts.c.sender, alerts.c.fingerprint, alerts.c.starts_at)
    )
    stored = [
        StoredAlert(
            sender=row.sender,
            fingerprint=row.fingerprint,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            labels=json.loads(row.labels),
            annotations=json.loads(row.annotations),
            first_received=row.first_received,
            deliveries=row.deliveries,
            truncated=row.truncated,
            last_received=row.last_received,
        )
        for row in rows
    ]
    found: list[StoredAlert] = []
    for _, same in groupby(stored, lambda alert: (alert.sender, alert.fingerprint)):
        found.extend(episodes(same))
    meeting = [a for a in found if a.starts_at < end and (a.ends_at is None or a.ends_at >= start)]
    return sorted(meeting, key=lambda alert: (alert.starts_at, alert.fingerprint))


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
        last_received=max(earlier.last_received, later.last_received),
    )


def _json(texts: Mapping[str, str]) -> str:
    return json.dumps(dict(texts), sort_keys=True, ensure_ascii=False)
