"""Raw samples in compressed blocks of two hours: service, role, series."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, delete, func, select

from detector.series import F64, I64
from outage_window.store.arrays import pack_samples, unpack_samples
from outage_window.store.batches import batches
from outage_window.store.dialects import insert
from outage_window.store.schema import progress, sample_arrivals, sample_blocks, series

BLOCK = 2 * 3600 * 10**9


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
    identities = identify(connection, {service: sorted(texts)})
    for one in found:
        identity = identities[service, one.role, label_text(one.labels)]
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
    return reached_by(connection, [service]).get(service)


def reached_by(connection: Connection, services: Collection[str]) -> dict[str, Progress]:
    """How far the source of each service was read, of those of which it ever was."""
    found: dict[str, Progress] = {}
    for names in batches(sorted(services)):
        chosen = progress.c.service.in_(names)
        for row in connection.execute(select(progress).where(chosen)):
            found[row.service] = Progress(row.covered_to, row.source)
    return found


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
    found = reached_by(connection, services)
    return {service: done.source for service, done in found.items()}


def forget(connection: Connection, service: str) -> None:
    """Drop a service's samples: its source was replaced by another."""
    own = select(series.c.id).where(series.c.service == service)
    connection.execute(delete(sample_blocks).where(sample_blocks.c.series_id.in_(own)))
    connection.execute(delete(series).where(series.c.service == service))
    connection.execute(delete(sample_arrivals).where(sample_arrivals.c.service == service))
    connection.execute(delete(progress).where(progress.c.service == service))


def load(connection: Connection, service: str, start: int) -> list[Samples]:
    """The service's samples from the block that holds `start` on, in the order of their series."""
    return load_by(connection, {service: start}).get(service, [])


def load_by(connection: Connection, starts: Mapping[str, int]) -> dict[str, list[Samples]]:
    """As `load`, of services from a start of each; by service, those that have any."""
    parts: dict[tuple[str, str, str], list[tuple[I64, F64]]] = {}
    for query in _blocks(starts, series, sample_blocks.c.size, sample_blocks.c.data):
        order = query.order_by(series.c.role, series.c.labels, sample_blocks.c.start)
        for row in connection.execute(order):
            key = row.service, row.role, row.labels
            parts.setdefault(key, []).append(unpack_samples(row.data, row.size))
    found: dict[str, list[Samples]] = {}
    for (service, role, labels), blocks in parts.items():
        time, value = (np.concatenate(column) for column in zip(*blocks, strict=True))
        found.setdefault(service, []).append(Samples(role, json.loads(labels), time, value))
    return found


def sizes(connection: Connection, starts: Mapping[str, int]) -> dict[str, int]:
    """How many samples `load_by` would give."""
    total = func.sum(sample_blocks.c.size)
    found: dict[str, int] = {}
    for query in _blocks(starts, series.c.service, total.label("total")):
        rows = connection.execute(query.group_by(series.c.service))
        found |= {row.service: int(row.total) for row in rows}
    return found


def _blocks(starts: Mapping[str, int], *columns: Any) -> Iterator[Select[Any]]:
    """Queries for the blocks of services, from the one that holds the start of each on."""
    from_block: dict[int, list[str]] = {}
    for service, start in sorted(starts.items()):
        from_block.setdefault(start - start % BLOCK, []).append(service)
    for first, names in from_block.items():
        for some in batches(names):
            yield (
                select(*columns)
                .join(sample_blocks, sample_blocks.c.series_id == series.c.id)
                .where(series.c.service.in_(some))
                .where(sample_blocks.c.start >= first)
            )


def label_text(labels: Mapping[str, str]) -> str:
    """Labels as the table of series has them."""
    return json.dumps(dict(labels), sort_keys=True, ensure_ascii=False)


def identify(
    connection: Connection, wanted: Mapping[str, Sequence[tuple[str, str]]]
) -> dict[tuple[str, str, str], int]:
    """The number of each series, by service, role and text of labels; new ones get one.

    `wanted` are roles and texts by service.
    """
    keys = [(service, role, text) for service in sorted(wanted) for role, text in wanted[service]]
    found: dict[tuple[str, str, str], int] = {}
    for piece in batches(keys):
        rows = [{"service": service, "role": role, "labels": text} for service, role, text in piece]
        connection.execute(insert(connection, series).on_conflict_do_nothing(), rows)
        services, texts = {service for service, _, _ in piece}, {text for _, _, text in piece}
        known = select(series).where(series.c.service.in_(services), series.c.labels.in_(texts))
        for row in connection.execute(known):
            found[row.service, row.role, row.labels] = int(row.id)
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
