"""The files of tables in blocks, each read by itself: row groups of Parquet, lines of CSV."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Protocol

from outage_window.sources import columns, parquet, tabular
from outage_window.sources.columns import Columns
from outage_window.sources.files import Source, open_binary, openable
from outage_window.sources.reading import Reading
from outage_window.sources.streams import BYTES
from outage_window.sources.tabular import Table

ROWS = 2**18
"""No more rows than this are read at a time: what is put in order stays in the caches."""


class Block(Hashable, Protocol):
    """A part of a table's file."""

    def tables(self, reading: Reading) -> Iterator[tuple[Table, Columns]]:
        """Its rows, at most about `ROWS` at a time, with which column is which."""


@dataclass(frozen=True, slots=True)
class Text:
    """A table of text, or its head and some of its lines."""

    source: Source

    def tables(self, reading: Reading) -> Iterator[tuple[Table, Columns]]:
        """See `Block`."""
        names = tabular.names(self.source)
        found = columns.recognise(names, reading, self.source.name)
        yield tabular.load(self.source, found.wanted()), found


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines from byte `start` to byte `stop` (exclusive) of a file, to be read under `head`.

    `name` is the file's as it was given, `path` where anybody finds it.
    """

    name: str
    path: str
    head: bytes
    start: int
    stop: int

    def tables(self, reading: Reading) -> Iterator[tuple[Table, Columns]]:
        """See `Block`."""
        with openable(self.name), open_binary(self.path) as file:
            file.seek(self.start)
            data = self.head + file.read(self.stop - self.start)
        above = self.head.count(b"\n")
        source = Part(self.name, data, "", 0, lambda: _lines_before(self.path, self.start), above)
        yield from Text(source).tables(reading)


@dataclass(frozen=True)
class Part(Source):
    """The `first` lines of a file, and after them those that come after `before()` lines of it."""

    before: Callable[[], int] = lambda: 0
    first: int = 0

    def place(self, line: int) -> str:
        """See `Source`. Lines are counted only where one must be named."""
        within = line <= self.first
        return f"{self.name}: line {line if within else line - self.first + self.before()}"


@dataclass(frozen=True, slots=True)
class Groups:
    """The row groups `first` to `last` (exclusive) of a Parquet file, after `above` rows.

    `name` and `path` are as in `Lines`.
    """

    name: str
    path: str
    first: int
    last: int
    above: int

    def tables(self, reading: Reading) -> Iterator[tuple[Table, Columns]]:
        """See `Block`."""
        with openable(self.name), open_binary(self.path) as file:
            found = columns.recognise(parquet.shape(self.name, file).names, reading, self.name)
            above = self.above
            groups = range(self.first, self.last)
            for part in parquet.batches(self.name, file, groups, found.wanted(), ROWS):
                rows = len(next(iter(part.values())))
                yield Table(part, rows, self._place(above)), found
                above += rows

    def _place(self, above: int) -> tabular.Place:
        return lambda row: f"{self.name}: row {above + row + 1}"


@lru_cache(maxsize=8)
def _lines_before(name: str, stop: int) -> int:
    with openable(name), open_binary(name) as file:
        parts = iter(lambda: file.read(min(BYTES, stop - file.tell())), b"")
        return sum(part.count(b"\n") for part in parts)


@dataclass(frozen=True, slots=True)
class Reread:
    """A block of a file that is found again by its number: it holds no data.

    `name` and `path` are as in `Lines`.
    """

    name: str
    path: str
    number: int

    def tables(self, reading: Reading) -> Iterator[tuple[Table, Columns]]:
        """See `Block`."""
        from outage_window.sources.opening import opened

        blocks = opened(self.name, reading, self.path).blocks()
        block, _ = next(islice(blocks, self.number, None))
        yield from block.tables(reading)
