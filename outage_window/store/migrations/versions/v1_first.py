"""Schema 1: deliveries, alerts, events, attempts, samples and incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

TEXT, BIG, INT, BLOB = sa.Text, sa.BigInteger, sa.Integer, sa.LargeBinary


def upgrade() -> None:
    """Make the first tables."""
    op.create_table("meta", _text("key", primary_key=True), _text("value"))
    _received()
    _attempts()
    _measured()
    _derived()


def _received() -> None:
    op.create_table(
        "deliveries",
        _id(),
        _text("sender"),
        _text("sha256"),
        *(sa.Column(name, BIG, nullable=False) for name in ("received_at", "last_received_at")),
        sa.Column("copies", INT, nullable=False),
        sa.Column("quarantined", TEXT),
        sa.Column("body", BLOB, nullable=False),
        sa.UniqueConstraint("sender", "sha256"),
    )
    op.create_table(
        "alerts",
        _id(),
        *(_text(name) for name in ("sender", "fingerprint")),
        sa.Column("starts_at", BIG, nullable=False),
        sa.Column("ends_at", BIG),
        *(_text(name) for name in ("labels", "annotations", "generator_url")),
        *(sa.Column(name, BIG, nullable=False) for name in ("first_received", "last_received")),
        *(sa.Column(name, INT, nullable=False) for name in ("deliveries", "truncated")),
        sa.UniqueConstraint("sender", "fingerprint", "starts_at"),
    )
    op.create_index("alerts_by_time", "alerts", ["starts_at"])
    op.create_table(
        "events",
        _id(),
        _text("identity", unique=True),
        sa.Column("time", BIG, nullable=False),
        *(_text(name) for name in ("type", "service", "text", "team")),
        sa.Column("received_at", BIG, nullable=False),
    )
    op.create_index("events_by_service", "events", ["service", "time"])


def _attempts() -> None:
    op.create_table(
        "attempt_blocks",
        _id(),
        *(_text(name) for name in ("service", "sha256")),
        *(sa.Column(name, BIG, nullable=False) for name in ("start", "last")),
        sa.Column("size", INT, nullable=False),
        _text("reasons"),
        sa.Column("data", BLOB, nullable=False),
        sa.UniqueConstraint("service", "sha256"),
    )
    op.create_index("attempt_blocks_by_time", "attempt_blocks", ["service", "start"])


def _measured() -> None:
    op.create_table(
        "series",
        _id(),
        *(_text(name) for name in ("service", "role", "labels")),
        sa.UniqueConstraint("service", "role", "labels"),
    )
    op.create_table(
        "sample_blocks",
        sa.Column("series_id", INT, primary_key=True),
        sa.Column("start", BIG, primary_key=True),
        sa.Column("last", BIG, nullable=False),
        sa.Column("size", INT, nullable=False),
        sa.Column("data", BLOB, nullable=False),
    )
    op.create_table(
        "progress",
        _text("service", primary_key=True),
        sa.Column("covered_to", BIG),
        _text("source"),
    )


def _derived() -> None:
    op.create_table(
        "incidents",
        _text("id", primary_key=True),
        *(_text(name) for name in ("service", "state")),
        sa.Column("start", BIG, nullable=False),
        sa.Column("end", BIG),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("has_window", "alerted")),
        *(sa.Column(name, BIG, nullable=False) for name in ("opened_at", "updated_at")),
        sa.Column("closed_at", BIG),
        sa.Column("merged_into", TEXT),
        sa.Column("revision", INT, nullable=False),
        *(_text(name) for name in ("moved", "facts", "document")),
        sa.Column("draft", TEXT),
        sa.Column("chart", BLOB),
    )
    op.create_index("incidents_by_service", "incidents", ["service", "start"])
    op.create_table(
        "revisions",
        _text("incident_id", primary_key=True),
        sa.Column("revision", INT, primary_key=True),
        sa.Column("made_at", BIG, nullable=False),
        *(_text(name) for name in ("moved", "document")),
        sa.Column("draft", TEXT),
        sa.Column("chart", BLOB),
    )


def _id() -> sa.Column[int]:
    return sa.Column("id", INT, primary_key=True)


def _text(name: str, *, primary_key: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=primary_key, unique=unique or None, nullable=False)
