"""A folder in which an analysis works: rows in order, and what is done already."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np

from outage_window.batch.storage import Range, Storage
from outage_window.sources.narrow import Column, narrow
from outage_window.sources.pieces import COLUMNS, Piece, Share
from outage_window.sources.shelf import Key

PLACE = 24
"""Bytes in which the end of a piece says where a bucket is: its names, its rows, their end."""
ALIGNED = 8


@dataclass(frozen=True, slots=True)
class InFolder:
    """A shelf: each piece is a file of its buckets, at whose end it says where each of them is."""

    storage: Storage
    buckets: int

    def put(self, key: Key, piece: Piece) -> None:
        """See `Shelf`."""
        parts: list[bytes | memoryview] = []
        places = np.empty((self.buckets, 3), "<i8")
        columns = {name: narrow(piece.rows[name]) for name in COLUMNS}
        kinds, kept = _kinds(columns, len(piece.rows["time"]))
        narrowed = replace(piece, rows=kept)
        end = 0
        for bucket in range(self.buckets):
            share = narrowed.share(bucket)
            head, counts = _encoded(share.names, kinds), share.counts.astype("<i8")
            rows = [column.data for column in share.rows.values()]
            begin = end + len(head)
            stop = begin + counts.nbytes + sum(one.nbytes for one in rows)
            places[bucket] = end, begin, stop
            end = stop + -stop % ALIGNED
            parts += [head, counts.data, *rows, b" " * (end - stop)]
        self.storage.write(_named(key), [*parts, places.tobytes()])

    def shares(self, keys: Sequence[Key], bucket: int) -> list[Share]:
        """See `Shelf`."""
        low = (bucket - self.buckets) * PLACE
        # The last place of all ends with the file, where a negative number cannot say so.
        asked = [Range(_named(key), low, low + PLACE) for key in keys]
        found = [np.frombuffer(one, "<i8") for one in self.storage.ranges(asked)]
        wanted = [
            Range(_named(key), int(place[0]), int(place[2]))
            for key, place in zip(keys, found, strict=True)
        ]
        return [
            _share(data, int(place[1] - place[0]))
            for data, place in zip(self.storage.ranges(wanted), found, strict=True)
        ]


def _named(key: Key) -> str:
    return "rows-{}-{}-{}".format(*key)


Kinds = tuple[tuple[str, str, str | None], ...]
"""Of each column its name and type, and in hexadecimal what all its rows are, if that is one."""


def _kinds(columns: Mapping[str, Column], size: int) -> tuple[Kinds, dict[str, Column]]:
    """What is to be known of the columns of `size` rows, and those that take room: wide ones first,
    so that each begins where its type may."""
    ordered = sorted(columns.items(), key=lambda one: -one[1].itemsize)
    single = {name: len(column) < size for name, column in ordered}
    kinds = tuple(
        (name, column.dtype.str, column.tobytes().hex() if single[name] else None)
        for name, column in ordered
    )
    return kinds, {name: column for name, column in ordered if not single[name]}


@lru_cache(maxsize=4096)  # the same services come in block after block
def _encoded(names: tuple[str, ...], kinds: Kinds) -> bytes:
    head = json.dumps((names, kinds)).encode()
    return head + b" " * (-len(head) % ALIGNED)


@lru_cache(maxsize=4096)
def _decoded(head: bytes) -> tuple[tuple[str, ...], Kinds]:
    names, kinds = json.loads(head)
    return tuple(names), tuple(map(tuple, kinds))


def _share(data: bytes, head: int) -> Share:
    names, kinds = _decoded(data[:head])
    counts = np.frombuffer(data, "<i8", len(names), head)
    begin = head + counts.nbytes
    size = int(counts.sum())
    rows = {}
    for name, kind, single in kinds:
        if single is not None:
            value = np.frombuffer(bytes.fromhex(single), kind)
            rows[name] = np.broadcast_to(value, size)
        else:
            rows[name] = np.frombuffer(data, kind, size, begin)
            begin += rows[name].nbytes
    return Share(names, counts, rows)


Task = TypeVar("Task", contravariant=True)
Result = TypeVar("Result", covariant=True)


class Work(Protocol[Task, Result]):
    """A step of an analysis."""

    def name(self, task: Task) -> str:
        """What tells a task from the others."""

    def __call__(self, task: Task) -> Result:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Does a task once: its result is kept, and found again when it is asked for again."""

    work: Work[Any, Any]
    storage: Storage

    def __call__(self, task: Any) -> Any:
        """The result, new or kept."""
        name = self.work.name(task)
        kept = self.storage.read(name)
        if kept is not None:
            return pickle.loads(kept)  # noqa: S301 (written by this program into its own folder)
        result = self.work(task)
        self.storage.write(name, [pickle.dumps(result, pickle.HIGHEST_PROTOCOL)])
        return result
