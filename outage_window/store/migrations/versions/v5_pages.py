"""Schema 5: what the board shows of each incident, and the intervals around it in full."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Rows of stored incidents are filled in when the database is opened."""
    op.create_table(
        "board",
        sa.Column("incident_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("service", "state", "kind")),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("lasting", "dismissed")),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("todos", sa.Integer),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("board_in_order", "board", ["dismissed", "lasting", "start"])
    op.create_index("board_by_change", "board", ["changed_at", "start"])
    op.create_table(
        "cells",
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
