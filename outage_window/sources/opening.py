"""A file of an analysis: what its head tells, its blocks one after another, and its hash."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO, Protocol

from outage_window.errors import InputError
from outage_window.sources import delimited, grafana, parquet
from outage_window.sources.blocks import BYTES, ROWS, Block, Groups, Lines, Reread, Text
from outage_window.sources.files import MOST_RATIO, SAFE, Source, openable, read
from outage_window.sources.kinds import SAMPLES, kind_of
from outage_window.sources.pieces import RECORD
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile

HEAD = 2**16
GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LONGEST = 8
"""Blocks that a single row may be long."""


class File(Protocol):
    """An input file.

    `size` is its bytes, `weight` about how many bytes its rows take in order (`pieces.RECORD`).
    """

    name: str
    size: int
    weight: int

    def samples(self) -> SampleFile | None:
        """Its samples, if it holds samples of series rather than a table."""

    def blocks(self) -> Iterator[Block]:
        """The blocks of its table; `InputError` where they cannot be told apart."""

    def kept(self, number: int, block: Block) -> Block:
        """The same block, holding no data."""

    def sha256(self) -> str:
        """Of the file as it lies on disk, after its blocks."""


def opened(name: str, reading: Reading) -> File:
    """A file by its head; `InputError` where it cannot be read. It is not read further yet."""
    with openable(name), open(name, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(HEAD)
    if start.startswith(PARQUET):
        return Packed(name, size)
    if size <= BYTES or start.startswith(UTF_16):
        return Whole(name, size, reading)
    packed = start.startswith(GZIP)
    head = _lines_head(name, zlib.decompressobj(31).decompress(start) if packed else start, reading)
    return Whole(name, size, reading) if head is None else Long(name, size, head, packed)


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

    def __init__(self, name: str, size: int, reading: Reading) -> None:
        self.name, self.size, self.weight = name, size, size
        self._reading = reading
        self._source: Source | None = None
        self._sha256 = ""

    def _read(self) -> Source:
        self._source = self._source or read(self.name)
        self._sha256 = self._source.sha256
        return self._source

    def samples(self) -> SampleFile | None:
        """See `File`."""
        source = self._read()
        kind = kind_of(source)
        grid = kind == "delimited" and grafana.claims(source, self._reading)
        reader = grafana.read if grid else SAMPLES.get(kind)
        return None if reader is None else reader(source, self._reading)

    def blocks(self) -> Iterator[Block]:
        """See `File`."""
        yield Text(self._read())
        self._source = None

    def kept(self, number: int, _block: Block) -> Block:
        """See `File`."""
        return Reread(self.name, number)

    def sha256(self) -> str:
        """See `File`."""
        return self._sha256


class Packed:
    """A file of Parquet."""

    def __init__(self, name: str, size: int) -> None:
        import pyarrow as pa

        with openable(name), pa.OSFile(name) as file:
            self._groups = parquet.shape(name, file).groups
        self.name, self.size = name, size
        self.rows = sum(self._groups)
        self.weight = self.rows * RECORD.itemsize
        self._digest: Future[str] | None = None

    def samples(self) -> SampleFile | None:
        """See `File`."""
        return None

    def blocks(self) -> Iterator[Block]:
        """See `File`."""
        with ThreadPoolExecutor(1) as pool:
            self._digest = pool.submit(_sha256, self.name)
            first, above, rows = 0, 0, 0
            for last, size in enumerate(self._groups, 1):
                rows += size
                if rows >= ROWS or (rows and last == len(self._groups)):
                    yield Groups(self.name, first, last, above)
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

    def __init__(self, name: str, size: int, head: bytes, packed: bool) -> None:
        self.name, self.size = name, size
        self.weight = size * (8 if packed else 1)
        self._head, self._packed = head, packed
        self._sha256 = ""

    def samples(self) -> SampleFile | None:
        """See `File`."""
        return None

    def blocks(self) -> Iterator[Block]:
        """See `File`."""
        with openable(self.name), open(self.name, "rb") as file:
            hashing = Hashing(file)
            stream = _Unpacking(self.name, hashing, self.size) if self._packed else hashing
            _filled(stream, len(self._head))
            lines = self._head.count(b"\n")
            for start, data in _cut(self.name, stream, len(self._head)):
                yield self._block(start, data, lines)
                if self._packed:
                    lines += data.count(b"\n")
            self._sha256 = hashing.sha256()

    def _block(self, start: int, data: bytes, lines: int) -> Block:
        head = self._head.removeprefix(codecs.BOM_UTF8)
        if not self._packed:
            return Lines(self.name, head, start, start + len(data))
        return Text(Source(self.name, head + data, "", lines - head.count(b"\n")))

    def kept(self, number: int, block: Block) -> Block:
        """See `File`."""
        return Reread(self.name, number) if self._packed else block

    def sha256(self) -> str:
        """See `File`."""
        return self._sha256


def _cut(name: str, stream: Any, position: int) -> Iterator[tuple[int, bytes]]:
    """Whole rows, about a block at a time, with the byte at which each block begins."""
    left = b""
    while True:
        more = _filled(stream, BYTES)
        data = left + more
        end = _end_of_rows(data) if more else len(data)
        if delimited.ROW.search(data, 0, end):
            yield position, data[:end]
        if not more:
            return
        left, position = data[end:], position + end
        if len(left) > LONGEST * BYTES:
            raise InputError(
                name, f"no row ends in {len(left) >> 20} MiB from byte {position}; expected CSV"
            )


def _filled(stream: Any, size: int) -> bytes:
    """So many bytes, or fewer at the end."""
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _end_of_rows(data: bytes) -> int:
    """Where the last line ends that is not within quotes; 0 where none does."""
    end = data.rfind(b"\n") + 1
    if b'"' not in data:
        return end
    quotes = data.count(b'"', 0, end)
    while quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end


class Hashing(io.RawIOBase):
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """See `io.RawIOBase`."""
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def sha256(self) -> str:
        """Of the whole file: what was not read is read now."""
        while self.read(BYTES):
            pass
        return self._hash.hexdigest()


class _Unpacking:
    """The content of a gzip file, unless it is damaged or a bomb."""

    def __init__(self, name: str, file: Hashing, size: int) -> None:
        self._name, self._most = name, max(SAFE, MOST_RATIO * size)
        self._file = gzip.GzipFile(fileobj=file)  # type: ignore[arg-type]
        self._read = 0

    def read(self, size: int) -> bytes:
        """Up to so many bytes."""
        try:
            data = self._file.read(size)
        except (OSError, EOFError, zlib.error):
            raise InputError(
                self._name, "expected a whole gzip file; this one is damaged"
            ) from None
        self._read += len(data)
        if self._read > self._most:
            raise InputError(
                self._name, f"unpacks to more than {self._most >> 20} MiB; expected smaller files"
            )
        return data


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
