"""A PostgreSQL database that several replicas share: all receive, one of them derives."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from outage_window.errors import InputError
from outage_window.store.dialects import in_one_statement
from outage_window.store.migrate import migrate
from outage_window.store.opened import Opened

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5
STATEMENT_MS = 30_000
LOCK_MS = 5_000
_MIGRATING = 0x4F57_0001
_LEADING = 0x4F57_0002
"""Numbers of advisory locks, of this program's own choice."""


def open_url(url: URL) -> Opened:
    """Open the database and bring it up to date; `InputError` where that cannot be."""
    name = url.set(password=None).render_as_string()
    try:
        writing, reading = engine(url, writer=True), engine(url, writer=False)
    except ModuleNotFoundError:
        raise InputError(
            name, "expected the extra: pip install 'outage-window[postgresql]'"
        ) from None
    leader = Leader(writing)
    try:
        with writing.begin() as connection:
            _serialise(connection)
            migrate(connection, name)
    except DBAPIError as error:
        writing.dispose()
        reason = " ".join(str(error.orig).split())
        raise InputError(name, f"cannot be opened as a database ({reason})") from None
    except BaseException:
        writing.dispose()
        raise
    return Opened(writing, reading, leader.release, leader.lead)


def engine(url: URL, *, writer: bool) -> Engine:
    """An engine whose commits are on the disk when they return; readers see one state throughout.

    A connection that the server closed meanwhile is noticed before it is used.
    """
    options = f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} "
    options += "-c synchronous_commit=on" if writer else "-c default_transaction_read_only=on"
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=4 if writer else 16,
        max_overflow=16,
        pool_pre_ping=True,
        pool_timeout=CONNECT_SECONDS,
        isolation_level="READ COMMITTED" if writer else "REPEATABLE READ",
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "outage-window",
            "options": options,
        },
    )
    in_one_statement(made)
    return made


def _serialise(connection: Connection) -> None:
    """Replicas that start together make the tables one after another."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})


class Leader:
    """Which replica derives: the one whose connection holds the lock. Its end gives it up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def lead(self) -> bool:
        """Whether this process leads; it does, from now on, where none did."""
        with self._lock:
            try:
                return self._still() or self._taken()
            except SQLAlchemyError:
                self._drop()
                return False

    def release(self) -> None:
        """Let another lead."""
        with self._lock:
            self._drop()

    def _still(self) -> bool:
        if self._connection is None:
            return False
        self._connection.execute(text("SELECT 1"))
        return True

    def _taken(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        query = text("SELECT pg_try_advisory_lock(:key)")
        if not connection.execute(query, {"key": _LEADING}).scalar_one():
            connection.close()
            return False
        self._connection = connection
        log.info("this replica derives now; others only receive")
        return True

    def _drop(self) -> None:
        if self._connection is None:
            return
        log.warning("this replica no longer derives")
        self._connection.invalidate()  # closes it, which gives the lock back
        self._connection.close()
        self._connection = None
