"""Samples as they are sent: a row a request and service, merged into blocks later."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from detector.series import F64, I64
from outage_window.store import samples
from outage_window.store.arrays import pack_arrival, unpack_arrival
from outage_window.store.batches import batches
from outage_window.store.samples import BLOCK, Progress, Samples
from outage_window.store.schema import sample_arrivals, sample_blocks, series
from outage_window.store.store import Store
from outage_window.store.writer import StoreFailed

PIECE = 64
"""Blocks that one piece of work merges: what comes meanwhile waits for no more."""
TOGETHER = 2_000_000
"""Samples that are merged in one go."""
_arrival = sample_arrivals.c


class Superseded(StoreFailed):
    """The service's samples are selected otherwise by now: what came must be told apart anew."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is kept of one request for a service whose samples are selected by `source`."""

    service: str
    source: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A row that waits to be merged; `first` is the time of its oldest sample, nanoseconds."""

    id: int
    first: int
    size: int


def arrival(service: str, source: str, of: I64, time: I64, value: F64) -> Arrival:
    """Samples of series by their numbers; arrays of shape (n > 0,)."""
    values = {
        "service": service,
        "first": int(time.min()),
        "size": len(time),
        "data": pack_arrival(of, time, value),
    }
    return Arrival(service, source, values)


def keep(connection: Connection, requests: Sequence[Sequence[Arrival]]) -> None:
    """Keep what many requests brought. One that is sent again makes rows again, and no more.

    Raises `Superseded` where other selectors are in use: numbers may stand for other series now.
    """
    found = [one for arrivals in requests for one in arrivals]
    known = samples.sources(connection, {one.service for one in found})
    for one in found:
        _same(known, one.service, one.source)
    connection.execute(insert(sample_arrivals), [one.values for one in found])


@dataclass(frozen=True, slots=True)
class Came:
    """What is stored of a service: how far it is merged, None before anything is asked for, and
    the rows beside that, in the order in which they came."""

    done: Progress | None
    rows: Sequence[Arrived]


def came(connection: Connection, services: Collection[str]) -> dict[str, Came]:
    """What is stored of each service, without the samples."""
    rows: dict[str, list[Arrived]] = {service: [] for service in services}
    done: dict[str, Progress] = {}
    for piece in batches(sorted(services)):
        query = select(_arrival.service, _arrival.id, _arrival.first, _arrival.size)
        query = query.where(_arrival.service.in_(piece)).order_by(_arrival.id)
        for service, *arrived in connection.execute(query):
            rows[service].append(Arrived(*arrived))
        done |= samples.reached_by(connection, piece)
    return {service: Came(done.get(service), rows[service]) for service in services}


def waiting(connection: Connection, service: str) -> Sequence[Arrived]:
    """The rows of a service, in the order in which they came."""
    return came(connection, [service])[service].rows


def load(connection: Connection, numbers: Sequence[int], start: int = 0) -> list[Samples]:
    """The samples of these rows from `start` (nanoseconds) on; of equal times the first stays.

    Samples of series that are forgotten are left out.
    """
    return [one for own in load_by(connection, numbers, start).values() for one in own]


def load_by(
    connection: Connection, numbers: Sequence[int], start: int = 0
) -> dict[str, list[Samples]]:
    """As `load`, by service."""
    parts = []
    for piece in batches(sorted(numbers)):
        rows = select(_arrival.size, _arrival.data).where(_arrival.id.in_(piece))
        for found in connection.execute(rows.order_by(_arrival.id)):
            parts.append(unpack_arrival(found.data, found.size))
    if not parts:
        return {}
    of, time, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    chosen = time >= start
    of, time, value = of[chosen], time[chosen], value[chosen]
    if not len(of):
        return {}
    order = np.lexsort((time, of))  # stable, so what came first comes first
    of, time, value = of[order], time[order], value[order]
    new = np.ones(len(of), bool)
    new[1:] = (of[1:] != of[:-1]) | (time[1:] != time[:-1])
    of, time, value = of[new], time[new], value[new]
    names = _names(connection, np.unique(of).tolist())
    edges = np.flatnonzero(np.diff(of, prepend=-1)).tolist()
    by_service: dict[str, list[Samples]] = {}
    for low, high in zip(edges, [*edges[1:], len(of)], strict=True):
        if (known := names.get(int(of[low]))) is not None:
            service, role, labels = known
            one = Samples(role, labels, time[low:high], value[low:high])
            by_service.setdefault(service, []).append(one)
    return by_service


def merge(store: Store, service: str, source: str, rows: Sequence[Arrived]) -> int:
    """Put the samples of these rows, one at least, into blocks, and drop the rows.

    Returns the number of the last one, which `Progress.covered_to` is now. A failure between the
    pieces leaves rows where they are: they are merged again later, and nothing changes by it.
    Raises `Superseded` as `keep` does.
    """
    for group in _groups(rows):
        numbers = [one.id for one in group]
        with store.read() as connection:
            found = load(connection, numbers)
        blocks = [part for one in found for part in _by_block(one)]
        for piece in batches(blocks, PIECE):
            store.write(lambda c, p=piece: _put(c, service, source, p))  # type: ignore[misc]
        done = Progress(numbers[-1], source)
        store.write(lambda c, n=numbers, d=done: _drop(c, service, n, d))  # type: ignore[misc]
    return max(one.id for one in rows)


def known(
    connection: Connection, services: Collection[str]
) -> Iterator[tuple[str, str, Mapping[str, str], int, int]]:
    """Each series of services: service, role, labels, number, and the time of its newest merged
    sample: 0 where none is merged yet."""
    newest = func.coalesce(func.max(sample_blocks.c.last), 0)
    query = (
        select(
            series.c.service, series.c.role, series.c.labels, series.c.id, newest.label("newest")
        )
        .outerjoin(sample_blocks, sample_blocks.c.series_id == series.c.id)
        .group_by(series.c.service, series.c.role, series.c.labels, series.c.id)
    )
    for names in batches(sorted(services)):
        for row in connection.execute(query.where(series.c.service.in_(names))):
            yield row.service, row.role, json.loads(row.labels), int(row.id), int(row.newest)


def _check(connection: Connection, service: str, source: str) -> None:
    _same(samples.sources(connection, [service]), service, source)


def _same(known: Mapping[str, str], service: str, source: str) -> None:
    if known.get(service) != source:
        raise Superseded(f"the service {service} has other selectors by now")


def _put(connection: Connection, service: str, source: str, found: Sequence[Samples]) -> None:
    _check(connection, service, source)
    samples.put(connection, service, found)


def _drop(connection: Connection, service: str, numbers: Sequence[int], done: Progress) -> None:
    _check(connection, service, done.source)
    for piece in batches(numbers):
        connection.execute(delete(sample_arrivals).where(_arrival.id.in_(piece)))
    samples.note(connection, service, done)


def _groups(rows: Sequence[Arrived]) -> Iterator[list[Arrived]]:
    """Rows in order, of so many samples together as memory bears."""
    group: list[Arrived] = []
    size = 0
    for one in sorted(rows, key=lambda one: one.id):
        if group and size + one.size > TOGETHER:
            yield group
            group, size = [], 0
        group.append(one)
        size += one.size
    if group:
        yield group


def _by_block(one: Samples) -> list[Samples]:
    cuts = np.flatnonzero(np.diff(one.time // BLOCK)) + 1
    parts = zip(np.split(one.time, cuts), np.split(one.value, cuts), strict=True)
    return [Samples(one.role, one.labels, time, value) for time, value in parts]


def _names(
    connection: Connection, numbers: Sequence[int]
) -> dict[int, tuple[str, str, Mapping[str, str]]]:
    """Service, role and labels of series by their numbers."""
    found: dict[int, tuple[str, str, Mapping[str, str]]] = {}
    for piece in batches(numbers):
        for one in connection.execute(select(series).where(series.c.id.in_(piece))):
            found[int(one.id)] = one.service, one.role, json.loads(one.labels)
    return found
