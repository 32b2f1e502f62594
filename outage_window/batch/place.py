"""Where an analysis works: a folder of its own that outlives an interruption, found again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from detector.estimate import Origin
from outage_window.batch.request import Request
from outage_window.errors import InputError
from outage_window.sources.files import filesystem, is_elsewhere, openable

KEPT = 7 * 86400
"""Seconds for which what an interrupted analysis has done is kept."""
ROOM = 1.1
LOCK = "lock"


class Interrupted(KeyboardInterrupt):
    """It was interrupted, and what it had done is kept."""


def usual() -> str:
    """Where analyses work unless it is said otherwise: the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return str(Path(home) / "outage-window" / "analyses")


@contextmanager
def place(
    request: Request, beside: Sequence[Origin], weight: int, resume: bool, parent: str | None
) -> Iterator[str]:
    """A folder for this analysis in `parent`, a path or URL, with `weight` bytes of room.

    `beside` are the files that were read beside the series, whatever patterns named them.

    It is removed at the end. Where the analysis is interrupted or fails it stays, and with `resume`
    the same analysis of the same files finds it again. `InputError` where there is no room.
    """
    parent = parent or usual()
    folders = _at_url if is_elsewhere(parent) else _of_this_machine
    with folders(parent, _key(request, beside), weight, resume) as (folder, remove):
        try:
            yield folder
        except InputError:
            remove()
            raise
        except KeyboardInterrupt:
            raise Interrupted from None
        remove()


Placed = tuple[str, Callable[[], None]]
"""A folder, and what removes it."""


@contextmanager
def _at_url(parent: str, key: str, _weight: int, resume: bool) -> Iterator[Placed]:
    """A folder elsewhere. Nothing keeps two of the same analysis apart there but their own writes,
    which are the same."""
    system, path = filesystem(f"{parent.rstrip('/')}/{key}")

    def remove() -> None:
        with suppress(FileNotFoundError):
            system.rm(path, recursive=True)

    with openable(parent):
        if not resume:
            remove()
        system.makedirs(path, exist_ok=True)
    yield f"{parent.rstrip('/')}/{key}", remove


@contextmanager
def _of_this_machine(parent: str, key: str, weight: int, resume: bool) -> Iterator[Placed]:
    """A folder that no other process works in."""
    with _locked(Path(parent), key) as folder:
        if not resume:
            _emptied(folder)
        _sweep(folder.parent)
        free = shutil.disk_usage(folder).free
        if free < ROOM * weight - _size(folder):
            raise InputError(
                parent,
                f"up to {weight >> 20} MiB may be needed, {free >> 20} are free;"
                " --work-dir names another place",
            )
        yield str(folder), lambda: shutil.rmtree(folder, ignore_errors=True)


def _key(request: Request, beside: Sequence[Origin]) -> str:
    """What two runs must have in common for one to use what the other has done."""
    about: list[Any] = [version("outage-window"), np.__version__, asdict(request)]
    for name in request.exports:
        with suppress(OSError):
            about.append(_version(name))
    about += [(one.name, one.sha256) for one in beside]

    def plain(one: object) -> object:
        return sorted(one) if isinstance(one, frozenset) else repr(one)

    return hashlib.sha256(json.dumps(about, default=plain).encode()).hexdigest()[:16]


def _version(name: str) -> tuple[object, ...]:
    """What changes when a file does."""
    if is_elsewhere(name):
        system, path = filesystem(name)
        return name, system.ukey(path)
    found = os.stat(name)
    return os.path.abspath(name), found.st_size, found.st_mtime_ns


@contextmanager
def _locked(parent: Path, key: str) -> Iterator[Path]:
    """The first folder of that key that no other process works in."""
    for number in count():
        folder = parent / f"{key}-{number}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputError(
                str(folder),
                f"cannot be written ({error.strerror}); --work-dir names another place",
            ) from None
        try:
            if not _lock(held):
                continue
            yield folder
            return
        finally:
            os.close(held)


def _lock(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _emptied(folder: Path) -> None:
    for one in folder.iterdir():
        if one.name != LOCK:
            one.unlink()


def _size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.iterdir())


def _sweep(parent: Path) -> None:
    """Remove what was interrupted long ago."""
    for folder in parent.iterdir():
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > KEPT:
                shutil.rmtree(folder)
