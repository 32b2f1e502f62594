"""A folder in which an analysis works: rows in order, and what is done already."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np

from outage_window.batch.storage import Range, Storage
from outage_window.sources.pieces import COLUMNS, ROW, Piece, Share
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
        end = 0
        for bucket in range(self.buckets):
            share = piece.share(bucket)
            head = _encoded(share.names)
            rows = [share.rows[name].data for name in COLUMNS]
            stop = end + len(head) + share.counts.nbytes + ROW * len(rows[0])
            places[bucket] = end, end + len(head), stop
            end = stop + -stop % ALIGNED
            parts += [head, share.counts.astype("<i8").data, *rows, b" " * (end - stop)]
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


@lru_cache(maxsize=4096)  # the same services come in block after block
def _encoded(names: tuple[str, ...]) -> bytes:
    head = json.dumps(names).encode()
    return head + b" " * (-len(head) % ALIGNED)


@lru_cache(maxsize=4096)
def _decoded(head: bytes) -> tuple[str, ...]:
    return tuple(json.loads(head))


def _share(data: bytes, head: int) -> Share:
    names = _decoded(data[:head])
    counts = np.frombuffer(data, "<i8", len(names), head)
    begin = head + counts.nbytes
    size = (len(data) - begin) // ROW
    rows = {}
    for name, kind in COLUMNS.items():
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
