"""Sessions that people ended themselves: a copy of the cookie is no good after that, anywhere."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from outage_window.store.dialects import insert
from outage_window.store.schema import meta

_ENDED = "signed_out/"
_DIGITS = 12


def note(connection: Connection, session: str, until: float, now: float) -> None:
    """Note that a session is over, which would else be good until then; forget what is past."""
    past = meta.c.key.startswith(_ENDED, autoescape=True) & (meta.c.value < _text(now))
    connection.execute(delete(meta).where(past))
    row = insert(connection, meta).values(key=f"{_ENDED}{session}", value=_text(until))
    connection.execute(row.on_conflict_do_nothing())


def noted(connection: Connection, session: str) -> bool:
    """Whether somebody ended it."""
    query = select(meta.c.key).where(meta.c.key == f"{_ENDED}{session}")
    return connection.execute(query).first() is not None


def _text(seconds: float) -> str:
    """A time as text that sorts as times do."""
    return f"{max(int(seconds), 0):0{_DIGITS}d}"
