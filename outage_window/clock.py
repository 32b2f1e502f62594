"""The clock that is passed to whatever needs the time: nanoseconds since the epoch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Clock = Callable[[], int]

system: Clock = time.time_ns


def never_back(clock: Clock) -> Clock:
    """A clock for the order of things: it stands nearly still while the other is set back."""
    lock, last = threading.Lock(), [0]

    def now() -> int:
        with lock:
            last[0] = max(clock(), last[0] + 1)
            return last[0]

    return now
