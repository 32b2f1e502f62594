"""One pass over all services: pull, assess, keep incidents up to date."""

from __future__ import annotations

import time

from outage_window import clock as clocks
from outage_window.clock import Clock
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.store import Store


class Watch:
    """The level-triggered pass: what is stored is compared with what was derived."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock = clocks.system,
        status: Status | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self.status = status or Status(clock())

    def tick(self) -> None:
        """Scan every service on its own."""
        began = time.monotonic()
        self.status.scanned(time.monotonic() - began)
