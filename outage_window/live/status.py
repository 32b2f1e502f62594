"""How the loop and the receiver are doing, for the pages, the metrics and nobody's decisions."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from outage_window.live.meters import Meters

NS = 1e9


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The last scan of one service. Times in nanoseconds, None before the first.

    `error` is the last scan's failure in words, empty when it succeeded; `not_assessed` why the
    data could not be judged; `data_until` how far its samples reach. `succeeded_at` is when data up
    to then were last assessed: a scan that could judge nothing is no success.
    """

    scanned_at: int | None = None
    succeeded_at: int | None = None
    data_until: int | None = None
    error: str = ""
    not_assessed: str = ""
    failures: int = 0


@dataclass(slots=True)
class Status:
    """Counts and states since the start; shared by threads, hence the lock.

    `draining` is set once the process has been told to stop. `threads` are those without which it
    is of no use: one that has died makes `/-/healthy` say so. `leads` tells whether this process
    derives a service: what it knows of others is of former times.
    """

    started_at: int
    services: dict[str, ServiceStatus] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    scans: int = 0
    scan_seconds: float = 0.0
    last_scan_at: int | None = None
    last_delivery_at: int | None = None
    draining: bool = False
    meters: Meters = field(default_factory=Meters)
    threads: list[threading.Thread] = field(default_factory=list)
    leads: Callable[[str], bool] = lambda _service: True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, label: str = "", by: int = 1) -> None:
        """Count something that happened."""
        with self._lock:
            self.counts[name, label] += by

    def delivered(self, at: int) -> None:
        """Note when the last alert delivery came."""
        with self._lock:
            self.last_delivery_at = at

    def committed(self, seconds: float, writes: int, failed: int) -> None:
        """Note a transaction of the writer: how long it took to its commit or failure, how many
        writes it held, and how many of these were not stored, and are not tried again."""
        self.meters.commits.observe(seconds)
        self.meters.groups.observe(writes)
        self.meters.failed_writes.inc(failed)

    def heartbeat(self, at: int) -> None:
        """Note that the heartbeat alert came."""
        self.meters.heartbeat_at.set(at / NS)

    def reloaded(self, good: bool, at: int) -> None:
        """Note that the settings were read at the start or again, and whether they are in use."""
        self.meters.reload_good.set(good)
        if good:
            self.meters.reloaded_at.set(at / NS)

    def depend_on(
        self, threads: Iterable[threading.Thread], instead: Iterable[threading.Thread] = ()
    ) -> None:
        """Let `dead` name these threads when they end, and no longer those before them."""
        gone = set(instead)
        self.threads = [one for one in self.threads if one not in gone] + list(threads)

    def dead(self) -> list[str]:
        """The names of the threads that should run and do not."""
        return [] if self.draining else [one.name for one in self.threads if not one.is_alive()]

    def scanned(self, seconds: float) -> None:
        """Note one pass over all services that has just ended."""
        with self._lock:
            self.scans += 1
            self.scan_seconds += seconds
            # Not the loop's own clock, which stands still where a past period is assessed.
            self.last_scan_at = time.time_ns()

    def prompted(self) -> None:
        """Note a pass over only those services that something was received of."""
        self.meters.prompt.inc()

    def service(self, name: str, *, failed: bool = False, **changes: object) -> None:
        """Change what is known of one service."""
        with self._lock:
            known = self.services.get(name, ServiceStatus())
            failures = known.failures + failed
            self.services[name] = replace(known, failures=failures, **changes)  # type: ignore[arg-type]

    def counted(self, name: str) -> dict[str, int]:
        """A count by its labels."""
        with self._lock:
            return {label: n for (found, label), n in self.counts.items() if found == name}
