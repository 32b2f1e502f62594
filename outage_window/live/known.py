"""What is known of a service's metrics, from one pass to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.model import Options
from detector.results import Window
from detector.series import Series
from outage_window.assess import Assessment, ServiceData
from outage_window.live.feeds.feed import Feed
from outage_window.live.people import Attempting

NS = 10**9


@dataclass(frozen=True, slots=True)
class Seen:
    """What incidents are derived from beside what was received: the metrics as last read.

    `until` (nanoseconds) is how far they reach, `blind` why not all up to now is known, `term` that
    of the lease under which they were read.
    """

    assessment: Assessment | None
    series: Series | None
    until: int | None
    blind: str
    term: int = -1


NO_METRICS = Seen(None, None, None, "no metrics of this service are configured")


@dataclass(slots=True)
class Known:
    """What was derived from one service's data, so that a pass decodes only what is new.

    One thread works on it; others take what was `seen`, which is only ever replaced.
    """

    feed: Feed
    people: Attempting
    data: ServiceData | None = None
    assessment: Assessment | None = None
    options: Options | None = None
    unjudged: str = ""
    failed: str = ""
    seen: Seen | None = None

    @property
    def windows(self) -> Sequence[Window]:
        """Those that were found."""
        detection = self.assessment.detection if self.assessment else None
        return () if detection is None else detection.windows

    @property
    def until(self) -> int | None:
        """How far the data reaches, nanoseconds."""
        series = self.data.series if self.data else None
        if series is not None and len(series.end):
            return round(float(series.end.max()) * NS)
        return self.feed.until

    def forget(self) -> None:
        """Let go of all that was read: another process goes on from what is stored."""
        self.feed.forget()
        self.people.forget()
        self.data, self.assessment, self.options, self.seen = None, None, None, None
        self.unjudged = self.failed = ""

    def saw(self, blind: str, term: int) -> None:
        """What is known now is what incidents are derived from."""
        series = self.data.series if self.data else None
        self.seen = Seen(self.assessment, series, self.until, blind, term)
