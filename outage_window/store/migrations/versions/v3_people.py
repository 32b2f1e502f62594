"""Schema 3: facts are kept whole, people correct incidents, drafts are published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Drafts can be edited from now on: what is not closed is drafted anew."""
    dismissed = sa.Column("dismissed", sa.Boolean, nullable=False, server_default=sa.false())
    for column in (sa.Column("record", sa.LargeBinary), sa.Column("merged_by", sa.Text), dismissed):
        op.add_column("incidents", column)
    op.execute("UPDATE incidents SET merged_by = 'data' WHERE merged_into IS NOT NULL")
    op.execute("UPDATE incidents SET draft = NULL WHERE closed_at IS NULL")
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("incident_id", "field", "value")),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("corrections_by_incident", "corrections", ["incident_id"])
    op.create_table(
        "publications",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("incident_id", "target")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reference", "url")),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
