"""Attempts per user in compressed blocks; user ids are hashed under the store's key, never kept."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from detector.series import I64
from outage_window.store.schema import attempt_blocks
from webhooks.model import Attempt

MOST_REASONS = 65_535
"""What a block has codes for; failures with a further reason count as having none."""


@dataclass(frozen=True, slots=True)
class AttemptBlock:
    """Attempts of one service as arrays of shape (n,), ordered by time.

    `time` in nanoseconds, `user` a keyed hash, `failed` the outcome, `reason` an index into
    `reasons`, where the empty text means that none was given.
    """

    service: str
    time: I64
    user: NDArray[np.uint64]
    failed: NDArray[np.bool_]
    reason: NDArray[np.uint16]
    reasons: tuple[str, ...]


def blocks(attempts: Iterable[Attempt], key: bytes) -> list[AttemptBlock]:
    """Group attempts by service and hash their users. Rows are (time, user, failed, reason)."""
    rows: dict[str, list[tuple[int, int, bool, int]]] = {}
    reasons: dict[str, dict[str, int]] = {}
    for attempt in attempts:
        known = reasons.setdefault(attempt.service, {"": 0})
        if len(known) < MOST_REASONS:
            known.setdefault(attempt.reason, len(known))
        code = known.get(attempt.reason, 0)
        row = (attempt.time, hash_user(attempt.user, key), attempt.outcome == "failure", code)
        rows.setdefault(attempt.service, []).append(row)
    return [_block(service, found, tuple(reasons[service])) for service, found in rows.items()]


def hash_user(user: str, key: bytes) -> int:
    """A 64-bit pseudonym that cannot be made without the key."""
    return int.from_bytes(hashlib.blake2b(user.encode(), digest_size=8, key=key).digest(), "little")


def keep(connection: Connection, found: list[AttemptBlock], sha256: str) -> None:
    """Keep the blocks of one body, whose hash makes a repeated delivery harmless."""
    for block in found:
        row = insert(attempt_blocks).values(
            service=block.service,
            sha256=sha256,
            start=int(block.time[0]),
            last=int(block.time[-1]),
            size=len(block.time),
            reasons=json.dumps(block.reasons, ensure_ascii=False),
            data=_pack(block),
        )
        connection.execute(row.on_conflict_do_nothing())


def of(connection: Connection, service: str, start: int, end: int) -> list[AttemptBlock]:
    """The service's blocks that meet [start, end), nanoseconds: whole blocks, not cut to it."""
    rows = connection.execute(
        select(attempt_blocks)
        .where(attempt_blocks.c.service == service)
        .where(attempt_blocks.c.start < end, attempt_blocks.c.last >= start)
        .order_by(attempt_blocks.c.start, attempt_blocks.c.id)
    )
    return [_unpack(row.service, row.data, row.size, json.loads(row.reasons)) for row in rows]


def bodies(connection: Connection, service: str, start: int, end: int) -> list[str]:
    """The sha256 of each delivered body that `of` has blocks from, in the order of the blocks."""
    return list(
        connection.scalars(
            select(attempt_blocks.c.sha256)
            .where(attempt_blocks.c.service == service)
            .where(attempt_blocks.c.start < end, attempt_blocks.c.last >= start)
            .order_by(attempt_blocks.c.start, attempt_blocks.c.id)
        )
    )


def mark(connection: Connection, service: str) -> tuple[int, int]:
    """How many blocks there are and the newest one's number: it changes when something comes."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.max(attempt_blocks.c.id), 0)).where(
            attempt_blocks.c.service == service
        )
    ).one()
    return int(row[0]), int(row[1])


def _block(
    service: str, rows: list[tuple[int, int, bool, int]], reasons: tuple[str, ...]
) -> AttemptBlock:
    rows.sort()
    time, user, failed, reason = zip(*rows, strict=True)
    return AttemptBlock(
        service,
        np.array(time, np.int64),
        np.array(user, np.uint64),
        np.array(failed, np.bool_),
        np.array(reason, np.uint16),
        reasons,
    )


def _pack(block: AttemptBlock) -> bytes:
    steps = np.diff(block.time, prepend=np.int64(0)).astype("<i8")
    parts = (steps, block.user.astype("<u8"), block.failed, block.reason.astype("<u2"))
    return zlib.compress(b"".join(part.tobytes() for part in parts), 1)


def _unpack(service: str, data: bytes, n: int, reasons: list[str]) -> AttemptBlock:
    raw = zlib.decompress(data)
    return AttemptBlock(
        service,
        np.cumsum(np.frombuffer(raw, "<i8", n), dtype=np.int64),
        np.frombuffer(raw, "<u8", n, 8 * n),
        np.frombuffer(raw, np.bool_, n, 16 * n),
        np.frombuffer(raw, "<u2", n, 17 * n),
        tuple(reasons),
    )
