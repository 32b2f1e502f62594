"""The store's door: `Store.open(url)`, then `write(work)` and `read()`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from outage_window.errors import InputError
from outage_window.store.engine import database_file, engine, lock, prepare
from outage_window.store.writer import PATIENCE, Work, Writer

T = TypeVar("T")


class Store:
    """A database with one writer; what may be written is in the modules beside this one.

    They are functions over a connection: `store.write(lambda c: events.keep(c, ...))`,
    `with store.read() as c: events.of(c, ...)`. Work that is written must bear repetition.
    """

    def __init__(self, readers: Engine, writer: Writer, key: bytes, held: int) -> None:
        self._readers = readers
        self._writer = writer
        self._held = held
        self.user_key = key
        """The secret under which user ids are hashed; it lies beside the database."""

    @classmethod
    def open(cls, url: str) -> Store:
        """Open or create the database of a `sqlite:///FILE` URL; `InputError` if that cannot be.

        A second writer on the same file is refused.
        """
        path = database_file(url)
        if not path.parent.is_dir():
            raise InputError(str(path), "expected a path in a folder that exists")
        held = lock(path)
        writing = engine(path, writer=True)
        try:
            prepare(writing, path)
            key = _user_key(Path(f"{path}.key"))
        except BaseException:
            writing.dispose()
            os.close(held)
            raise
        return cls(engine(path, writer=False), Writer(writing), key, held)

    def write(self, work: Work[T], patience: float = PATIENCE) -> T:
        """Run `work` on the writing connection; return its result after COMMIT (`StoreFailed`)."""
        return self._writer.submit(work, patience)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout, and cannot write."""
        with self._readers.connect() as connection, connection.begin():
            yield connection

    @property
    def waiting(self) -> int:
        """How many writes are queued now."""
        return self._writer.waiting

    def close(self) -> None:
        """Commit what is queued, close the database and give the lock back."""
        self._readers.dispose()
        self._writer.close()
        os.close(self._held)


def _user_key(path: Path) -> bytes:
    """The key file's bytes, made on first use for the owner's eyes alone."""
    try:
        held = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes() if path.is_file() else b""
    else:
        key = secrets.token_bytes(32)
        with os.fdopen(held, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
    if len(key) != 32:
        raise InputError(str(path), "expected the 32 bytes that this program once wrote there")
    return key
