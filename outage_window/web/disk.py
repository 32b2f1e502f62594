"""How large the database is, and how much room is left beside it, asked at each scrape."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric

SQLITE = "sqlite:///"


class Disk:
    """Metrics of a database file and its file system; none where the database is elsewhere."""

    def __init__(self, url: str) -> None:
        self._file = Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None

    def describe(self) -> list[Metric]:
        """Nothing in advance: the disk is not asked before the first scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The sizes, in bytes."""
        if self._file is None:
            return
        try:
            room = os.statvfs(self._file.parent)
        except OSError:  # gone or not to be entered: no series is no answer
            return
        yield GaugeMetricFamily(
            "outage_window_store_size_bytes",
            "The database with its write-ahead log.",
            value=sum(_size(Path(f"{self._file}{end}")) for end in ("", "-wal")),
        )
        yield GaugeMetricFamily(
            "outage_window_store_filesystem_avail_bytes",
            "Room left on the database's file system.",
            value=room.f_bavail * room.f_frsize,
        )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
