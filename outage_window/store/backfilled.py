"""Alerts that no delivery brought but an API told when it was asked; delivered ones win."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select, true, update

from outage_window.joining import service_of
from outage_window.store import alerts as delivered
from outage_window.store import silences
from outage_window.store.agreeing import Known
from outage_window.store.alerts import StoredAlert
from outage_window.store.dialects import greatest, insert, least
from outage_window.store.schema import backfilled_alerts

Source = Literal["alertmanager", "prometheus"]
ServiceOf = Callable[[Mapping[str, str]], str | None]

GONE = 120 * 10**9
"""An Alertmanager that started lists nothing until it is told again: so long it is waited for."""

EDGE = 900 * 10**9
"""The same alert may end so much later by one source than by another: no more is looked for."""

LAST = 2**63 - 1

_stored = backfilled_alerts.c


@dataclass(frozen=True, slots=True)
class Fetched:
    """One alert as an API tells it; times in nanoseconds, `ends_at` None: no end is known.

    `step` is how exact its times are (the interval of evaluation; 0: as they were given),
    `external` names the labels that sending adds (None: not known), `active_since` is when its
    condition began to hold, `valid_until` when it ends by itself unless it is repeated, `seen_at`
    when it was last known to fire.
    """

    fingerprint: str
    starts_at: int
    ends_at: int | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    seen_at: int
    step: int = 0
    external: frozenset[str] | None = None
    active_since: int | None = None
    valid_until: int | None = None


def keep_backfilled(
    connection: Connection,
    source: Source,
    sender: str,
    found: Iterable[Fetched],
    at: int,
    service: ServiceOf = service_of,
) -> None:
    """Keep what `source` tells at `at`. What is told later is better known, and replaces it.

    `service` tells by its labels of which service an alert is.
    """
    for alert in found:
        row = insert(connection, backfilled_alerts).values(
            source=source,
            fingerprint=alert.fingerprint,
            starts_at=alert.starts_at,
            service=service(alert.labels),
            sender=sender,
            ends_at=alert.ends_at,
            labels=_json(alert.labels),
            annotations=_json(alert.annotations),
            step=alert.step,
            external=None if alert.external is None else json.dumps(sorted(alert.external)),
            active_since=alert.active_since,
            valid_until=alert.valid_until,
            missing_since=None,
            fetched_at=at,
            seen_at=alert.seen_at,
        )
        new = row.excluded
        same = ("ends_at", "annotations", "step", "external", "active_since", "valid_until")
        changed: dict[str, Any] = {name: getattr(new, name) for name in (*same, "missing_since")}
        changed["fetched_at"] = least(_stored.fetched_at, new.fetched_at)
        changed["seen_at"] = greatest(_stored.seen_at, new.seen_at)
        key = ["source", "fingerprint", "starts_at"]
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=changed))


def keep_listed(
    connection: Connection,
    sender: str,
    found: Sequence[Fetched],
    at: int,
    service: ServiceOf = service_of,
) -> None:
    """Keep what an Alertmanager lists: all that fires at `at`, so that what is absent ended.

    An alert is taken to have ended when it was absent for `GONE`, namely at the first asking that
    it was absent in; when its validity ran out before, by time-out at that very time.
    """
    keep_backfilled(connection, "alertmanager", sender, found, at, service)
    open_ones = (_stored.source == "alertmanager", _stored.ends_at.is_(None), _stored.seen_at < at)
    absent = update(backfilled_alerts).where(*open_ones)
    connection.execute(absent.where(_stored.missing_since.is_(None)).values(missing_since=at))
    gone = absent.where(_stored.missing_since <= at - GONE)
    ran_out = _stored.valid_until <= _stored.missing_since
    connection.execute(gone.where(ran_out).values(ends_at=_stored.valid_until))
    connection.execute(gone.where(_stored.ends_at.is_(None)).values(ends_at=_stored.missing_since))


def still_firing(connection: Connection, source: Source) -> list[Fetched]:
    """What a source told of and no end is known of, by start."""
    rows = connection.execute(
        select(backfilled_alerts)
        .where(_stored.source == source, _stored.ends_at.is_(None))
        .order_by(_stored.starts_at, _stored.fingerprint)
    )
    return [_fetched(row) for row in rows]


def between(
    connection: Connection, start: int, end: int, service: str | None = None
) -> list[StoredAlert]:
    """Alerts that fired at some time in [start, end), nanoseconds, ordered by their start; of one
    service, or of all.

    Those that were delivered, and those that nobody delivered but an API told of: what was
    delivered wins, and only an end that it lacks is taken from there. A silenced alert of
    Prometheus's is left out, since it was to reach nobody.
    """
    begin, until = start - EDGE, min(end + EDGE, LAST)
    known = delivered.between(connection, begin, until, service)
    asked = {"begin": begin, "until": until} | ({} if service is None else {"of": service})
    rows = connection.execute(_between(service is None), asked).all()
    muted = silences.between(connection, begin, until) if rows else []
    found = Known(known)
    for row in rows:
        hushed = row.source == "prometheus" and any(
            one.mutes(json.loads(row.labels), row.starts_at) for one in muted
        )
        found.lay(_fetched(row), None if hushed else _alert(row))
    inside = [
        a for a in found.alerts if a.starts_at < end and (a.ends_at is None or a.ends_at >= start)
    ]
    return sorted(inside, key=lambda alert: (alert.starts_at, alert.fingerprint))


@cache
def _between(of_all: bool) -> Select[Any]:
    """Asked for each service at each pass: making it costs more than running it."""
    return (
        select(backfilled_alerts)
        .where(_stored.starts_at < bindparam("until"))
        .where(or_(_stored.ends_at.is_(None), _stored.ends_at >= bindparam("begin")))
        .where(true() if of_all else _stored.service == bindparam("of"))
        .order_by(_stored.source, _stored.starts_at, _stored.fingerprint)
    )


def changed(connection: Connection, since: int) -> dict[str, int]:
    """The services of which something may be known that was not at `since` (nanoseconds), and when
    it came to be known: what fires, too, as its end may come."""
    at = func.coalesce(_stored.missing_since, _stored.fetched_at)
    rows = connection.execute(
        select(_stored.service, func.max(at))
        .where(or_(_stored.ends_at.is_(None), at >= since - 2 * GONE))
        .where(_stored.service.is_not(None))
        .group_by(_stored.service)
    )
    return {str(service): int(last) for service, last in rows}


def _alert(row: Row[Any]) -> StoredAlert:
    """The alert as one that nobody delivered."""
    return StoredAlert(
        sender=row.sender,
        fingerprint=row.fingerprint,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        labels=json.loads(row.labels),
        annotations=json.loads(row.annotations),
        first_received=row.fetched_at,
        deliveries=0,
        truncated=0,
        timed_out=row.ends_at is not None and row.ends_at == row.valid_until,
        backfilled=row.source,
        active_since=row.active_since,
    )


def _fetched(row: Row[Any]) -> Fetched:
    return Fetched(
        fingerprint=row.fingerprint,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        labels=json.loads(row.labels),
        annotations=json.loads(row.annotations),
        seen_at=row.seen_at,
        step=row.step,
        external=None if row.external is None else frozenset(json.loads(row.external)),
        active_since=row.active_since,
        valid_until=row.valid_until,
    )


def _json(texts: Mapping[str, str]) -> str:
    return json.dumps(dict(texts), sort_keys=True, ensure_ascii=False)
