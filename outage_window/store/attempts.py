"""Attempts per user, kept a block an hour and body; user ids are keyed hashes, never the ids."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, select

from detector.series import F64
from outage_window.pseudonyms import Pseudonyms
from outage_window.store import keys, minutes
from outage_window.store.dialects import insert
from outage_window.store.minutes import ALL, MINUTE, MS, U16, U32, U64, Hour
from outage_window.store.packing import pack, unpack
from outage_window.store.schema import attempt_blocks, attempt_bodies
from webhooks.model import AttemptBatch, Refused

Span = tuple[int, int]
"""From (inclusive) and to (exclusive), nanoseconds."""

MOST_BLOCKS = 10_000
MOST_OUTCOMES = 65_535
"""What there are codes for, a success among them; further reasons count as none."""
_MINUTE, _HOUR = MINUTE * MS, minutes.HOUR * MS


@dataclass(frozen=True, slots=True)
class Block:
    """A row to be kept: the packed user-intervals of one service and hour."""

    service: str
    hour: int
    size: int
    reasons: str
    cuts: str | None
    data: bytes

    @classmethod
    def of(cls, service: str, hour: int, records: Hour) -> Block:
        """Pack the records of an hour since the epoch."""
        cuts = json.dumps({str(minute): bound for minute, bound in sorted(records.cuts.items())})
        return cls(
            service,
            hour,
            len(records.user),
            json.dumps(records.reasons, ensure_ascii=False),
            cuts if records.cuts else None,
            pack(records),
        )

    def values(self) -> dict[str, object]:
        """The columns of the row."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Stored:
    """User-intervals of one service; arrays of shape (n,).

    `first` and `last` in seconds since the epoch, cut to milliseconds; `outcome` 0 is a success,
    others are failures for the reason before it in `reasons`. `fraction` is the share of all users
    that is here: those with the lowest hashes. The order does not depend on how attempts came.
    """

    user: U64
    first: F64
    last: F64
    attempts: U32
    outcome: U16
    source: U32
    reasons: tuple[str, ...]
    fraction: float


def blocks(batch: AttemptBatch, names: Pseudonyms) -> list[Block]:
    """What is to be kept of a body; `Refused` if its times are strewn over too many hours."""
    found: list[Block] = []
    for service, hour, records in minutes.hours(batch, names):
        if len(found) == MOST_BLOCKS:
            expected = f"expected attempts of at most {MOST_BLOCKS} different hours, each service's"
            raise Refused("body", expected)
        found.append(Block.of(service, hour, records))
    return found


def keep(connection: Connection, found: Sequence[Block], sha256: str, last: int) -> bool:
    """Keep the blocks of one body, whose hash makes a repeated delivery harmless.

    `last` is the time of its newest attempt. Returns whether the body was new.
    """
    row = insert(connection, attempt_bodies).values(sha256=bytes.fromhex(sha256), last=last)
    once = row.on_conflict_do_nothing().returning(attempt_bodies.c.last)
    if connection.execute(once).first() is None:
        return False
    epoch = keys.epoch(connection)
    rows = [block.values() | {"epoch": epoch} for block in found]
    connection.execute(insert(connection, attempt_blocks), rows)
    return True


def of(connection: Connection, service: str, spans: Sequence[Span]) -> Stored | None:
    """The records of all minutes that meet the spans; None when there are none.

    Only hours that meet a span are decoded. The smallest sample among these minutes is taken of all
    of them, so that the users are the same share of all throughout.
    """
    bound = ALL
    numbers: dict[str, int] = {}
    pieces: list[tuple[Any, ...]] = []
    for hour, records in _hours(connection, service, spans):
        wanted = _wanted(hour, spans)
        bound = min([bound, *(cut for minute, cut in records.cuts.items() if wanted[minute])])
        places = [numbers.setdefault(reason, len(numbers)) + 1 for reason in records.reasons]
        chosen = records if wanted.all() else records.at(wanted[records.minute])
        start = hour * minutes.HOUR + chosen.minute.astype(np.int64) * MINUTE
        codes = np.array([0, *places], np.uint32)[chosen.outcome]
        first, last = ((start + at) / 1000 for at in (chosen.first, chosen.last))
        count = chosen.count.astype(np.uint32)
        pieces.append((chosen.user, first, last, count, codes, chosen.source))
    if not pieces:
        return None
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    if bound < ALL:
        kept = columns[0] < np.uint64(bound)
        columns = [column[kept] for column in columns]
    user, first, last, count, codes, source = columns
    outcome, reasons = _outcomes(codes, list(numbers))
    share = bound / ALL
    return Stored(user, first, last, count, outcome, source, reasons, share) if len(user) else None


def mark(connection: Connection, service: str, spans: Sequence[Span]) -> tuple[int, int]:
    """How many blocks there are of hours that meet the spans, and the newest one's number.

    It changes when something comes to them.
    """
    block, count, newest = attempt_blocks.c, 0, 0
    for low, high in _ranges(spans, _HOUR):
        row = connection.execute(
            select(func.count(), func.coalesce(func.max(block.id), 0))
            .where(block.service == service)
            .where(block.hour >= low, block.hour < high)
        ).one()
        count, newest = count + int(row[0]), max(newest, int(row[1]))
    return count, newest


def records_of(row: Row[Any]) -> Hour:
    """The records of a stored block."""
    cuts: Mapping[str, int] = json.loads(row.cuts or "{}")
    bounds = {int(minute): bound for minute, bound in cuts.items()}
    return unpack(row.data, row.size, tuple(json.loads(row.reasons)), bounds)


def _hours(
    connection: Connection, service: str, spans: Sequence[Span]
) -> Iterator[tuple[int, Hour]]:
    """Each hour that meets a span, its blocks put together."""
    block = attempt_blocks.c
    epoch = keys.epoch(connection)
    for low, high in _ranges(spans, _HOUR):
        rows = connection.execute(
            select(attempt_blocks)
            .where(block.service == service, block.epoch == epoch)
            .where(block.hour >= low, block.hour < high)
            .order_by(block.hour, block.id)
        )
        for hour, parts in groupby(rows, lambda row: int(row.hour)):
            yield hour, minutes.merge([records_of(part) for part in parts])


def _wanted(hour: int, spans: Sequence[Span]) -> minutes.Bool:
    """Which minutes of the hour meet a span, shape (60,)."""
    found = np.zeros(60, bool)
    for low, high in _ranges(spans, _MINUTE):
        found[max(low - 60 * hour, 0) : max(high - 60 * hour, 0)] = True
    return found


def _ranges(spans: Sequence[Span], step: int) -> list[tuple[int, int]]:
    """The steps of time that the spans meet, as ranges that do not."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        low, high = start // step, -(-end // step)
        if found and low <= found[-1][1]:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return found


def _outcomes(outcome: U32, reasons: list[str]) -> tuple[U16, tuple[str, ...]]:
    """Codes of the reasons that are here, in the order of their names; too many count as none."""
    seen = np.bincount(outcome, minlength=len(reasons) + 1)[1:] > 0
    here = sorted(reason for reason, used in zip(reasons, seen, strict=True) if used)
    if len(here) >= MOST_OUTCOMES:
        here = ["", *(reason for reason in here if reason)][: MOST_OUTCOMES - 1]
    codes = {reason: code for code, reason in enumerate(here, 1)}
    none = codes.get("", 0)
    table = np.array([0, *(codes.get(reason, none) for reason in reasons)], np.uint16)
    return table[outcome], tuple(here)
