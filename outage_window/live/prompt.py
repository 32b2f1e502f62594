"""Passes over those services alone that alerts or events were received of, between the others."""

from __future__ import annotations

import logging
import time

from sqlalchemy.exc import SQLAlchemyError

from outage_window import clock as clocks
from outage_window.clock import Clock
from outage_window.live.loop import Stopping, never
from outage_window.live.watch import Watch

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks."""
REST = 4.0
"""A pass is followed by a rest so many times as long: a flood must not take all the time."""
AT_ONCE = 1.0
"""Seconds of a pass after which no other service is begun: what is left comes with the next."""
AGAIN = 0.2
"""The same, for a service that had its turn shortly before."""
REMEMBERED = 60.0
"""Seconds for which it is known when a service had its turn."""


class Prompt:
    """What was received is derived at once, from metrics as they were last read.

    In a flood the service comes first whose turn was longest ago, so that one of which little is
    received need not wait for those of which much is.

    It may run beside the passes of its watch. What this process does not lead is left to whoever
    does, and what it leads only now waits until the watch took it over. `clock` is that of whoever
    receives.
    """

    def __init__(
        self,
        watch: Watch,
        clock: Clock = clocks.system,
    ) -> None:
        self._watch = watch
        self._clock = clock
        self._waiting: set[str] = set()
        self._had_turn: dict[str, float] = {}
        self._failed = False

    def tick(self, stopping: Stopping = never) -> None:
        """Bring those services up to date that something was received of since the last time."""
        if not self._watch.ready:
            return
        self._waiting |= self._touched()
        if self._waiting:
            self._derive(stopping)

    def _derive(self, stopping: Stopping) -> None:
        began = time.monotonic()
        turns = {n: at for n, at in self._had_turn.items() if began - at < REMEMBERED}
        done = False
        for name in sorted(self._waiting, key=lambda n: (turns.get(n, 0.0), n)):
            limit = AGAIN if name in turns else AT_ONCE
            if stopping() or time.monotonic() - began > limit:
                break
            if self._watch.derive(name):
                self._waiting.discard(name)
                turns[name] = time.monotonic()
                done = True
        self._had_turn = turns
        if done:
            self._watch.status.prompted()

    def _touched(self) -> set[str]:
        """Of which services something came; none while the store cannot be read: logged once."""
        try:
            found = self._watch.touched.look(self._clock())
        except SQLAlchemyError as error:
            if not self._failed:
                log.warning("what was received waits for the next pass: %s", error)
            self._failed = True
            return set()
        self._failed = False
        return found
