"""The tables. Times are integers of nanoseconds since the epoch; blobs are compressed arrays."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = 1

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("last_received_at", BigInteger, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("quarantined", Text),  # why the body could not be understood; NULL when it was
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("sender", "sha256"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger),  # NULL while no delivery said that it ended
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("generator_url", Text, nullable=False),
    Column("first_received", BigInteger, nullable=False),
    Column("last_received", BigInteger, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("truncated", Integer, nullable=False),  # the most that was cut off beside it
    UniqueConstraint("sender", "fingerprint", "starts_at"),
    Index("alerts_by_time", "starts_at"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("identity", Text, nullable=False, unique=True),
    Column("time", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("events_by_service", "service", "time"),
)

attempt_blocks = Table(
    "attempt_blocks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("service", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("reasons", Text, nullable=False),  # JSON: the reasons that the block's codes stand for
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("service", "sha256"),
    Index("attempt_blocks_by_time", "service", "start"),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("service", Text, nullable=False),
    Column("role", Text, nullable=False),  # attempts | errors
    Column("labels", Text, nullable=False),  # JSON, sorted
    UniqueConstraint("service", "role", "labels"),
)

sample_blocks = Table(
    "sample_blocks",
    metadata,
    Column("series_id", Integer, primary_key=True),
    Column("start", BigInteger, primary_key=True),  # a multiple of two hours
    Column("last", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    Column("service", Text, primary_key=True),
    Column("covered_to", BigInteger),  # all samples up to here were asked for; NULL: none yet
    Column("source", Text, nullable=False),  # what was read: selectors, or a file's sha256
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("start", BigInteger, nullable=False),  # onset; without a window, the first alert
    Column("end", BigInteger),
    Column("has_window", Boolean, nullable=False),
    Column("alerted", Boolean, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("merged_into", Text),
    Column("revision", Integer, nullable=False),
    Column("moved", Text, nullable=False),  # what this revision changed, in words
    Column("facts", Text, nullable=False),  # JSON: what a later revision is compared with
    Column("document", Text, nullable=False),
    Column("draft", Text),  # rendered at closing
    Column("chart", LargeBinary),
    Index("incidents_by_service", "service", "start"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("incident_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("moved", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("draft", Text),
    Column("chart", LargeBinary),
)
