"""What Alembic asks for: runs the steps on the connection that it is given."""

from __future__ import annotations

from alembic import context

from outage_window.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
