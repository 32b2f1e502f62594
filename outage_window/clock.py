"""The clock that is passed to whatever needs the time: nanoseconds since the epoch."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]

system: Clock = time.time_ns
