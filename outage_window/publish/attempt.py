"""That one process at a time publishes an incident: what it asks before it changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


def _nothing() -> None:
    """Nobody else publishes."""


@dataclass(slots=True)
class Attempt:
    """`renew()` raises where another process may publish the same by now; it is called before each
    request that changes something. `made`: somebody may have made something, and not noted it."""

    renew: Callable[[], None] = _nothing
    made: bool = False


_CURRENT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def current() -> Attempt:
    """The attempt of this thread; one that nobody else can be in the way of, where none is."""
    return _CURRENT.get() or Attempt()


@contextmanager
def attempting(attempt: Attempt) -> Iterator[None]:
    """Whatever this thread publishes meanwhile belongs to this attempt."""
    before = _CURRENT.set(attempt)
    try:
        yield
    finally:
        _CURRENT.reset(before)
