"""Schema 8: what services that rest were judged by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"


def upgrade() -> None:
    """It begins empty: each service is judged as a whole once."""
    op.create_table(
        "rested",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("under", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
