"""Brings a database to the present version, or refuses it before it is touched."""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from outage_window.errors import InputError
from outage_window.store.schema import metadata

SCHEMA = "8"
"""The version of the tables that the code speaks of, which is that of the last step."""

# Alembic's own, by its names; the metadata of our tables must not know it.
_VERSIONS = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)


def migrate(connection: Connection, name: str) -> None:
    """Make the tables, or bring those of an earlier version up to date, in the open transaction.

    `InputError` naming the database where another program's tables lie, or a later version's.
    """
    found = _version(connection, name)
    if found is None:
        _VERSIONS.create(connection, checkfirst=False)
        metadata.create_all(connection, checkfirst=False)
        connection.execute(_VERSIONS.insert().values(version_num=SCHEMA))
    elif found != SCHEMA:
        from outage_window.store.steps import step_up

        step_up(connection, name, found, SCHEMA)


def _version(connection: Connection, name: str) -> str | None:
    """The version that the database says it has; None where it is empty."""
    tables = inspect(connection).get_table_names()
    if _VERSIONS.name in tables:
        query = select(_VERSIONS.c.version_num)
    elif "meta" in tables:  # how the first versions noted themselves
        meta = metadata.tables["meta"]
        query = select(meta.c.value).where(meta.c.key == "schema")
    elif tables:
        raise InputError(name, "holds another program's tables; expected an empty database")
    else:
        return None
    return str(connection.execute(query).scalar())
