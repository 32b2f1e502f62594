"""How the loop and the receiver are doing, for the pages, the metrics and nobody's decisions."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace


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
    """Counts and states since the start; shared by threads, hence the lock."""

    started_at: int
    services: dict[str, ServiceStatus] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    scans: int = 0
    scan_seconds: float = 0.0
    last_delivery_at: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, label: str = "", by: int = 1) -> None:
        """Count something that happened."""
        with self._lock:
            self.counts[name, label] += by

    def delivered(self, at: int) -> None:
        """Note when the last alert delivery came."""
        with self._lock:
            self.last_delivery_at = at

    def scanned(self, seconds: float) -> None:
        """Note one pass over all services."""
        with self._lock:
            self.scans += 1
            self.scan_seconds += seconds

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
