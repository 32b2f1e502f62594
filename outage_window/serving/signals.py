"""Signals as a queue: the main thread takes one after the other, handlers do next to nothing."""

from __future__ import annotations

import os
import select
import signal

STOP = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """SIGTERM, SIGINT and SIGHUP from now on; to be made in the main thread, once.

    They come through a pipe. The kernel may give a signal to any thread, and one that waits for
    something else does not wake the main thread for it: what is written into the pipe does.

    A second SIGINT ends the process at once: a person at the keyboard does not want to wait, and
    what was acknowledged is on the disk. A second SIGTERM may come from whoever forwards signals.
    """

    def __init__(self) -> None:
        self._interrupted = False
        self._came, told = os.pipe()
        os.set_blocking(told, False)
        signal.set_wakeup_fd(told)
        for number in (*STOP, signal.SIGHUP):
            signal.signal(number, self._take)

    def next(self, seconds: float | None = None) -> int | None:
        """Wait for a signal; None when none came in time."""
        ready, _, _ = select.select([self._came], [], [], seconds)
        return os.read(self._came, 1)[0] if ready else None

    def _take(self, number: int, _frame: object) -> None:
        """What is done beside writing into the pipe, as soon as the main thread does anything."""
        if number == signal.SIGINT:
            if self._interrupted:
                os._exit(128 + number)
            self._interrupted = True
