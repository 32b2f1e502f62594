"""Opens the database: pragmas, schema version, the lock that keeps a second writer out."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from outage_window.errors import InputError
from outage_window.store import schema
from outage_window.store.dialects import insert
from outage_window.store.upgrade import upgrade

BUSY_MS = 2000
WRITING = ("journal_mode = WAL", "synchronous = FULL")
READING = ("query_only = ON",)


def database_file(url: str) -> Path:
    """The file of a SQLite URL; `InputError` for any other database, which none supports yet."""
    expected = "expected sqlite:///FILE"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError("storage.url", expected) from None
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise InputError("storage.url", expected)
    return Path(str(parsed.database))


def engine(path: Path, *, writer: bool) -> Engine:
    """An engine on the file. The writer's transactions take the write lock when they begin."""
    made = create_engine(f"sqlite:///{path}", pool_size=1 if writer else 16, max_overflow=16)

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


def prepare(made: Engine, path: Path) -> None:
    """Make the tables, or refuse a database of another version or of another program."""
    version = {"key": "schema", "value": str(schema.VERSION)}
    query = select(schema.meta.c.value).where(schema.meta.c.key == "schema")
    try:
        with made.begin() as connection:
            tables = inspect(connection).get_table_names()
            if tables and "meta" not in tables:
                raise InputError(str(path), "holds another program's tables; expected a new file")
            if tables:
                found = upgrade(connection, connection.execute(query).scalar())
                _same_version(found, path)
            schema.metadata.create_all(connection)
            connection.execute(
                insert(connection, schema.meta).values(version).on_conflict_do_nothing()
            )
    except DBAPIError as error:
        raise InputError(str(path), f"cannot be opened as a database ({error.orig})") from None


def _same_version(found: str | None, path: Path) -> None:
    """Refuse before anything is written: a later version may have tables of the same names."""
    if found != str(schema.VERSION):
        expected = f"expected a database of schema {schema.VERSION}, this one has {found}"
        raise InputError(str(path), expected)


def lock(path: Path) -> int:
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
