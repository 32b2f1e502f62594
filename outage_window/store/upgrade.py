"""Brings a database of an earlier version to the present one, before anything else is done."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, update

from outage_window.store.schema import meta

log = logging.getLogger(__name__)


def upgrade(connection: Connection, version: str | None) -> str | None:
    """The version that the database has afterwards: what is unknown is left alone."""
    for earlier, step in (("1", _to_2), ("2", _to_3)):
        if version == earlier:
            step(connection)
            version = str(int(earlier) + 1)
            changed = update(meta).where(meta.c.key == "schema").values(value=version)
            connection.execute(changed)
    return version


def _to_2(connection: Connection) -> None:
    """Attempts were hashed in another way, so that none could be matched with new ones."""
    count = connection.exec_driver_sql("SELECT count(*) FROM attempt_blocks").scalar_one()
    connection.exec_driver_sql("DROP TABLE attempt_blocks")
    if count:
        log.warning(
            "attempts per user of an earlier version were dropped (%d deliveries): their users"
            " cannot be matched with those of new ones, so tier 2 starts anew",
            count,
        )


def _to_3(connection: Connection) -> None:
    """Facts are kept whole, and drafts can be edited: what is not closed is drafted anew."""
    for column in ("record BLOB", "merged_by TEXT", "dismissed BOOLEAN NOT NULL DEFAULT 0"):
        connection.exec_driver_sql(f"ALTER TABLE incidents ADD COLUMN {column}")
    connection.exec_driver_sql(
        "UPDATE incidents SET merged_by = 'data' WHERE merged_into IS NOT NULL"
    )
    connection.exec_driver_sql("UPDATE incidents SET draft = NULL WHERE closed_at IS NULL")
