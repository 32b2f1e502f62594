"""Signals as a queue: the main thread takes one after the other, handlers do nothing else."""

from __future__ import annotations

import os
import signal
from queue import Empty, SimpleQueue

STOP = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """SIGTERM, SIGINT and SIGHUP from now on; to be made in the main thread.

    A second SIGINT ends the process at once: a person at the keyboard does not want to wait, and
    what was acknowledged is on the disk. A second SIGTERM may come from whoever forwards signals.
    """

    def __init__(self) -> None:
        self._came: SimpleQueue[int] = SimpleQueue()
        self._interrupted = False
        for number in (*STOP, signal.SIGHUP):
            signal.signal(number, self._take)

    def next(self, seconds: float | None = None) -> int | None:
        """Wait for a signal; None when none came in time."""
        try:
            return self._came.get(timeout=seconds)
        except Empty:
            return None

    def _take(self, number: int, _frame: object) -> None:
        if number == signal.SIGINT:
            if self._interrupted:
                os._exit(128 + number)
            self._interrupted = True
        self._came.put(number)
