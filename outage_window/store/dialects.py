"""What the databases spell differently, said once: upserts, larger and smaller values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


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
