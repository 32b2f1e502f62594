"""Rows of a table put in order by service, and the rows of a service gathered from all tables."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.series import F64, I64
from outage_window.sources.narrow import widened
from outage_window.sources.tables import RowsQuantity, TableRows

COLUMNS = {"time": "f8", "attempts": "f8", "value": "f8", "number": "u4", "fault": "u1"}
"""What is kept of each row: without attempts they are NaN; `number` is the row's in its table."""

ROW = sum(np.dtype(kind).itemsize for kind in COLUMNS.values())
"""Bytes that a row takes."""

Ordered = Mapping[str, NDArray[Any]]
"""The columns of rows in order, shape (n,) each."""

Place = Callable[[int], str]

SMALL = 2**16
"""Numbers below this are sorted many times faster, digit by digit."""


@dataclass(frozen=True, slots=True)
class Share:
    """Successive rows of a piece: `names` with how many rows each has, and the rows in order.

    Columns may be of narrower types than `COLUMNS`.
    """

    names: tuple[str, ...]
    counts: I64
    rows: Ordered


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows of a table by bucket, then by service, then as they stood in the table.

    Bucket b is the services `first[b]` to `first[b + 1]` (exclusive) of `names`.
    """

    names: tuple[str, ...]
    counts: I64
    first: I64
    rows: Ordered

    def share(self, bucket: int) -> Share:
        """The rows of a bucket."""
        low, high = int(self.first[bucket]), int(self.first[bucket + 1])
        begin = int(self.counts[:low].sum())
        within = slice(begin, begin + int(self.counts[low:high].sum()))
        rows = {name: column[within] for name, column in self.rows.items()}
        return Share(self.names[low:high], self.counts[low:high], rows)


def bucket_of(service: str, buckets: int) -> int:
    """Which of the buckets a service belongs to, by its name alone."""
    return zlib.crc32(service.encode("utf-8", "surrogatepass")) % buckets


def piece_of(table: TableRows, buckets: int) -> Piece:
    """Put the rows of a table in order."""
    names, bucket, place = _arranged(table.names, buckets)
    service = place[table.service]
    counts = np.bincount(service, minlength=len(names))
    rows = _ordered(table, None if _rising(service) else np.argsort(service, kind="stable"))
    if (counts == 0).any():
        here = np.flatnonzero(counts)
        names, bucket, counts = tuple(names[i] for i in here), bucket[here], counts[here]
    first = np.searchsorted(bucket, np.arange(buckets + 1))
    return Piece(names, counts, first, rows)


@lru_cache(maxsize=4)  # blocks of a file often have the same services
def _arranged(names: tuple[str, ...], buckets: int) -> tuple[tuple[str, ...], I64, NDArray[Any]]:
    """The names in order, the bucket of each, and where in that order each of `names` is."""
    keys = sorted((bucket_of(name, buckets), name, index) for index, name in enumerate(names))
    place: NDArray[Any] = np.empty(len(keys), np.uint16 if len(keys) <= SMALL else np.int64)
    place[[index for _, _, index in keys]] = np.arange(len(keys))
    bucket = np.array([bucket for bucket, _, _ in keys])
    return tuple(name for _, name, _ in keys), bucket, place


def _rising(service: NDArray[Any]) -> bool:
    return bool((service[1:] >= service[:-1]).all())


def _ordered(table: TableRows, order: I64 | None) -> Ordered:
    size = len(table.time)
    attempts = np.full(size, np.nan) if table.attempts is None else table.attempts
    number = np.arange(size, dtype=np.uint32) if order is None else order.astype(np.uint32)
    columns = {"time": table.time, "attempts": attempts, "value": table.value}
    columns |= {"fault": table.fault.view(np.uint8)}
    if order is not None:
        columns = {name: column[order] for name, column in columns.items()}
    return columns | {"number": number}


@dataclass(frozen=True, slots=True)
class Origined:
    """What is known of a table beside its rows: which file it is of, and where a row stands."""

    file: int
    quantity: RowsQuantity
    place: Place


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of one service, as they stand in its files one after another; arrays of shape (n,).

    `attempts` is None for a series without them. `value` is the errors, the error ratio or the
    level, NaN where missing. `fault` is 0 or the index in `tables.FAULTS` of what is impossible
    about a row. `quantity` is None where its files give different ones. `files` are the numbers of
    these in the order given, `place` says how an error names a row.
    """

    service: str
    quantity: RowsQuantity | None
    time: F64
    attempts: F64 | None
    value: F64
    fault: NDArray[np.integer]
    files: tuple[int, ...]
    place: Place


