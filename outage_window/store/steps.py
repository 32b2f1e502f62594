"""The steps from one version of the tables to the next, as Alembic takes them."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from outage_window.errors import InputError

FOLDER = Path(__file__).parent / "migrations"
_BEFORE = ("1", "2", "3")
"""Versions that noted themselves in the table `meta`."""


def step_up(connection: Connection, name: str, found: str | None, wanted: str) -> None:
    """Take a database from version `found`, None for an empty one, to `wanted`.

    `InputError` naming the database where no step leads from that version.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise InputError(name, f"expected a database of schema {wanted}, this one has {found}")
    if found in _BEFORE and not inspect(connection).has_table("alembic_version"):
        command.stamp(config, found)
    command.upgrade(config, wanted)
