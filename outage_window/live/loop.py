"""Ticks at the scan interval until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)


class Ticking(Protocol):
    """Whatever does one pass."""

    def tick(self) -> None:
        """Do one pass; it must bear being called again after a failure."""


class Loop:
    """A thread that calls `tick()`, waits for the interval, and goes on after any failure.

    `lead` is asked before each pass: where it says no, another process does it.
    """

    def __init__(
        self, watch: Ticking, interval: float, lead: Callable[[], bool] = lambda: True
    ) -> None:
        self._watch = watch
        self._interval = interval
        self._lead = lead
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loop", daemon=True)

    def start(self) -> None:
        """Begin with a pass at once."""
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Let the pass that runs finish, for at most `patience` seconds."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._lead():
                    self._watch.tick()
            except Exception:
                log.exception("a pass failed; the next one tries again")
            self._stop.wait(self._interval)
