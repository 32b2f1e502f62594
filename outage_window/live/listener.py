"""One who listens to the news: what is told to it waits for whoever sends it on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue

PATIENCE = 15.0
"""Seconds after which a listener ends that holds a thread: a browser comes again by itself."""


class Listener:
    """The body of an answer that goes on.

    A server that holds connections without a thread each takes it over with `follow`. Any other
    iterates over it, which holds a thread, and so comes to an end.
    """

    def __init__(self, incident: str | None, told: object, beginning: bytes) -> None:
        self.incident = incident
        self.told = told
        """What it knows."""
        self.since = time.monotonic()
        self.closed = False
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._waiting.put(beginning)
        self._wake: Callable[[], None] | None = None

    def tell(self, data: bytes) -> None:
        """Let it have this, too."""
        self._put(data)

    def end(self) -> None:
        """Let it come to an end after what was told."""
        self.closed = True
        self._put(None)

    def follow(self, wake: Callable[[], None]) -> None:
        """Call `wake` from now on whenever there is something to take; some may wait already."""
        self._wake = wake

    def taken(self) -> tuple[bytes, bool]:
        """What waited, and whether nothing comes after it."""
        found: list[bytes | None] = []
        with suppress(Empty):
            while True:
                found.append(self._waiting.get_nowait())
        return b"".join(one for one in found if one is not None), None in found

    def close(self) -> None:
        """Nobody listens any more. Takes no lock: it is called from anywhere."""
        self.closed = True
        self._wake = None

    def __iter__(self) -> Iterator[bytes]:
        until = time.monotonic() + PATIENCE
        with suppress(Empty):
            while True:
                left = until - time.monotonic()
                data = self._waiting.get(left > 0, max(left, 0))
                if data is None:
                    return
                yield data

    def _put(self, data: bytes | None) -> None:
        self._waiting.put(data)
        wake = self._wake
        if wake is not None:
            wake()