def gather(shares: Sequence[tuple[Origined, Share]]) -> list[Rows]:
    """The rows of each service of the shares, sorted by name; shares in the order of the files."""
    shares = [(table, share) for table, share in shares if share.names]
    if not shares:
        return []
    names = sorted({name for own in {share.names for _, share in shares} for name in own})
    number = {name: index for index, name in enumerate(names)}
    known = {own: np.array([number[n] for n in own]) for own in {s.names for _, s in shares}}
    service = np.concatenate([known[share.names] for _, share in shares])
    counts = np.concatenate([share.counts for _, share in shares])
    whose = np.repeat(np.arange(len(shares)), [len(share.names) for _, share in shares])
    runs = _Runs([table for table, _ in shares], service, counts, whose)
    order = _by_service(service, counts)
    columns = {}
    for name, kind in COLUMNS.items():
        columns[name] = widened([share.rows[name] for _, share in shares], kind)
        if order is not None and name != "number":
            columns[name] = columns[name][order]
    ends = np.cumsum([0, *np.bincount(service, counts, len(names))]).astype(np.int64).tolist()
    return [
        _rows(name, index, runs, columns, order, slice(low, high))
        for index, (name, (low, high)) in enumerate(zip(names, pairwise(ends), strict=True))
    ]


class _Runs:
    """Runs of rows of one service in one table: of which service, how many rows, of which table."""

    def __init__(self, tables: Sequence[Origined], service: I64, counts: I64, table: I64) -> None:
        self._tables, self._service, self._counts, self._table = tables, service, counts, table
        self._file = np.array([one.file for one in tables])
        self._quantities = [one.quantity for one in tables]
        self._mixed = len(set(self._quantities)) > 1

    def files(self, service: int) -> tuple[int, ...]:
        """The numbers of the files that a service has rows in, in their order."""
        own = self._table[self._service == service]
        return tuple(np.unique(self._file[own]).tolist())

    def quantities(self, service: int) -> set[RowsQuantity]:
        """The quantities that the rows of a service have."""
        if not self._mixed:
            return {self._quantities[0]}
        return {self._quantities[one] for one in self._table[self._service == service].tolist()}

    def table(self, service: int, row: int) -> Origined:
        """The table that holds a row of a service."""
        own = np.flatnonzero(self._service == service)
        run = int(np.searchsorted(np.cumsum(self._counts[own]), row, side="right"))
        return self._tables[int(self._table[own[run]])]


def _by_service(service: I64, counts: I64) -> I64 | None:
    """Which rows come first when runs of `counts` rows are put in order of their services; None
    where they are."""
    if _rising(service):
        return None
    begins = np.cumsum(counts) - counts
    order = np.argsort(service, kind="stable")
    begins, counts = begins[order], counts[order]
    rows: I64 = np.repeat(begins - (np.cumsum(counts) - counts), counts)
    rows += np.arange(len(rows))
    return rows


def _rows(
    name: str, service: int, runs: _Runs, columns: Ordered, order: I64 | None, where: slice
) -> Rows:
    quantities = runs.quantities(service)

    def place(row: int) -> str:
        at = where.start + row
        number = columns["number"][at if order is None else order[at]]
        return runs.table(service, row).place(int(number))

    return Rows(
        service=name,
        quantity=next(iter(quantities)) if len(quantities) == 1 else None,
        time=columns["time"][where],
        attempts=columns["attempts"][where] if "counts" in quantities else None,
        value=columns["value"][where],
        fault=columns["fault"][where],
        files=runs.files(service),
        place=place,
    )
