"""Schema 4: alerts know their service; what is sent, asked for and announced has its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Services of stored alerts are filled in by the settings, when the server starts."""
    op.add_column("alerts", sa.Column("service", sa.Text))
    op.drop_index("alerts_by_time", "alerts")
    op.create_index("alerts_by_service", "alerts", ["service", "starts_at"])
    op.create_index("alerts_by_reception", "alerts", ["last_received"])
    op.create_index("deliveries_by_reception", "deliveries", ["last_received_at"])
    there = sa.text("quarantined IS NOT NULL")
    op.create_index(
        "deliveries_in_quarantine",
        "deliveries",
        ["last_received_at"],
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_index("events_by_reception", "events", ["received_at"])
    op.execute("DELETE FROM meta WHERE key = 'schema'")
    _sent()
    _announced()


def _sent() -> None:
    op.create_table(
        "sample_arrivals",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("sample_arrivals_by_service", "sample_arrivals", ["service", "id"])
    op.create_table(
        "backfilled_alerts",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("source", "fingerprint")),
        sa.Column("starts_at", sa.BigInteger, primary_key=True),
        sa.Column("service", sa.Text),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("labels", "annotations")),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("external", sa.Text),
        *(
            sa.Column(name, sa.BigInteger)
            for name in ("active_since", "valid_until", "missing_since")
        ),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("fetched_at", "seen_at")),
    )
    op.create_index("backfilled_alerts_by_service", "backfilled_alerts", ["service", "starts_at"])


def _announced() -> None:
    op.create_table(
        "silences",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("starts_at", "ends_at")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("matchers", "comment")),
        sa.Column("planned", sa.Boolean, nullable=False),
    )
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("start", "end")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reason", "by")),
        sa.Column("declared_at", sa.BigInteger, nullable=False),
    )
    op.create_index("maintenance_by_service", "maintenance", ["service", "end"])
    op.create_table(
        "watermarks",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
