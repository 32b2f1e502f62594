"""Keeps stored attempts few and young: merges small blocks, drops old ones, forgets a user."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, delete, func, or_, select, update

from outage_window.store import keys
from outage_window.store.attempts import Block, records_of
from outage_window.store.dialects import insert
from outage_window.store.minutes import HOUR, MS, merge
from outage_window.store.schema import attempt_blocks, attempt_bodies
from outage_window.store.store import Store
from outage_window.store.writer import StoreFailed

log = logging.getLogger(__name__)

SMALL = 100_000
"""Records, about 1.3 MB: larger blocks are left as they are."""
AT_ONCE = 256
"""Blocks that one piece of work merges, reads or deletes."""
HASHES_AT_ONCE = 5_000
CROWDED = 256
"""So many small blocks are merged before their hour is past, too."""
PIECES = 8
"""Pieces of work of each kind in one call: what is left waits for the next."""
LATE = 600 * 10**9
_HOUR = HOUR * MS
_block, _body = attempt_blocks.c, attempt_bodies.c


@dataclass(frozen=True, slots=True)
class _Place:
    """Where blocks can be merged: one key, service and hour."""

    epoch: int
    service: str
    hour: int


def tend(store: Store, now: int, retention: int) -> None:
    """Drop what is older than `retention`, and merge what is past; times in nanoseconds.

    A bounded amount of work: it is called again soon. A failure is logged, and harms nothing.
    """
    try:
        expire(store, now - retention)
        compact(store, now)
    except StoreFailed as error:
        log.warning("stored attempts could not be tended: %s", error)


def expire(store: Store, horizon: int, pieces: int = PIECES) -> int:
    """Delete blocks, and hashes of bodies, that are wholly older; how many blocks that were."""
    hour = horizon // _HOUR
    with store.read() as connection:
        blocks = connection.execute(select(_block.id).where(_block.hour < hour).limit(1)).first()
        hashes = connection.execute(
            select(_body.sha256).where(_body.last < horizon).limit(1)
        ).first()
    if blocks is None and hashes is None:
        return 0
    total = 0
    for _ in range(pieces):
        found, left = store.write(lambda c: _drop(c, hour, horizon))
        total += found
        if not left:
            break
    return total


def _drop(connection: Connection, hour: int, horizon: int) -> tuple[int, bool]:
    """How many blocks were dropped, and whether more may be left of anything."""
    old = select(_block.id).where(_block.hour < hour).limit(AT_ONCE)
    known = select(_body.sha256).where(_body.last < horizon).limit(HASHES_AT_ONCE)
    blocks = connection.execute(delete(attempt_blocks).where(_block.id.in_(old))).rowcount
    hashes = connection.execute(delete(attempt_bodies).where(_body.sha256.in_(known))).rowcount
    return blocks, blocks == AT_ONCE or hashes == HASHES_AT_ONCE


def compact(store: Store, now: int, pieces: int = PIECES) -> int:
    """Merge small blocks of the same service and hour; how many pieces of work that was.

    Late attempts begin anew what is merged already. Blocks never change, so they are decoded before
    the writer is asked for: it only swaps rows.
    """
    for done in range(pieces):
        with store.read() as connection:
            place = _place(connection, now)
            rows = [] if place is None else _smallest(connection, place)
        if place is None or len(rows) < 2:
            return done
        merged = Block.of(place.service, place.hour, merge([records_of(row) for row in rows]))
        ids = [row.id for row in rows]
        store.write(lambda c, p=place, i=ids, m=merged: _swap(c, p, i, m))  # type: ignore[misc]
    return pieces


def _place(connection: Connection, now: int) -> _Place | None:
    """Where small blocks lie side by side, the earliest first."""
    count = func.count()
    row = connection.execute(
        select(_block.epoch, _block.service, _block.hour)
        .where(_block.size < SMALL)
        .group_by(_block.service, _block.hour, _block.epoch)
        .having(
            and_(count > 1, or_(_block.hour < (now - LATE) // _HOUR, count >= CROWDED)),
        )
        .order_by(_block.hour)
        .limit(1)
    ).first()
    return None if row is None else _Place(row.epoch, row.service, row.hour)


def _smallest(connection: Connection, place: _Place) -> list[Any]:
    """The smallest blocks of a place: what was merged comes last, and so is seldom rewritten."""
    rows = connection.execute(
        select(attempt_blocks)
        .where(_block.service == place.service, _block.hour == place.hour)
        .where(_block.epoch == place.epoch, _block.size < SMALL)
        .order_by(_block.size, _block.id)
        .limit(AT_ONCE)
    ).all()
    total = np.cumsum([row.size for row in rows])
    return list(rows[: int(np.searchsorted(total, 2 * SMALL))])


def _swap(connection: Connection, place: _Place, ids: list[int], merged: Block) -> None:
    there = select(func.count()).where(_block.id.in_(ids))
    if connection.execute(there).scalar_one() != len(ids):
        return  # done before: the answer to an earlier try was lost
    connection.execute(
        insert(connection, attempt_blocks).values(epoch=place.epoch, **merged.values())
    )
    connection.execute(delete(attempt_blocks).where(_block.id.in_(ids)))


def forget(store: Store, user: str, service: str | None = None) -> int:
    """Remove every record of a user under the key in use; how many records that were.

    What was hashed under a former key cannot be told to be anybody's.
    """
    wanted = store.names.users([user])[0]
    total, after = 0, 0
    while True:
        with store.read() as connection:
            query = select(attempt_blocks).where(_block.epoch == keys.epoch(connection))
            query = query.where(_block.id > after).order_by(_block.id).limit(AT_ONCE)
            rows = connection.execute(
                query if service is None else query.where(_block.service == service)
            ).all()
        if not rows:
            return total
        after = rows[-1].id
        left: list[tuple[int, Block]] = []
        for row in rows:
            records = records_of(row)
            others = records.user != wanted
            if not others.all():
                total += int(np.count_nonzero(~others))
                left.append((row.id, Block.of(row.service, row.hour, records.at(others))))
        if left:
            store.write(lambda c, changed=left: _rewrite(c, changed))  # type: ignore[misc]


def _rewrite(connection: Connection, changed: list[tuple[int, Block]]) -> None:
    if connection.dialect.name == "sqlite":  # else the old bytes would stay in pages that are free
        connection.exec_driver_sql("PRAGMA secure_delete = ON").close()
    for number, block in changed:
        if block.size:
            row = update(attempt_blocks).where(_block.id == number).values(**block.values())
            connection.execute(row)
        else:
            connection.execute(delete(attempt_blocks).where(_block.id == number))
