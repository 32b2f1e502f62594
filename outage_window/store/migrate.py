"""Brings a database to the present version, step by step, or refuses it before it is touched."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from outage_window.errors import InputError

FOLDER = Path(__file__).parent / "migrations"
_VERSIONS = "alembic_version"
_BEFORE = ("1", "2", "3")
"""Versions that noted themselves in the table `meta`."""


def migrate(connection: Connection, name: str) -> None:
    """Make the tables, or bring those of an earlier version up to date, in the open transaction.

    `InputError` naming the database where another program's tables lie, or a later version's.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    found, wanted = _version(connection, name), scripts.get_current_head()
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise InputError(name, f"expected a database of schema {wanted}, this one has {found}")
    if found in _BEFORE and _VERSIONS not in inspect(connection).get_table_names():
        command.stamp(config, found)
    command.upgrade(config, "head")


def _version(connection: Connection, name: str) -> str | None:
    """The version that the database says it has; None where it is empty."""
    tables = inspect(connection).get_table_names()
    if _VERSIONS in tables:
        query = f"SELECT version_num FROM {_VERSIONS}"  # noqa: S608 (a name of our own)
    elif "meta" in tables:
        query = "SELECT value FROM meta WHERE key = 'schema'"
    elif tables:
        raise InputError(name, "holds another program's tables; expected an empty database")
    else:
        return None
    return str(connection.execute(text(query)).scalar())
