"""A file of an analysis: what its head tells, its blocks one after another, and its hash."""

from __future__ import annotations

import codecs
import os
import stat
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from outage_window.errors import InputError
from outage_window.sources import delimited, grafana, parquet, pieces
from outage_window.sources.blocks import ROWS, Block, Groups, Lines, Reread, Text
from outage_window.sources.files import Source, is_elsewhere, open_binary, openable, read
from outage_window.sources.kinds import SAMPLES, kind_of
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile
from outage_window.sources.streams import BYTES, Hashing, Unpacking, cut, filled

HEAD = 2**16
GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class File(Protocol):
    """An input file.

    `size` is its bytes, `weight` about how many bytes its rows take in order (`pieces.ROW`).
    """

    name: str
    size: int
    weight: int

    def samples(self) -> SampleFile | None:
        """Its samples, if it holds samples of series rather than a table."""

    def blocks(self) -> Iterator[tuple[Block, int]]:
        """The blocks of its table, and how many bytes of the file each takes.

        `InputError` where they cannot be told apart.
        """

    def kept(self, number: int, block: Block) -> Block:
        """The same block, holding no data."""

    def sha256(self) -> str:
        """Of the file as it lies on disk, after its blocks."""


def opened(name: str, reading: Reading, path: str | None = None) -> File:
    """A file by its head; `InputError` where it cannot be read. It is not read further yet.

    `path` is where it is found, if that is not its name in this working directory.
    """
    path = path or (name if is_elsewhere(name) else os.path.abspath(name))
    with openable(name):
        if not is_elsewhere(path) and stat.S_ISFIFO(os.stat(path).st_mode):
            return Whole(name, path, 0, reading)  # what is read once is gone
        with open_binary(path) as file:
            start = file.read(HEAD)
            size = file.seek(0, os.SEEK_END)
    if start.startswith(PARQUET):
        return Packed(name, path, size)
    if size <= BYTES or start.startswith(UTF_16):
        return Whole(name, path, size, reading)
    packed = start.startswith(GZIP)
    head = _lines_head(name, zlib.decompressobj(31).decompress(start) if packed else start, reading)
    return (
        Whole(name, path, size, reading) if head is None else Long(name, path, size, head, packed)
    )


def _lines_head(name: str, start: bytes, reading: Reading) -> bytes | None:
    """The head of a file that is one delimited table, as it lies there; None for any other."""
    mark = codecs.BOM_UTF8 if start.startswith(codecs.BOM_UTF8) else b""
    source = Source(name, start.removeprefix(mark), "")
    try:
        if kind_of(source) != "delimited" or grafana.claims(source, reading):
            return None
        return mark + delimited.head(source)
    except InputError:
        return None  # who reads it as a whole says what is wrong


class Whole:
    """A file that is read as a whole: a small one, or one that is no table of lines."""

    def __init__(self, name: str, path: str, size: int, reading: Reading) -> None:
        self.name, self._path, self.size, self.weight = name, path, size, size
        self._reading = reading
        self._source: Source | None = None
        self._sha256 = ""

    def _read(self) -> Source:
        self._source = self._source or read(self.name, self._path)
        self._sha256 = self._source.sha256
        return self._source

    def samples(self) -> SampleFile | None:
        """See `File`."""
        source = self._read()
        kind = kind_of(source)
        grid = kind == "delimited" and grafana.claims(source, self._reading)
        reader = grafana.read if grid else SAMPLES.get(kind)
        return None if reader is None else reader(source, self._reading)

    def blocks(self) -> Iterator[tuple[Block, int]]:
        """See `File`."""
        yield Text(self._read()), self.size
        self._source = None

    def kept(self, number: int, block: Block) -> Block:
        """See `File`. A pipe, which has no size, cannot be read again."""
        return Reread(self.name, self._path, number) if self.size else block

    def sha256(self) -> str:
        """See `File`."""
        return self._sha256


class Packed:
    """A file of Parquet."""

    def __init__(self, name: str, path: str, size: int) -> None:
        with openable(name), open_binary(path) as file:
            self._groups = parquet.shape(name, file).groups
        self.name, self._path, self.size = name, path, size
        self.rows = sum(self._groups)
        self.weight = self.rows * pieces.ROW
        self._digest: Future[str] | None = None

    def samples(self) -> SampleFile | None:
        """See `File`."""
        return None

    def blocks(self) -> Iterator[tuple[Block, int]]:
        """See `File`."""
        with ThreadPoolExecutor(1) as pool:
            self._digest = pool.submit(_sha256, self._path)
            first, above, rows = 0, 0, 0
            for last, size in enumerate(self._groups, 1):
                rows += size
                if rows >= ROWS or (rows and last == len(self._groups)):
                    yield (
                        Groups(self.name, self._path, first, last, above),
                        self.size * rows // self.rows,
                    )
                    first, above, rows = last, above + rows, 0

    def kept(self, _number: int, block: Block) -> Block:
        """See `File`."""
        return block

    def sha256(self) -> str:
        """See `File`."""
        assert self._digest is not None  # its blocks were asked for
        return self._digest.result()


class Long:
    """A table of lines, packed or not, that is never held as a whole."""

    def __init__(self, name: str, path: str, size: int, head: bytes, packed: bool) -> None:
        self.name, self._path, self.size = name, path, size
        self.weight = size * (8 if packed else 1)
        self._head, self._packed = head, packed
        self._sha256 = ""

    def samples(self) -> SampleFile | None:
        """See `File`."""
        return None

    def blocks(self) -> Iterator[tuple[Block, int]]:
        """See `File`."""
        with openable(self.name), open_binary(self._path) as file:
            hashing = Hashing(file)
            stream = Unpacking(self.name, hashing, self.size) if self._packed else hashing
            filled(stream, len(self._head))
            lines, read = self._head.count(b"\n"), 0
            for start, data in cut(self.name, stream, len(self._head)):
                yield self._block(start, data, lines), file.tell() - read
                read = file.tell()
                if self._packed:
                    lines += data.count(b"\n")
            self._sha256 = hashing.sha256()

    def _block(self, start: int, data: bytes, lines: int) -> Block:
        head = self._head.removeprefix(codecs.BOM_UTF8)
        if not self._packed:
            return Lines(self.name, self._path, head, start, start + len(data))
        return Text(Source(self.name, head + data, "", lines - head.count(b"\n")))

    def kept(self, number: int, block: Block) -> Block:
        """See `File`."""
        return Reread(self.name, self._path, number) if self._packed else block

    def sha256(self) -> str:
        """See `File`."""
        return self._sha256


def _sha256(path: str) -> str:
    with open_binary(path) as file:
        return Hashing(file).sha256()
