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
RECENT = 7200 * NS
"""What stays in memory of a service that rests: long enough to see most outages begin."""


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

    def rest(self) -> bool:
        """Let go of all but what is recent; False where it could not be had again, and nothing is.

        `refresh` and `data` are then of what is recent alone, until `wake`.
        """

    def resume(self, start: int) -> None:
        """Begin as after `rest`, with what is later than `start`; nothing was read yet."""

    def wake(self, now: int) -> None:
        """Have all again; raises as `refresh`."""

    def whole(self, now: int) -> ServiceData:
        """The counts of all that is known, read anew, whatever is in memory; by any thread."""

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
        self._resting = False
        self._recent = 0
        """What is later is in memory of a service that rests, where that has no sample yet."""

    @property
    def until(self) -> int | None:
        """As `Feed`."""
        return self._cache.until

    def forget(self) -> None:
        """As `Feed`."""
        self._cache, self._resting = Cache(), False

    def rest(self) -> bool:
        """As `Feed`."""
        self._resting = True
        self._cache.forget_before(self.since(0))
        return True

    def resume(self, start: int) -> None:
        """As `Feed`."""
        self._resting, self._recent = True, start

    def since(self, now: int) -> int:
        """What is older need not be in memory."""
        if not self._resting:
            return now - self._history
        until = self._cache.until
        return self._recent if until is None else until - RECENT

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
