"""Tells whoever listens that what pages show has changed.

What is stored is compared, time and again, with what each was told: it does not matter who changed
it, this process or a replica, nor whether anybody listened then. One thread does it for all, and
only while somebody listens.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakSet

from outage_window.live.listener import Listener
from outage_window.live.status import Status
from outage_window.store import Store, board
from outage_window.store.board import State

log = logging.getLogger(__name__)

MOST = 200
"""Listeners of a process."""
EVERY = 0.25
"""Seconds between two looks."""
HEARTBEAT = 15.0
"""Seconds after which something is sent in any case: it finds out who is gone."""
LONGEST = 600.0
"""Seconds that one listens; then it comes again, and is asked again who it is."""
GRAIN = 30 * 10**9
"""Deliveries and scans within so many nanoseconds are one."""
BEGINNING = b"retry: 2000\n\n"
BEAT = b": all is well\n\n"


class Unknown(Exception):
    """There is no such incident."""


@dataclass(frozen=True, slots=True)
class _Seen:
    board: str
    incidents: Mapping[str, State]

    def of(self, incident: str | None) -> object:
        """What concerns one who listens for an incident, or for the board."""
        return self.board if incident is None else self.incidents.get(incident)


class News:
    """Compares what is stored with what each listener knows."""

    def __init__(self, store: Store, status: Status) -> None:
        self._store = store
        self._status = status
        self._listeners: WeakSet[Listener] = WeakSet()  # one that was lost on its way is gone
        self._lock = threading.Lock()  # never held while a listener is told: see `Listener.close`
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._failed = False
        status.meters.listeners.set_function(self._count)

    def version(self) -> str:
        """Of what the board shows now: for a page, to be asked for before it is put together."""
        return self._look(()).board

    def listen(self, incident: str | None = None) -> Listener | None:
        """Somebody listens, for the board or an incident; None: too many do already.

        Raises `Unknown`. Where the store cannot be read just now, it is told once that works.
        """
        seen = self._seen([incident] if incident else ())
        told = seen and seen.of(incident)
        if seen is not None and told is None:
            raise Unknown
        listener = Listener(incident, told, BEGINNING + (_event(told) if told else b""))
        with self._lock:
            if self._stop.is_set() or len(self._listening()) >= MOST:
                return None
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="news", daemon=True)
                self._thread.start()
        return listener

    def end_all(self) -> None:
        """Let all who listen come again: under other settings they may not be let in."""
        with self._lock:
            found = self._listening()
        for listener in found:
            listener.end()

    def close(self) -> None:
        """Tell nobody any more."""
        self._stop.set()
        self.end_all()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(5)

    def _count(self) -> int:
        with self._lock:
            return len(self._listening())

    def _listening(self) -> list[Listener]:
        """Those who listen now; only for who holds the lock."""
        return [one for one in self._listeners if not one.closed]

    def _run(self) -> None:
        beat = time.monotonic() + HEARTBEAT
        while not self._stop.wait(EVERY):
            with self._lock:
                found = self._listening()
                if not found:
                    self._thread = None
                    return
            self._tell(found)
            now = time.monotonic()
            if now >= beat:
                beat = now + HEARTBEAT
                for listener in found:
                    listener.tell(BEAT)
            for listener in found:
                if now - listener.since > LONGEST:
                    listener.end()

    def _tell(self, found: list[Listener]) -> None:
        seen = self._seen({one.incident for one in found if one.incident})
        if seen is None:
            return
        for listener in found:
            now = seen.of(listener.incident)
            if now is not None and now != listener.told:
                listener.told = now
                listener.tell(_event(now))

    def _seen(self, incidents: Iterable[str]) -> _Seen | None:
        """What there is now; None while it cannot be read, which is logged once."""
        try:
            found = self._look(incidents)
        except Exception as error:
            if not self._failed:
                log.warning("pages cannot be told what is new: %s: %s", type(error).__name__, error)
            self._failed = True
            return None
        if self._failed:
            log.info("pages are told again what is new")
        self._failed = False
        return found

    def _look(self, incidents: Iterable[str]) -> _Seen:
        asked = list(incidents)
        with self._store.read() as connection:
            version = board.version(connection)
            states = board.states(connection, asked) if asked else {}
        return _Seen(f"{version}.{_pulse(self._status)}", states)


def _event(told: object) -> bytes:
    if isinstance(told, State):
        # Nanoseconds are more than a browser's numbers hold.
        at = None if told.changed_at is None else str(told.changed_at)
        data = {"revision": told.revision, "changed_at": at, "merged_into": told.merged_into}
        return f"event: incident\ndata: {json.dumps(data)}\n\n".encode()
    return f"event: board\ndata: {json.dumps({'version': told})}\n\n".encode()


def _pulse(status: Status) -> str:
    """What pages show of the process itself, as a few characters.

    Times count coarsely, and reasons without their numbers, which grow with each scan.
    """
    times = [(at or 0) // GRAIN for at in (status.last_delivery_at, status.last_scan_at)]
    services = dict(status.services)  # a copy: others write
    said = "\n".join(f"{name}\t{one.error}\t{one.not_assessed}" for name, one in services.items())
    return "-".join(f"{n:x}" for n in (*times, zlib.crc32(re.sub("[0-9]+", "0", said).encode())))
