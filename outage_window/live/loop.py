"""Ticks at the scan interval until it is told to stop."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

log = logging.getLogger(__name__)


PATIENCE = 60.0
"""Seconds that another loop's first pass is waited for: whom it asks may not answer."""


class Ticking(Protocol):
    """Whatever does one pass."""

    def tick(self) -> None:
        """Do one pass; it must bear being called again after a failure."""


class Loop:
    """A thread that calls `tick()`, waits for the interval, and goes on after any failure.

    `after` is waited for before the first pass, at most `PATIENCE` seconds; `done` is set after it.
    """

    def __init__(
        self, watch: Ticking, interval: float, after: threading.Event | None = None
    ) -> None:
        self._watch = watch
        self._interval = interval
        self._after = after
        self.done = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loop", daemon=True)

    def start(self) -> None:
        """Begin with a pass at once."""
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Let the pass that runs finish, for at most `patience` seconds."""
        self._stop.set()
        self._thread.join(patience)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._after is not None and not self._after.wait(0.1):
            if self._stop.is_set() or time.monotonic() > deadline:
                return

    def _run(self) -> None:
        self._wait()
        while not self._stop.is_set():
            try:
                self._watch.tick()
            except Exception:
                log.exception("a pass failed; the next one tries again")
            self.done.set()
            self._stop.wait(self._interval)
