"""Files read once from beginning to end: hashed, unpacked, cut into whole rows."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from outage_window.errors import InputError
from outage_window.sources import delimited
from outage_window.sources.files import MOST_RATIO, SAFE

BYTES = 2**23
"""About so much of a file is a block."""
LONGEST = 8
"""Blocks that a single row may be long."""


class Stream(Protocol):
    """What is read from beginning to end."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""


def cut(name: str, stream: Stream, position: int) -> Iterator[tuple[int, bytes]]:
    """Whole rows, about a block at a time, with the byte at which each block begins."""
    left = b""
    while True:
        more = filled(stream, BYTES)
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


def filled(stream: Stream, size: int) -> bytes:
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


class Unpacking:
    """The content of a gzip file, unless it is damaged or a bomb."""

    def __init__(self, name: str, file: Hashing, size: int) -> None:
        self._name, self._most = name, max(SAFE, MOST_RATIO * size)
        self._file = gzip.GzipFile(fileobj=file)
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
