"""Where a service's stored samples are missing: blocks are unpacked only where they may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from detector.series import I64
from outage_window.store import arrivals
from outage_window.store.arrays import unpack_samples
from outage_window.store.samples import BLOCK
from outage_window.store.schema import sample_blocks, series

NS = 10**9
MISSING = 3
"""Intervals from one sample to the next from which that is a gap: one scrape may be lost."""
LATE = 300 * NS
"""So long before the end of what is asked for, samples may still be under way."""
AT_ONCE = 200
ENOUGH = 10
"""Samples that tell their usual distance."""
MINUTE = 60 * NS
_block = sample_blocks.c

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stored:
    """A service's samples in [`start`, `end`), nanoseconds: that much of the period is known.

    `start` is the oldest sample, or the beginning of the period where there are older ones.
    `gaps` are [start, end), in order and apart; an edge at an even hour may be one interval off, as
    blocks that are full are not unpacked.
    """

    start: int
    end: int
    gaps: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """Samples without a gap between the first and the last; `step` is their usual distance."""

    first: int
    last: int
    step: int


def stored(connection: Connection, service: str, start: int, end: int) -> Stored | None:
    """What is stored of a service in [start, end); None where there is no sample before `end`."""
    first = _first(connection, service, end)
    late = arrivals.load(connection, [a.id for a in arrivals.waiting(connection, service)])
    fresh = [one.time[one.time < end] for one in late]
    oldest = [first, *(int(time[0]) for time in fresh if len(time))]
    known = [at for at in oldest if at is not None]
    if not known:
        return None
    begins = min(max(min(known), start), end)
    runs = [*_runs(connection, service, begins, end)]
    runs += [run for time in fresh for run in _split(time, MINUTE)]
    return Stored(begins, end, tuple(_between(runs, begins, end, LATE)))


def _between(runs: Iterable[_Run], start: int, end: int, late: int = 0) -> Iterator[Span]:
    """What no run covers, but for the last `late` nanoseconds."""
    at, step = start, 0
    for run in sorted(runs, key=lambda run: run.first):
        if run.last < start or run.first >= end:
            continue
        if run.first - at >= MISSING * max(step, run.step):
            yield at, run.first
        if run.last >= at:
            at, step = run.last, run.step
    if end - at >= max(MISSING * step, late):
        yield at, end


def _first(connection: Connection, service: str, end: int) -> int | None:
    """The oldest sample that is stored in blocks."""
    of = (
        select(_block.series_id, _block.start)
        .join(series, series.c.id == _block.series_id)
        .where(series.c.service == service, _block.start < end)
    )
    rows = connection.execute(of.order_by(_block.start).limit(AT_ONCE)).all()
    oldest = [row for row in rows if row.start == rows[0].start]
    return min((int(time[0]) for time in _times(connection, oldest)), default=None)


def _runs(connection: Connection, service: str, start: int, end: int) -> Iterator[_Run]:
    """The runs of all blocks. One that is as full as any of its service has no gap in it."""
    rows = connection.execute(
        select(_block.series_id, _block.start, _block.size)
        .join(series, series.c.id == _block.series_id)
        .where(series.c.service == service)
        .where(_block.start >= start - start % BLOCK, _block.start < end)
        .order_by(_block.start, _block.size.desc())
    ).all()
    if not rows:
        return
    fullest = max(rows, key=lambda row: row.size)
    step = _step(connection, fullest)
    doubtful: list[list[Any]] = []
    for at, group in groupby(rows, key=lambda row: row.start):
        same = list(group)
        if same[0].size * step >= BLOCK - (MISSING - 2) * step:
            yield _Run(at, at + BLOCK, step)
        else:
            doubtful.append(same)
    for same in doubtful:
        yield from _unpacked(connection, same, step, end)


def _step(connection: Connection, row: Any) -> int:
    (time,) = _times(connection, [row])
    return _distance(time, MINUTE)


def _unpacked(connection: Connection, rows: Sequence[Any], step: int, end: int) -> Iterator[_Run]:
    """The runs in one block of several series: no more of them are unpacked than are needed."""
    found: list[_Run] = []
    begins = rows[0].start
    until = min(begins + BLOCK, end)
    at, piece = 0, 1
    while at < len(rows):
        for time in _times(connection, rows[at : at + piece]):
            found += _split(time, step)
        if not any(_between(found, begins, until)):
            break
        at, piece = at + piece, AT_ONCE
    yield from found


def _times(connection: Connection, rows: Sequence[Any]) -> Iterator[I64]:
    """The times of the samples of blocks that all begin at the same time."""
    if not rows:
        return
    query = select(_block.size, _block.data).where(
        _block.start == rows[0].start, _block.series_id.in_([row.series_id for row in rows])
    )
    for row in connection.execute(query):
        yield unpack_samples(row.data, row.size)[0]


def _split(time: I64, usual: int) -> Iterator[_Run]:
    """The samples of one series in runs; `usual` is the distance where so few tell none."""
    if not len(time):
        return
    step = _distance(time, usual)
    cuts = np.flatnonzero(np.diff(time) >= MISSING * step) + 1
    for part in np.split(time, cuts):
        yield _Run(int(part[0]), int(part[-1]), step)


def _distance(time: I64, usual: int) -> int:
    """The usual distance of samples."""
    return int(np.median(np.diff(time))) if len(time) >= ENOUGH else usual
