"""Schema 6: which alerts were muted, and over which times was received and asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    """Both begin empty: of what was before nobody noted it."""
    op.create_table(
        "muted_alerts",
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("starts_at", sa.BigInteger, primary_key=True),
        sa.Column("how", sa.Text, primary_key=True),
        sa.Column("service", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("labels", "by")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("first_seen", "last_seen")),
    )
    op.create_index("muted_alerts_by_start", "muted_alerts", ["starts_at"])
    op.create_table(
        "covered",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True),
        sa.Column("end", sa.BigInteger, nullable=False),
    )
