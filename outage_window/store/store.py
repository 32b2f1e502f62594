"""The store's door: `Store.open(url)`, then `write(work)` and `read()`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from outage_window.errors import InputError
from outage_window.pseudonyms import Pseudonyms
from outage_window.store import board, keys, postgresql, sqlite
from outage_window.store.leading import Leading, Lease
from outage_window.store.opened import Opened, file_of, parsed
from outage_window.store.writer import PATIENCE, Committed, Gathered, Work, Writer, unheard

T = TypeVar("T")
_LEASE: ContextVar[Lease | None] = ContextVar("lease", default=None)


class Store:
    """A database with one writer; what may be written is in the modules beside this one.

    They are functions over a connection: `store.write(lambda c: events.keep(c, ...))`,
    `with store.read() as c: events.of(c, ...)`. Work that is written must bear repetition.
    """

    def __init__(self, opened: Opened, writer: Writer, key: bytes) -> None:
        self._opened = opened
        self._writer = writer
        self.names = Pseudonyms(key)
        """What user ids and addresses are called here, by a secret of the operator's or its own."""
        self.session_key = keys.derived(key, b"sessions")
        """What sessions are signed under: the same after a restart, and on every replica."""

    @classmethod
    def open(
        cls, url: str, user_key_file: str | None = None, committed: Committed = unheard
    ) -> Store:
        """Open or create the database of a URL; `InputError` if that cannot be.

        A second writer on a SQLite file is refused; replicas may share a PostgreSQL database. The
        key of user ids is read from the file, or lies beside a SQLite database, where it is made on
        first use. `committed` is told of each transaction.
        """
        file = file_of(url)
        if file is None and user_key_file is None:
            expected = "expected a file of at least 32 bytes, the same for all replicas"
            raise InputError("attempts.user_key_file", expected)
        opened = postgresql.open_url(parsed(url)) if file is None else sqlite.open_file(file)
        try:
            key = _key(file, user_key_file)
            with opened.writing.begin() as connection:
                keys.settle(connection, key)
                board.fill(connection)
        except BaseException:
            opened.writing.dispose()
            opened.release()
            raise
        return cls(opened, Writer(opened.writing, committed=committed), key)

    def write(self, work: Work[T], patience: float = PATIENCE) -> T:
        """Run `work` on the writing connection; return its result after COMMIT (`StoreFailed`).

        Under a lease that is lost meanwhile nothing is written: `NoLongerLed`.
        """
        lease = _LEASE.get()
        if lease is None:
            return self._writer.submit(work, patience)

        def checked(connection: Connection) -> T:
            lease.check(connection)
            return work(connection)

        return self._writer.submit(checked, patience)

    @contextmanager
    def under(self, lease: Lease) -> Iterator[None]:
        """What this thread writes meanwhile is derived: stored only while the lease holds."""
        before = _LEASE.set(lease)
        try:
            yield
        finally:
            _LEASE.reset(before)

    def gather(self, together: Gathered[T], item: T, patience: float = PATIENCE) -> None:
        """As `write`, for what many ask at once: `together(connection, items)` runs for all."""
        self._writer.gather(together, item, patience)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout, and cannot write."""
        with self._opened.reading.connect() as connection, connection.begin():
            yield connection

    @property
    def leading(self) -> Leading:
        """What of the deriving is this process's; the rest it only receives for."""
        return self._opened.leading

    @property
    def thread(self) -> threading.Thread:
        """The thread that writes: without it nothing can be kept."""
        return self._writer.thread

    @property
    def waiting(self) -> int:
        """How many writes are queued now."""
        return self._writer.waiting

    def close(self) -> None:
        """Commit what is queued, close the database and give up what is held."""
        self._writer.close()
        self._opened.release()
        self._opened.reading.dispose()
        self._opened.writing.dispose()


def _key(file: Path | None, user_key_file: str | None) -> bytes:
    if user_key_file is not None:
        return keys.given_key(Path(user_key_file))
    return keys.own_key(Path(f"{file}.key"))
