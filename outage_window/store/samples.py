"""Raw samples in compressed blocks of two hours: service, role, series."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, delete, select

from detector.series import F64, I64
from outage_window.store.arrays import pack_samples, unpack_samples
from outage_window.store.dialects import insert
from outage_window.store.schema import progress, sample_arrivals, sample_blocks, series

BLOCK = 2 * 3600 * 10**9
AT_ONCE = 500
"""Series that one statement asks for."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples of one series. `role` is `attempts` or `errors`.

    `time` (nanoseconds, strictly increasing) and `value` (stale markers and NaN included) have
    shape (n,).
    """

    role: str
    labels: Mapping[str, str]
    time: I64
    value: F64


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a service's source was read, and what it was: another source starts anew."""

    covered_to: int | None
    source: str


def keep(connection: Connection, service: str, found: Sequence[Samples], done: Progress) -> None:
    """Keep samples and how far they reach, together. A sample that is there already stays.

    Samples may overlap what is stored and may come in any order of time.
    """
    put(connection, service, found)
    note(connection, service, done)


def put(connection: Connection, service: str, found: Sequence[Samples]) -> None:
    """As `keep`, without a word on how far they reach."""
    texts = {(one.role, label_text(one.labels)) for one in found}
    identities = identify(connection, service, sorted(texts))
    for one in found:
        identity = identities[one.role, label_text(one.labels)]
        blocks = one.time // BLOCK
        for block in np.unique(blocks):
            chosen = blocks == block
            start = int(block) * BLOCK
            _merge(connection, identity, start, one.time[chosen], one.value[chosen])


def note(connection: Connection, service: str, done: Progress) -> None:
    """Note how far a service's source was read."""
    row = insert(connection, progress).values(
        service=service, covered_to=done.covered_to, source=done.source
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["service"],
            set_={"covered_to": done.covered_to, "source": done.source},
        )
    )


def reached(connection: Connection, service: str) -> Progress | None:
    """How far the service's source was read; None before the first time."""
    row = connection.execute(select(progress).where(progress.c.service == service)).first()
    return None if row is None else Progress(row.covered_to, row.source)


def begin(connection: Connection, wanted: Mapping[str, str]) -> None:
    """Let the samples of services be selected by these sources: what another one brought is
    dropped, and what the same one did stays, whoever began with it."""
    chosen = select(progress).where(progress.c.service.in_(sorted(wanted)))
    # Replicas begin at the same time: the second one must not drop what the first has kept since.
    rows = connection.execute(chosen.order_by(progress.c.service).with_for_update()).all()
    known = {row.service: row.source for row in rows}
    for service in sorted(known):
        if known[service] != wanted[service]:
            forget(connection, service)
    new = [
        {"service": service, "covered_to": 0, "source": source}
        for service, source in sorted(wanted.items())
        if known.get(service) != source
    ]
    if new:
        connection.execute(insert(connection, progress).on_conflict_do_nothing(), new)


def sources(connection: Connection, services: Collection[str]) -> dict[str, str]:
    """What the samples of services are selected by, of those that any came of."""
    found: dict[str, str] = {}
    names = sorted(services)
    for at in range(0, len(names), AT_ONCE):
        chosen = progress.c.service.in_(names[at : at + AT_ONCE])
        rows = connection.execute(select(progress.c.service, progress.c.source).where(chosen))
        found |= {row.service: row.source for row in rows}
    return found


def forget(connection: Connection, service: str) -> None:
    """Drop a service's samples: its source was replaced by another."""
    own = select(series.c.id).where(series.c.service == service)
    connection.execute(delete(sample_blocks).where(sample_blocks.c.series_id.in_(own)))
    connection.execute(delete(series).where(series.c.service == service))
    connection.execute(delete(sample_arrivals).where(sample_arrivals.c.service == service))
    connection.execute(delete(progress).where(progress.c.service == service))


def load(connection: Connection, service: str, start: int) -> list[Samples]:
    """The service's samples from the block that holds `start` on, in the order of their series."""
    rows = connection.execute(
        select(series, sample_blocks.c.size, sample_blocks.c.data)
        .join(sample_blocks, sample_blocks.c.series_id == series.c.id)
        .where(series.c.service == service, sample_blocks.c.start >= start - start % BLOCK)
        .order_by(series.c.role, series.c.labels, sample_blocks.c.start)
    )
    parts: dict[tuple[str, str], list[tuple[I64, F64]]] = {}
    for row in rows:
        parts.setdefault((row.role, row.labels), []).append(unpack_samples(row.data, row.size))
    return [
        Samples(
            role,
            json.loads(labels),
            np.concatenate([time for time, _ in blocks]),
            np.concatenate([value for _, value in blocks]),
        )
        for (role, labels), blocks in parts.items()
    ]


def label_text(labels: Mapping[str, str]) -> str:
    """Labels as the table of series has them."""
    return json.dumps(dict(labels), sort_keys=True, ensure_ascii=False)


def identify(
    connection: Connection, service: str, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """The number of each series, by role and text of labels; new ones get one."""
    found: dict[tuple[str, str], int] = {}
    for at in range(0, len(wanted), AT_ONCE):
        piece = wanted[at : at + AT_ONCE]
        rows = [{"service": service, "role": role, "labels": text} for role, text in piece]
        connection.execute(insert(connection, series).on_conflict_do_nothing(), rows)
        texts = [text for _, text in piece]
        known = select(series).where(series.c.service == service, series.c.labels.in_(texts))
        found |= {(row.role, row.labels): int(row.id) for row in connection.execute(known)}
    return found


def _merge(connection: Connection, identity: int, start: int, time: I64, value: F64) -> None:
    own = select(sample_blocks).filter_by(series_id=identity, start=start)
    stored = connection.execute(own.with_for_update()).first()
    if stored is not None:
        old_time, old_value = unpack_samples(stored.data, stored.size)
        if old_time[-1] >= time[-1] and np.isin(time, old_time).all():
            return
        time, value = np.concatenate([old_time, time]), np.concatenate([old_value, value])
    time, first = np.unique(time, return_index=True)
    values = {
        "last": int(time[-1]),
        "size": len(time),
        "data": pack_samples(time, value[first]),
    }
    row = insert(connection, sample_blocks).values(series_id=identity, start=start, **values)
    connection.execute(
        row.on_conflict_do_update(index_elements=["series_id", "start"], set_=values)
    )
