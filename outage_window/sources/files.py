"""A file to its bytes, its hash and how it begins."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from detector.estimate import Origin
from outage_window.errors import InputError

SAFE, MOST_RATIO, MOST_BYTES = 2**26, 100, 2**32
"""A packed file may be so large when unpacked (64 MiB), or so many times its size, up to 4 GiB."""

EXPECTED = (
    "expected CSV, NDJSON, Parquet, text of samples with times (OpenMetrics, federate, promtool),"
    " or JSON of Prometheus, CloudWatch, Azure Monitor or Datadog"
)


_FIRST = re.compile(rb"\s*([^\n]*)")


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was read: `data` without compression and byte-order mark, UTF-8 if text.

    `sha256` is of the file as it lies on disk, so that `sha256sum` agrees. `above` is how many
    lines of the file come before `data`, where it is a part of one.
    """

    name: str
    data: bytes
    sha256: str
    above: int = 0

    def origin(self, rows: int) -> Origin:
        """What a number derived from this file names as its input."""
        return Origin(self.name, self.sha256, rows)

    def place(self, line: int) -> str:
        """How an error names a line (from 1) of this file."""
        return f"{self.name}: line {line + self.above}"

    def text(self) -> str:
        """The file as text; `InputError` with the line where it is not UTF-8."""
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise InputError(self.place(line), "expected text in UTF-8") from None


@dataclass(frozen=True, slots=True)
class Head:
    """How a file begins, by which each reader tells whether the file is its own.

    `first` is the first line that is not blank, without the blanks around it.
    """

    name: str
    data: bytes
    first: bytes


def head_of(source: Source) -> Head:
    """The head of a file."""
    match = _FIRST.match(source.data)  # which copies nothing but the line
    first = b"" if match is None else match[1].strip()
    return Head(source.name, source.data, first)


def read(path: str, where: str | None = None) -> Source:
    """Read a file whole, unpack gzip, turn a marked UTF-16 into UTF-8; `InputError` if it cannot.

    `where` is where it is found, if that is not its name. A file without any content is refused
    here, since no reader could do anything with it.
    """
    with openable(path), open_binary(where or path) as file:
        raw = file.read()
    data = _plain(path, raw)
    if not data.strip():
        raise InputError(path, f"the file is empty; {EXPECTED}")
    return Source(path, data, hashlib.sha256(raw).hexdigest())


def open_binary(path: str) -> BinaryIO:
    """Open a file of this machine, or one elsewhere by its URL, such as `s3://bucket/name`."""
    if not is_elsewhere(path):
        return open(path, "rb")
    opened: BinaryIO = filesystem(path)[0].open(path, "rb")
    return opened


def is_elsewhere(path: str) -> bool:
    """Whether a path is the URL of a file that is not simply of this machine."""
    return "://" in path


def filesystem(url: str) -> tuple[Any, str]:
    """What reads and writes at a URL, and the path there; `InputError` where nothing does."""
    try:
        from fsspec.core import url_to_fs

        found: tuple[Any, str] = url_to_fs(url)
    except ImportError as error:
        raise InputError(url, f"{error} (docs/scale.md says how)") from None
    except ValueError as error:
        raise InputError(url, str(error)) from None
    return found


@contextmanager
def openable(path: str) -> Iterator[None]:
    """A file that cannot be opened or read is an `InputError`."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except IsADirectoryError:
        raise InputError(path, "a directory; expected a file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(path, f"cannot be read: {reason}") from None


def _unpacked(path: str, packed: bytes) -> bytes:
    """The content of a gzip file, unless it is a bomb."""
    most = min(max(SAFE, MOST_RATIO * len(packed)), MOST_BYTES)
    data = gzip.GzipFile(fileobj=io.BytesIO(packed)).read(most + 1)
    if len(data) > most:
        raise InputError(path, f"unpacks to more than {most >> 20} MiB; expected smaller files")
    return data


def _plain(path: str, data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        try:
            data = _unpacked(path, data)
        except (OSError, EOFError, zlib.error):
            raise InputError(path, "expected a whole gzip file; this one is damaged") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except UnicodeDecodeError:
            raise InputError(path, "begins as UTF-16 but is not; expected UTF-8") from None
    return data.removeprefix(codecs.BOM_UTF8)
