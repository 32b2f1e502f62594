"""Keeps what came and what was derived: SQLAlchemy Core over SQLite, one writer, many readers."""

from outage_window.store.store import Store
from outage_window.store.writer import Full, StoreFailed

__all__ = ["Full", "Store", "StoreFailed"]
