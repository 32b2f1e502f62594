"""The store's door: `Store.open(url)`, then `write(work)` and `read()`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from outage_window.errors import InputError
from outage_window.pseudonyms import Pseudonyms
from outage_window.store import keys
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
        self.names = Pseudonyms(key)
        """What user ids and addresses are called here, by a secret of the operator's or its own."""

    @classmethod
    def open(cls, url: str, user_key_file: str | None = None) -> Store:
        """Open or create the database of a `sqlite:///FILE` URL; `InputError` if that cannot be.

        A second writer on the same file is refused. The key of user ids is read from the file, or
        lies beside the database, where it is made on first use.
        """
        path = database_file(url)
        if not path.parent.is_dir():
            raise InputError(str(path), "expected a path in a folder that exists")
        held = lock(path)
        writing = engine(path, writer=True)
        try:
            prepare(writing, path)
            own = Path(f"{path}.key")
            key = keys.given_key(Path(user_key_file)) if user_key_file else keys.own_key(own)
            with writing.begin() as connection:
                keys.settle(connection, key)
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
