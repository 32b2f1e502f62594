"""What the databases spell differently, said once: upserts, larger and smaller values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Engine, Table, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

Row = dict[str, Any]


def insert(connection: Connection, table: Table) -> postgresql.Insert:
    """An INSERT that can say what happens on a conflict, in the words of the connection's database.

    SQLite took the syntax over from PostgreSQL, so both are used alike.
    """
    return insert_in(connection.dialect.name, table)


def insert_in(dialect: str, table: Table) -> postgresql.Insert:
    """As `insert`, by the name of the database: for statements that are made once and kept."""
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    made: postgresql.Insert = make(table)
    return made


def in_one_statement(engine: Engine) -> None:
    """Let many rows that are inserted be one statement, here as on databases where drivers gain.

    A statement a row gives the interpreter away as often, and waits for it as often.
    """
    engine.dialect.use_insertmanyvalues_wo_returning = True


def folded(
    rows: Iterable[Row], identity: Sequence[str], joined: Callable[[Row, Row], Row]
) -> list[Row]:
    """One row of each identity, by its order.

    No statement may meet a row twice, and replicas that take rows in one order never wait for each
    other in a circle.
    """
    of = itemgetter(*identity)
    found: dict[Any, Row] = {}
    for row in rows:
        key = of(row)
        known = found.get(key)
        found[key] = row if known is None else joined(known, row)
    return [found[key] for key in sorted(found)]


class greatest(GenericFunction[int]):  # noqa: N801 (the name of the SQL function)
    """The larger of its arguments, none of which may be NULL."""

    inherit_cache = True


class least(GenericFunction[int]):  # noqa: N801 (the name of the SQL function)
    """The smaller of its arguments, none of which may be NULL."""

    inherit_cache = True


@compiles(greatest, "sqlite")
def _greatest(element: greatest, compiler: Any, **options: Any) -> str:
    return str(compiler.process(func.max(*element.clauses), **options))


@compiles(least, "sqlite")
def _least(element: least, compiler: Any, **options: Any) -> str:
    return str(compiler.process(func.min(*element.clauses), **options))
