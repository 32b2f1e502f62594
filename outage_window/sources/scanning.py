"""The first pass over tables, block by block, and the second, bucket by bucket."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from outage_window.errors import InputError
from outage_window.sources.blocks import Block
from outage_window.sources.pieces import Origined, Rows, gather, piece_of
from outage_window.sources.reading import Reading
from outage_window.sources.shelf import Key, Shelf
from outage_window.sources.tables import Written, read
from outage_window.sources.tabular import Place


@dataclass(frozen=True, slots=True)
class Entry:
    """A table that was read: its rows lie on the shelf.

    `only` is the one service that it has rows of, None where it has several.
    """

    key: Key
    written: Written
    rows: int
    only: str | None


class Task(NamedTuple):
    """The file's number, the block's number in it, about how many bytes it takes there, and it."""

    file: int
    number: int
    size: int
    block: Block


@dataclass(frozen=True, slots=True)
class Scanned:
    """The tables of a block that takes so many bytes of its file."""

    size: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """Puts the rows of a block on the shelf, in order by bucket and service."""

    reading: Reading
    buckets: int
    shelf: Shelf

    @staticmethod
    def name(task: Task) -> str:
        """What tells a task from the others."""
        return f"scan-{task.file}-{task.number}"

    def __call__(self, task: Task) -> Scanned:
        """Read one block."""
        entries = []
        for index, (table, columns) in enumerate(task.block.tables(self.reading)):
            rows = read(table, columns, self.reading)
            piece = piece_of(rows, self.buckets)
            key = Key(task.file, task.number, index)
            self.shelf.put(key, piece)
            only = piece.names[0] if len(piece.names) == 1 else None
            entries.append(Entry(key, rows.written, table.rows, only))
        return Scanned(task.size, tuple(entries))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All tables in the order of the files, and the blocks that they are of, without their data."""

    reading: Reading
    entries: tuple[Entry, ...]
    blocks: dict[tuple[int, int], Block]

    def agree(self) -> None:
        """`InputError` where a file is not written alike throughout.

        Each part is read by itself: that is right only if all of them mean the same.
        """
        first: dict[int, Written] = {}
        for entry in self.entries:
            if first.setdefault(entry.key.file, entry.written) != entry.written:
                raise InputError(
                    self._placing(entry.key)(0),
                    "times or numbers are not written as those before; expected one way in a file",
                )

    def rows(self, shelf: Shelf, bucket: int) -> list[Rows]:
        """The rows of each service of a bucket, sorted by name."""
        shares = shelf.shares([entry.key for entry in self.entries], bucket)
        about = [
            Origined(entry.key.file, entry.written.quantity, self._placing(entry.key))
            for entry in self.entries
        ]
        return gather(list(zip(about, shares, strict=True)))

    def _placing(self, key: Key) -> Place:
        block = self.blocks[key.file, key.block]
        return lambda row: _places(block, self.reading, key.table)(row)


@lru_cache(maxsize=1)
def _places(block: Block, reading: Reading, table: int) -> Place:
    """How errors name the rows of a table: it is read again, since this is seldom asked."""
    for index, (found, _) in enumerate(block.tables(reading)):
        if index == table:
            return found.place
    raise AssertionError("the table was there when it was read first")
