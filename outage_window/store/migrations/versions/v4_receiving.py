"""Schema 4: alerts know their service, and what came is found by when it came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


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
