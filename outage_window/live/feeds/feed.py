"""What every feed does, and what those have in common whose samples are in the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Protocol

from outage_window.assess import ServiceData
from outage_window.live.feeds.cache import Cache
from outage_window.settings.models import Service

NS = 10**9
SILENT = 600 * NS
"""Samples that end so long before now: the metric is gone, has another name, or nobody sends."""


class Feed(Protocol):
    """The samples of one service. Times are nanoseconds."""

    @property
    def until(self) -> int | None:
        """The time of the newest sample; None without any, or where only `data` can tell."""

    def refresh(self, now: int) -> tuple[bool, bool]:
        """Take in what is new; whether anything was, and whether all up to `now` is known.

        Raises `PullFailed`, `InputError` or `StoreFailed` where that cannot be.
        """

    def data(self) -> ServiceData:
        """The counts of all that is known; to be asked once all up to now is."""

    def forget(self) -> None:
        """Let go of all that is known: what is stored may change meanwhile."""

    def horizon(self, now: int) -> int:
        """Where the known past begins."""

    def silence(self, until: int | None, now: int) -> str:
        """Why the past alone can be judged, where data reach to `until`; empty if it is not so."""


class Stored:
    """A feed whose samples are kept in the store, with a decoded copy in memory."""

    def __init__(self, service: Service, history: int, origin: str) -> None:
        self._service = service
        self._history = history
        self._origin = origin
        self._cache = Cache()

    @property
    def until(self) -> int | None:
        """As `Feed`."""
        return self._cache.until

    def forget(self) -> None:
        """As `Feed`."""
        self._cache = Cache()

    def data(self) -> ServiceData:
        """As `Feed`."""
        return self._cache.data(self._service, self._origin)

    def horizon(self, now: int) -> int:
        """As `Feed`."""
        return now - self._history

    def silence(self, until: int | None, now: int) -> str:
        """As `Feed`."""
        if until is None or now - until <= SILENT:
            return ""
        return f"no samples after {datetime.fromtimestamp(until / NS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def source_of(service: Service) -> str:
    """What the service's samples are selected by: other selectors make other samples."""
    return json.dumps([service.attempts, service.errors])
