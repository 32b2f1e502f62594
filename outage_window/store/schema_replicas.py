"""The tables by which replicas keep out of each other's way."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from outage_window.store.metadata import metadata

leads = Table(
    "leads",
    metadata,
    # Who leads a slot, for the fence: a term ends when the next one begins.
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("term", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),  # host and process, for people
    Column("since", BigInteger, nullable=False),
)

publishing = Table(
    "publishing",
    metadata,
    # What is being sent to a target just now, by whom, and until when nobody else does.
    Column("incident_id", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
