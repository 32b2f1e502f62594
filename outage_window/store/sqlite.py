"""A SQLite file: pragmas, and the lock that keeps a second writer out."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from outage_window.errors import InputError
from outage_window.store.dialects import in_one_statement
from outage_window.store.migrate import migrate
from outage_window.store.opened import Opened

BUSY_MS = 2000
WRITING = ("journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 67108864")
READING = ("query_only = ON",)


def open_file(path: Path) -> Opened:
    """Open or create the database; `InputError` where it cannot be, or another process has it."""
    if not path.parent.is_dir():
        raise InputError(str(path), "expected a path in a folder that exists")
    held = _lock(path)
    writing = engine(path, writer=True)
    try:
        try:
            with writing.begin() as connection:
                migrate(connection, str(path))
        except DBAPIError as error:
            raise InputError(str(path), f"cannot be opened as a database ({error.orig})") from None
    except BaseException:
        writing.dispose()
        os.close(held)
        raise
    return Opened(writing, engine(path, writer=False), lambda: os.close(held))


def engine(path: Path, *, writer: bool) -> Engine:
    """An engine on the file. The writer's transactions take the write lock when they begin."""
    made = create_engine(f"sqlite:///{path}", pool_size=1 if writer else 16, max_overflow=16)
    in_one_statement(made)

    @event.listens_for(made, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late
        try:
            for pragma in (f"busy_timeout = {BUSY_MS}", *(WRITING if writer else READING)):
                connection.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            connection.close()  # nobody else knows of it yet
            raise

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return made


def _lock(path: Path) -> int:
    """Hold the lock file beside the database until the descriptor is closed."""
    try:
        held = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise InputError(str(path), "is in use by another outage-window") from None
    return held
