"""Ticks at the scan interval until it is told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol, Self

from outage_window.store.leading import NoLongerLed

log = logging.getLogger(__name__)


PATIENCE = 60.0
"""Seconds that another loop's first pass is waited for: whom it asks may not answer."""
BETWEEN = 1.0
"""Seconds between two looks for what cannot wait for the next pass."""


Stopping = Callable[[], bool]
"""Whether to leave a pass where it is: asked between its parts, each of which bears that."""


def never() -> bool:
    """Do the whole pass."""
    return False


class Ticking(Protocol):
    """Whatever does one pass."""

    def tick(self, stopping: Stopping = never) -> None:
        """Do one pass; it must bear being called again after a failure, or after half of it."""


class Loop:
    """A thread that calls `tick()` at each interval, and goes on after any failure.

    `between` is done once a second while nothing else is. `after` is waited for before the first
    pass, at most `PATIENCE` seconds; `done` is set after each. It rests at least `rest` times as
    long as the pass took: one that takes longer than the interval is followed by another soon.
    """

    def __init__(
        self,
        watch: Ticking,
        interval: float,
        name: str = "loop",
        between: Callable[[Stopping], None] | None = None,
        after: threading.Event | None = None,
        rest: float = 0.1,
    ) -> None:
        self._watch = watch
        self._interval = interval
        self._between = between
        self._after = after
        self._rest = rest
        self.done = threading.Event()
        self._stop = threading.Event()
        self._before: tuple[Loop, ...] = ()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self, *before: Self) -> None:
        """Begin with a pass at once; after the last ones of the loops that this one replaces."""
        self._before = before
        self.thread.start()

    def tell(self) -> None:
        """Ask it to stop after that part of a pass which runs."""
        self._stop.set()

    def join(self, patience: float | None = None) -> None:
        """Wait until it has stopped, for at most `patience` seconds."""
        self.thread.join(patience)

    def stop(self, patience: float = 10.0) -> None:
        """Let what runs finish, for at most `patience` seconds."""
        self.tell()
        self.join(patience)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._after is not None and not self._after.wait(0.1):
            if self._stop.is_set() or time.monotonic() > deadline:
                return

    def _run(self) -> None:
        for one in self._before:
            one.join()
        self._before = ()  # their settings and samples may go
        self._wait()
        while not self._stop.is_set():
            began = time.monotonic()
            self._try(self._watch.tick)
            self.done.set()
            took = time.monotonic() - began
            self._pause(max(self._interval - took, self._rest * took))

    def _pause(self, seconds: float) -> None:
        """Wait for the next pass."""
        until = time.monotonic() + seconds
        step = seconds if self._between is None else BETWEEN
        while not self._stop.wait(max(min(step, until - time.monotonic()), 0.0)):
            if time.monotonic() >= until or self._between is None:
                return
            self._try(self._between)

    def _try(self, work: Callable[[Stopping], None]) -> None:
        try:
            work(self._stop.is_set)
        except NoLongerLed as error:
            log.info("a pass was left where it was: %s", error)
        except Exception:
            log.exception("a pass failed; the next one tries again")
