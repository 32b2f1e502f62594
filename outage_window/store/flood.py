"""More alerts of a service than anybody could read: a few of each minute stand for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, distinct, func, or_, select

from outage_window.kept import FOREVER
from outage_window.store.schema import alerts

MOST = 1_000
"""A service's alerts that are looked at one by one."""
FIRST = 3
BUCKETS = (60, 300, 1800)
"""Seconds. Alerts less than half an hour apart belong together, so the last of them parts none."""


def some_of(connection: Connection, met: Sequence[ColumnElement[bool]], count: int) -> list[Any]:
    """Rows that stand for the `count` alerts that meet the conditions; none where these are no
    flood.

    Of those that began in the same minute (or longer, where a flood lasted for days) they are the
    first few and the one that ends last; the first has in `unlisted` how many more there were. So
    no window, no gap between alerts, and but for that minute no first alert depends on the others.
    """
    column = alerts.c
    if count <= MOST:
        return []
    numbered = _numbered(_bucket(connection, met), met)
    rows = connection.execute(
        select(alerts, numbered.c.bucket, numbered.c.first, numbered.c.together)
        .join(numbered, numbered.c.id == column.id)
        .where(or_(numbered.c.first <= FIRST, numbered.c.last == 1))
        .order_by(column.sender, column.fingerprint, column.starts_at)
    ).all()
    shown = Counter(row.bucket for row in rows)
    return [
        SimpleNamespace(
            **row._mapping, unlisted=row.together - shown[row.bucket] if row.first == 1 else 0
        )
        for row in rows
    ]


def _numbered(bucket: ColumnElement[int], met: Sequence[ColumnElement[bool]]) -> Subquery:
    """Each alert with its bucket, its place there by beginning and by end (the last is 1), and how
    many there are in it."""
    column = alerts.c
    lasting = func.coalesce(column.ends_at, FOREVER).desc()

    def place(*order: Any) -> Any:
        return func.row_number().over(partition_by=bucket, order_by=[*order, column.id])

    columns = (
        column.id,
        bucket.label("bucket"),
        place(column.starts_at).label("first"),
        place(lasting).label("last"),
        func.count().over(partition_by=bucket).label("together"),
    )
    return select(*columns).where(*met).subquery()


def _bucket(connection: Connection, met: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    """The shortest stretch of time that leaves few enough."""
    for seconds in BUCKETS:
        bucket: ColumnElement[int] = alerts.c.starts_at // (seconds * 10**9)
        count = select(func.count(distinct(bucket))).where(*met)
        if connection.execute(count).scalar_one() * (FIRST + 1) <= 2 * MOST:
            break
    return bucket
