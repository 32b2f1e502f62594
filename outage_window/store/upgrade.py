"""Brings a database of an earlier version to the present one, before anything else is done."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, update

from outage_window.store.schema import meta

log = logging.getLogger(__name__)


def upgrade(connection: Connection, version: str | None) -> str | None:
    """The version that the database has afterwards: what is unknown is left alone.

    From 1 to 2: attempts were hashed in another way, so that none could be matched with new ones.
    """
    if version != "1":
        return version
    count = connection.exec_driver_sql("SELECT count(*) FROM attempt_blocks").scalar_one()
    connection.exec_driver_sql("DROP TABLE attempt_blocks")
    connection.execute(update(meta).where(meta.c.key == "schema").values(value="2"))
    if count:
        log.warning(
            "attempts per user of an earlier version were dropped (%d deliveries): their users"
            " cannot be matched with those of new ones, so tier 2 starts anew",
            count,
        )
    return "2"
