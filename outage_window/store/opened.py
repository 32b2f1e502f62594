"""A database by its URL, whichever it is: to be written, or only looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from outage_window.errors import InputError
from outage_window.store.leading import Everything, Leading

EXPECTED = "expected sqlite:///FILE or postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class Opened:
    """`writing` and `reading` are engines on the same database; `release` gives up what is held.

    `leading` is what of the deriving is this process's: all, where only one can write.
    """

    writing: Engine
    reading: Engine
    release: Callable[[], None]
    leading: Leading = field(default_factory=Everything)


def parsed(url: str) -> URL:
    """The URL of a database that is supported; `InputError` for any other."""
    try:
        found = make_url(url)
    except ArgumentError:
        raise InputError("storage.url", EXPECTED) from None
    in_memory = found.database in (None, "", ":memory:")
    if found.get_backend_name() not in ("sqlite", "postgresql") or in_memory:
        raise InputError("storage.url", EXPECTED)
    return found


def file_of(url: str) -> Path | None:
    """The file of a SQLite URL; None for a server."""
    found = parsed(url)
    return Path(str(found.database)) if found.get_backend_name() == "sqlite" else None


def shown(url: str) -> str:
    """The URL as it may be printed: without a password."""
    return parsed(url).set(password=None).render_as_string()


@contextmanager
def looking(url: str) -> Iterator[Connection]:
    """A connection that only reads, on a database that is there, also while a server has it."""
    from outage_window.store import postgresql, sqlite

    file = file_of(url)
    if file is not None and not file.is_file():
        raise InputError(f"storage.url: {file}", "expected the database of `outage-window serve`")
    made = (
        postgresql.engine(parsed(url), writer=False)
        if file is None
        else sqlite.engine(file, writer=False)
    )
    try:
        with made.connect() as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise InputError(shown(url), f"expected a database of outage-window ({reason})") from None
    finally:
        made.dispose()
