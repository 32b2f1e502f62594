"""Drops what came so long ago that nothing is derived of it any more; incidents stay."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select

from outage_window.store.schema import (
    alerts,
    backfilled_alerts,
    covered,
    deliveries,
    events,
    incidents,
    maintenance,
    muted_alerts,
    rested,
    sample_arrivals,
    sample_blocks,
    series,
    silences,
)
from outage_window.store.store import Store
from outage_window.store.writer import StoreFailed

log = logging.getLogger(__name__)

AT_ONCE = 5_000
PIECES = 20
"""Pieces of work of each kind in one call: what is left waits for the next."""


def expire(store: Store, horizon: int) -> None:
    """Delete what was received, and samples that were taken, before `horizon` (nanoseconds).

    A bounded amount of work: it is called again soon. What belongs to a service with an incident
    that goes on stays, as do alerts that fire. A failure is logged, and harms nothing.
    """
    try:
        for table, key, old in _kinds(horizon):
            for _ in range(PIECES):
                if not _some(store, table, key, old):
                    break
    except StoreFailed as error:
        log.warning("what is older than the retention could not be dropped: %s", error)


def _kinds(horizon: int) -> Sequence[tuple[Table, ColumnElement[Any], ColumnElement[bool]]]:
    """Each table with its key and what of it is old."""
    going = select(incidents.c.service).where(incidents.c.state.in_(("ongoing", "suspected")))
    over = alerts.c.ends_at.is_not(None) & (alerts.c.last_received < horizon)
    own = or_(alerts.c.service.is_(None), alerts.c.service.not_in(going))
    told = and_(events.c.received_at < horizon, events.c.service.not_in(going))
    busy = select(series.c.id).where(series.c.service.in_(going))
    taken = and_(sample_blocks.c.last < horizon, sample_blocks.c.series_id.not_in(busy))
    # The last delivery stays: it tells when the sender was last heard of.
    newest = select(func.max(deliveries.c.last_received_at)).scalar_subquery()
    came = and_(deliveries.c.last_received_at < horizon, deliveries.c.last_received_at < newest)
    asked = backfilled_alerts.c.ends_at.is_not(None) & (backfilled_alerts.c.seen_at < horizon)
    return (
        (deliveries, deliveries.c.id, came),
        (alerts, alerts.c.id, and_(over, own)),
        (events, events.c.id, told),
        (sample_blocks, sample_blocks.c.series_id, taken),
        # Of a service that is sent no more: else they are in blocks within hours.
        (sample_arrivals, sample_arrivals.c.id, sample_arrivals.c.first < horizon),
        (backfilled_alerts, backfilled_alerts.c.starts_at, asked),
        (muted_alerts, muted_alerts.c.starts_at, muted_alerts.c.last_seen < horizon),
        (covered, covered.c.start, covered.c.end < horizon),
        (silences, silences.c.id, silences.c.ends_at < horizon),
        (maintenance, maintenance.c.id, maintenance.c.end < horizon),
        (rested, rested.c.service, rested.c.until < horizon),
    )


def _some(store: Store, table: Table, key: ColumnElement[Any], old: ColumnElement[bool]) -> bool:
    """Delete a piece of what is old; whether more may be left."""
    with store.read() as connection:
        if connection.execute(select(key).where(old).limit(1)).first() is None:
            return False

    def work(connection: Connection) -> int:
        some = select(key).where(old).limit(AT_ONCE)
        return connection.execute(delete(table).where(key.in_(some), old)).rowcount

    return store.write(work) >= AT_ONCE
