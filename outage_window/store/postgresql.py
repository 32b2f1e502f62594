"""A PostgreSQL database that several replicas share: all receive, each derives its share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from outage_window.errors import InputError
from outage_window.store.dialects import in_one_statement
from outage_window.store.migrate import migrate
from outage_window.store.opened import Opened
from outage_window.store.sharing import SESSION, Sharing

CONNECT_SECONDS = 5
STATEMENT_MS = 30_000
LOCK_MS = 5_000
STALLED_MS = 5_000
"""What hangs in the middle of a transaction for longer is rolled back: others wait for it."""
OLDEST = 14
"""The first version that ends sessions which lie idle."""
_MIGRATING = 0x4F57_0001
"""The number of an advisory lock, of this program's own choice."""


def open_url(url: URL) -> Opened:
    """Open the database and bring it up to date; `InputError` where that cannot be."""
    name = url.set(password=None).render_as_string()
    try:
        writing, reading = engine(url, writer=True), engine(url, writer=False)
    except ModuleNotFoundError:
        raise InputError(
            name, "expected the extra: pip install 'outage-window[postgresql]'"
        ) from None
    try:
        with writing.begin() as connection:
            _check_version(connection, name)
            _serialise(connection)
            migrate(connection, name)
    except DBAPIError as error:
        writing.dispose()
        reason = " ".join(str(error.orig).split())
        raise InputError(name, f"cannot be opened as a database ({reason})") from None
    except BaseException:
        writing.dispose()
        raise
    sharing = Sharing(_sessions(url))
    return Opened(writing, reading, sharing.close, sharing)


def engine(url: URL, *, writer: bool) -> Engine:
    """An engine whose commits are on the disk when they return; readers see one state throughout.

    A connection that the server closed meanwhile is noticed before it is used.
    """
    options = f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} "
    options += (
        f"-c synchronous_commit=on -c idle_in_transaction_session_timeout={STALLED_MS}"
        if writer
        else "-c default_transaction_read_only=on"
    )
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=4 if writer else 16,
        max_overflow=16,
        pool_pre_ping=True,
        pool_timeout=CONNECT_SECONDS,
        isolation_level="READ COMMITTED" if writer else "REPEATABLE READ",
        connect_args=_arguments(options),
    )
    in_one_statement(made)
    return made


def _sessions(url: URL) -> Engine:
    """Makes sessions that hold locks: one that asks for nothing, or cannot be reached, ends."""
    unheard = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args=_arguments(SESSION) | unheard | {"tcp_user_timeout": 4000},
    )


def _arguments(options: str) -> dict[str, Any]:
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "outage-window",
        "options": options,
    }


def _check_version(connection: Connection, name: str) -> None:
    number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if number < OLDEST * 10_000:
        found = number // 10_000
        raise InputError(name, f"expected PostgreSQL {OLDEST} or later, this is {found}")


def _serialise(connection: Connection) -> None:
    """Replicas that start together make the tables one after another."""
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
