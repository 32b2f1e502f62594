"""Rows of a table put in order by service, and the rows of a service gathered from all tables."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.series import F64, I64
from outage_window.sources.tables import RowsQuantity, TableRows

RECORD = np.dtype(
    [("time", "f8"), ("attempts", "f8"), ("value", "f8"), ("number", "u4"), ("fault", "u4")]
)
"""One row: without attempts they are NaN; `number` is the row's number in its table."""

Records = NDArray[np.void]
Place = Callable[[int], str]

SMALL = 2**16
"""Numbers below this are sorted many times faster, digit by digit."""


@dataclass(frozen=True, slots=True)
class Share:
    """Successive rows of a piece: `names` with how many rows each has, and the rows in order."""

    names: tuple[str, ...]
    counts: I64
    records: Records


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows of a table by bucket, then by service, then as they stood in the table.

    Bucket b is the services `first[b]` to `first[b + 1]` (exclusive) of `names`.
    """

    names: tuple[str, ...]
    counts: I64
    first: I64
    records: Records

    def share(self, bucket: int) -> Share:
        """The rows of a bucket."""
        low, high = int(self.first[bucket]), int(self.first[bucket + 1])
        ends = np.concatenate([[0], np.cumsum(self.counts)])
        records = self.records[int(ends[low]) : int(ends[high])]
        return Share(self.names[low:high], self.counts[low:high], records)


def bucket_of(service: str, buckets: int) -> int:
    """Which of the buckets a service belongs to, by its name alone."""
    return zlib.crc32(service.encode("utf-8", "surrogatepass")) % buckets


def piece_of(rows: TableRows, buckets: int) -> Piece:
    """Put the rows of a table in order."""
    keys = sorted((bucket_of(name, buckets), name, i) for i, name in enumerate(rows.names))
    place = np.empty(len(keys), np.int64)
    place[[index for _, _, index in keys]] = np.arange(len(keys))
    service = place[rows.service]
    counts = np.bincount(service, minlength=len(keys))
    records = np.empty(len(rows.time), RECORD)
    records["time"] = rows.time
    records["attempts"] = np.nan if rows.attempts is None else rows.attempts
    records["value"] = rows.value
    records["number"] = np.arange(len(rows.time), dtype=np.uint32)
    records["fault"] = rows.fault
    here = [key for key, count in zip(keys, counts.tolist(), strict=True) if count]
    first = np.searchsorted([bucket for bucket, _, _ in here], np.arange(buckets + 1))
    names = tuple(name for _, name, _ in here)
    return Piece(names, counts[counts > 0], first, _in_order(records, service, len(keys)))


def _in_order(records: Records, keys: I64, most: int) -> Records:
    """The records by their keys, below `most`, and as they stood where these are equal."""
    if len(keys) < 2 or (keys[1:] >= keys[:-1]).all():
        return records
    small = keys.astype(np.uint16) if most <= SMALL else keys
    found: Records = records.take(np.argsort(small, kind="stable"))
    return found


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
    names = sorted({name for _, share in shares for name in share.names})
    number = {name: index for index, name in enumerate(names)}
    within = [np.array([number[name] for name in share.names]) for _, share in shares]
    tables: list[list[tuple[int, Origined]]] = [[] for _ in names]
    for (table, share), services in zip(shares, within, strict=True):
        for service, count in zip(services.tolist(), share.counts.tolist(), strict=True):
            tables[service].append((count, table))
    if not shares:
        return []
    keys = np.concatenate(
        [np.repeat(own, share.counts) for own, (_, share) in zip(within, shares, strict=True)]
    )
    records = _joined([share.records for _, share in shares])
    records = _in_order(records, keys, len(names))
    columns = {name: np.ascontiguousarray(records[name]) for name in ("time", "attempts", "value")}
    ends = np.cumsum([0, *(sum(count for count, _ in one) for one in tables)]).tolist()
    return [
        _rows(name, own, columns, records, slice(low, high))
        for name, own, (low, high) in zip(names, tables, pairwise(ends), strict=True)
    ]


def _joined(parts: Sequence[Records]) -> Records:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _rows(
    name: str,
    tables: Sequence[tuple[int, Origined]],
    columns: Mapping[str, F64],
    records: Records,
    where: slice,
) -> Rows:
    quantities = {table.quantity for _, table in tables}
    counted = "counts" in quantities
    own = records[where]

    def place(row: int) -> str:
        begin = 0
        for count, table in tables:
            if row < begin + count:
                return table.place(int(own["number"][row]))
            begin += count
        raise IndexError(row)

    return Rows(
        service=name,
        quantity=next(iter(quantities)) if len(quantities) == 1 else None,
        time=columns["time"][where],
        attempts=columns["attempts"][where] if counted else None,
        value=columns["value"][where],
        fault=own["fault"],
        files=tuple(dict.fromkeys(table.file for _, table in tables)),
        place=place,
    )
