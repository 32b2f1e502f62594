"""The tables. Times are integers of nanoseconds since the epoch; blobs are compressed arrays."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from outage_window.store.metadata import metadata as metadata
from outage_window.store.schema_missed import backfilled_alerts as backfilled_alerts
from outage_window.store.schema_missed import covered as covered
from outage_window.store.schema_missed import muted_alerts as muted_alerts
from outage_window.store.schema_missed import silences as silences
from outage_window.store.schema_missed import watermarks as watermarks
from outage_window.store.schema_replicas import leads as leads
from outage_window.store.schema_replicas import publishing as publishing

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
    Index("deliveries_by_reception", "last_received_at"),
    Index(
        "deliveries_in_quarantine",
        "last_received_at",
        sqlite_where=text("quarantined IS NOT NULL"),
        postgresql_where=text("quarantined IS NOT NULL"),
    ),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger),  # NULL while no delivery said that it ended
    Column("service", Text),  # by the settings; NULL: no evidence, such as our own voice
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("generator_url", Text, nullable=False),
    Column("first_received", BigInteger, nullable=False),
    Column("last_received", BigInteger, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("truncated", Integer, nullable=False),  # the most that was cut off beside it
    UniqueConstraint("sender", "fingerprint", "starts_at"),
    Index("alerts_by_service", "service", "starts_at"),
    Index("alerts_by_reception", "last_received"),
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
    Index("events_by_reception", "received_at"),
)

attempt_blocks = Table(
    "attempt_blocks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),  # of the key that its users are hashed under
    Column("service", Text, nullable=False),
    Column("hour", Integer, nullable=False),  # since the epoch
    Column("size", Integer, nullable=False),  # records
    Column("reasons", Text, nullable=False),  # JSON: the reasons that the block's codes stand for
    Column("cuts", Text),  # JSON: for each minute that is a sample the hash that users are below
    Column("data", LargeBinary, nullable=False),
    # Covers what is asked when blocks are looked for that may be merged.
    Index("attempt_blocks_by_hour", "service", "hour", "epoch", "size"),
    sqlite_autoincrement=True,  # no number comes twice: the newest one tells that something came
)

attempt_bodies = Table(
    "attempt_bodies",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("last", BigInteger, nullable=False),  # the time of its newest attempt
    Index("attempt_bodies_by_age", "last"),
    sqlite_with_rowid=False,
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

sample_arrivals = Table(
    "sample_arrivals",
    metadata,
    # As sent by remote write: of one request and service, until they are merged into blocks.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("service", Text, nullable=False),
    Column("first", BigInteger, nullable=False),  # the time of its oldest sample
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("sample_arrivals_by_service", "service", "id"),
    sqlite_autoincrement=True,  # no number comes twice: the newest merged one tells which are gone
)

rested = Table(
    "rested",
    metadata,
    # What a service in which nothing happens was judged by: whoever leads it next goes on from it.
    Column("service", Text, primary_key=True),
    Column("under", Text, nullable=False),  # a hash of its settings
    Column("until", BigInteger, nullable=False),  # the time of its newest sample
    Column("state", LargeBinary, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    Column("service", Text, primary_key=True),
    # All samples up to here were asked for, NULL: none yet; of remote write, the newest arrival
    # that was merged into blocks.
    Column("covered_to", BigInteger),
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
    Column("merged_by", Text),  # data | people; NULL while it stands for itself
    Column("dismissed", Boolean, nullable=False, server_default=false()),  # people say: no incident
    Column("revision", Integer, nullable=False),
    Column("moved", Text, nullable=False),  # what this revision changed, in words
    Column("facts", Text, nullable=False),  # JSON: what a later revision is compared with
    Column("document", Text, nullable=False),
    Column("record", LargeBinary),  # the facts whole; NULL where an earlier version closed it
    Column("draft", Text),  # with what people wrote into it
    Column("chart", LargeBinary),
    Index("incidents_by_service", "service", "start"),
)

board = Table(
    "board",
    metadata,
    # What the board shows and searches, without the weight of the incidents themselves.
    Column("incident_id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),  # of the window; empty without one
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger),
    Column("lasting", Boolean, nullable=False),  # it is still going on, as far as is known
    Column("dismissed", Boolean, nullable=False),
    Column("title", Text, nullable=False),  # as people named it; empty where nobody did
    Column("todos", Integer),  # blanks of the draft; NULL without a draft
    Column("figures", Text, nullable=False),  # JSON: a part of the document
    Column("changed_at", BigInteger, nullable=False),
    Index("board_in_order", "dismissed", "lasting", "start"),
    Index("board_by_change", "changed_at", "start"),  # all that `board.version` reads
)

cells = Table(
    "cells",
    metadata,
    # The intervals around a closed incident in full, for who looks closer than its chart.
    Column("incident_id", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),  # empty: taken back
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("corrections_by_incident", "incident_id"),
)

publications = Table(
    "publications",
    metadata,
    Column("incident_id", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("reference", Text, nullable=False),  # what the other side calls it
    Column("url", Text, nullable=False),
    Column("revision", Integer, nullable=False),  # the newest that it was given
    Column("at", BigInteger, nullable=False),
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

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("declared_at", BigInteger, nullable=False),
    Index("maintenance_by_service", "service", "end"),
)
