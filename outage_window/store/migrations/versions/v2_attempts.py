"""Schema 2: attempts are kept by the hour, their users hashed in another way."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

log = logging.getLogger(__name__)


def upgrade() -> None:
    """Drop the attempts: none could be matched with new ones."""
    count = op.get_bind().execute(sa.text("SELECT count(*) FROM attempt_blocks")).scalar_one()
    op.drop_table("attempt_blocks")
    if count:
        log.warning(
            "attempts per user of an earlier version were dropped (%d deliveries): their users"
            " cannot be matched with those of new ones, so tier 2 starts anew",
            count,
        )
    op.create_table(
        "attempt_blocks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("cuts", sa.Text),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    columns = ["service", "hour", "epoch", "size"]
    op.create_index("attempt_blocks_by_hour", "attempt_blocks", columns)
    op.create_table(
        "attempt_bodies",
        sa.Column("sha256", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("attempt_bodies_by_age", "attempt_bodies", ["last"])
