"""Named bytes in a folder that an analysis works in."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import uuid4

from outage_window.sources.files import filesystem, is_elsewhere

Buffer = bytes | memoryview


class Range(NamedTuple):
    """Bytes from `start` to `stop` (exclusive) of what is named; negative: from its end."""

    name: str
    start: int
    stop: int


class Storage(Hashable, Protocol):
    """Where the bytes are: whole under their name, or not there at all."""

    def write(self, name: str, parts: Sequence[Buffer]) -> None:
        """Keep the parts one after another."""

    def read(self, name: str) -> bytes | None:
        """All of it; None where it is not there."""

    def ranges(self, wanted: Sequence[Range]) -> list[bytes]:
        """Some bytes each."""


@dataclass(frozen=True, slots=True)
class Local:
    """A folder of this machine."""

    path: str

    def __str__(self) -> str:
        """The folder, for people."""
        return self.path

    def write(self, name: str, parts: Sequence[Buffer]) -> None:
        """See `Storage`."""
        partly = os.path.join(self.path, f".{name}.{uuid4().hex}")
        try:
            with open(partly, "wb") as file:
                for part in parts:
                    file.write(part)
            os.replace(partly, os.path.join(self.path, name))
        except BaseException:
            with suppress(OSError):
                os.unlink(partly)
            raise

    def read(self, name: str) -> bytes | None:
        """See `Storage`."""
        try:
            with open(os.path.join(self.path, name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def ranges(self, wanted: Sequence[Range]) -> list[bytes]:
        """See `Storage`."""
        return [self._range(*one) for one in wanted]

    def _range(self, name: str, start: int, stop: int) -> bytes:
        opened = os.open(os.path.join(self.path, name), os.O_RDONLY)
        try:
            end = os.fstat(opened).st_size if start < 0 else 0
            return os.pread(opened, stop - start, start + end)
        finally:
            os.close(opened)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A folder at a URL, as fsspec reads and writes it."""

    url: str

    def __str__(self) -> str:
        """The folder, for people."""
        return self.url

    def write(self, name: str, parts: Sequence[Buffer]) -> None:
        """See `Storage`. It gets its name when it is whole; on object stores that is a copy."""
        system, folder = filesystem(self.url)
        partly = f"{folder}/.{name}.{uuid4().hex}"
        with system.open(partly, "wb") as file:
            for part in parts:
                file.write(part)
        system.mv(partly, f"{folder}/{name}")

    def read(self, name: str) -> bytes | None:
        """See `Storage`."""
        system, folder = filesystem(self.url)
        try:
            found: bytes = system.cat_file(f"{folder}/{name}")
        except FileNotFoundError:
            return None
        return found

    def ranges(self, wanted: Sequence[Range]) -> list[bytes]:
        """See `Storage`."""
        system, folder = filesystem(self.url)
        if not wanted:
            return []
        paths = [f"{folder}/{one.name}" for one in wanted]
        starts, stops = [one.start for one in wanted], [one.stop or None for one in wanted]
        found: list[bytes] = system.cat_ranges(paths, starts, stops, on_error="raise")
        return found


def storage_at(path: str) -> Storage:
    """The storage of a folder, by its path or URL."""
    return Elsewhere(path) if is_elsewhere(path) else Local(path)
