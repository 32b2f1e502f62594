"""What is known of a service's metrics, from one pass to the next."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from detector.calm import calm_of
from detector.model import Options
from detector.results import Window
from detector.series import Counts
from outage_window.assess import Assessment, ServiceData, assess
from outage_window.live.feeds.feed import RECENT, Feed
from outage_window.live.held import Held, Holding
from outage_window.live.joining import Gaps, gaps_of
from outage_window.live.people import Attempting, declared_of
from outage_window.live.rested import Judged, Resting
from outage_window.settings.models import Service

NS = 10**9
TURN = 3600 * NS
"""A service that rests is judged as a whole so often, each at its own time of the hour."""
OVER = 3600.0
"""Seconds after the last outage: nothing is joined to it any more, and its end is certain."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What incidents are derived from beside what was received: the metrics as last read.

    `gaps` are those of the data, `until` (nanoseconds) is how far they reach, `blind` why not all
    up to now is known, `term` that of the lease under which they were read.
    """

    assessment: Assessment | None
    gaps: Gaps | None
    until: int | None
    blind: str
    term: int = -1

    @property
    def windows(self) -> Sequence[Window]:
        """Those that were found."""
        return _windows(self.assessment)


NO_METRICS = Seen(None, None, None, "no metrics of this service are configured")


@dataclass(slots=True)
class Known:
    """What was derived from one service's data, so that a pass decodes only what is new.

    One thread works on it; others take what was `seen`, which is only ever replaced, and None
    where it must be read first. What requests look at is in `holding`. Of a service in which
    nothing happens only what is recent stays: it rests, until that may be more than normal
    running, incidents are derived from its windows, or its turn comes. `options` are those that it
    was judged by, `begun` tells whether anything was read, `behind` whether history is yet to be.
    """

    service: Service
    feed: Feed
    people: Attempting
    holding: Holding
    data: ServiceData | None = None
    assessment: Assessment | None = None
    options: Options | None = None
    unjudged: str = ""
    failed: str = ""
    seen: Seen | None = None
    resting: Resting | None = None
    begun: bool = False
    behind: bool = True

    @property
    def windows(self) -> Sequence[Window]:
        """Those that were found."""
        return _windows(self.assessment)

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
        self.holding.drop(self.service.name)
        self.data = self.assessment = self.options = self.seen = self.resting = None
        self.unjudged, self.failed, self.begun, self.behind = "", "", False, True

    def resume(self, resting: Resting, options: Options, now: int) -> None:
        """Begin with what was known when the service came to rest, here or in another process, if
        that was this hour. `options` are those that it was judged by."""
        if not self.begun and resting.turn == self._turn(now):
            self.begun, self.options = True, options
            self.resting, self.assessment = resting, resting.assessment
            self.feed.resume(round(resting.until * NS) - RECENT)

    def refresh(self, now: int, options: Options, called: bool) -> bool:
        """Take in what is new and judge it; whether all up to `now` is known.

        `called`: incidents are about to be derived, from what is stored where there is no more.
        Raises as `Feed.refresh`.
        """
        self.begun = True
        if self.resting is not None and self.windows and called:
            self._wake(now, options)
        changed, caught_up = self.feed.refresh(now)
        if not caught_up:
            return False
        self.behind = False
        moved = options != self.options
        if changed or self.data is None:
            self.data = self.feed.data()
        if self.resting is not None:
            if not (moved or self._wakes(self.resting, self.data, now, changed)):
                self.assessment = _without_evidence(self.resting.assessment, self.data)
                return True
            self._wake(now, options)
        elif changed or moved:
            self._assess(options)
        if self.people.refresh(self.windows, self.feed.horizon(now), now):
            self._assess(options)
        return True

    def _wake(self, now: int, options: Options) -> None:
        """Judge all that is stored: nobody else is asked."""
        self.people.refresh(self.windows, self.feed.horizon(now), now)
        self.feed.wake(now)
        self.data = self.feed.data()
        self._assess(options)
        self.resting = None

    def _wakes(self, resting: Resting, data: ServiceData, now: int, changed: bool) -> bool:
        """Whether a service that rests must be judged as a whole."""
        if self._turn(now) != resting.turn or (self.windows and self._attempts_came(now)):
            return True
        if not changed:
            return False
        series = data.series
        if data.refused is not None or not isinstance(series, Counts):
            return True
        if resting.calm is None:
            return bool(series.attempts[series.end > resting.until].any())
        assert self.options is not None  # it was judged
        return resting.calm.stirs(series, resting.until, self.options.maintenance)

    def _attempts_came(self, now: int) -> bool:
        return self.people.moved(self.windows, self.feed.horizon(now), now)

    def rest(self, now: int, called: bool) -> Judged | None:
        """Let go of what need not be in memory, if nothing happens; what is left then."""
        if self.resting is not None or self.seen is None or self.seen.blind or not self._calm:
            return None
        assessment, until, options = self.assessment, self.until, self.options
        if assessment is None or until is None or options is None or (called and self.windows):
            return None
        calm = None if assessment.detection is None else calm_of(assessment.detection)
        gaps = self.seen.gaps
        if not self.feed.rest():
            return None
        self.people.rest()
        self.data = self.feed.data()
        bare, last = _without_evidence(assessment, self.data), until / NS
        if calm is not None:
            calm = calm.between(last - RECENT / NS, last + 2 * TURN / NS)
        self.assessment = bare
        self.resting = Resting(bare, calm, last, self._turn(now), gaps)
        self.saw("", self.seen.term)
        self.holding.drop(self.service.name)
        return Judged(self.service, options, self.resting)

    @property
    def _calm(self) -> bool:
        """Whether there is data, and all that was found in it is long over."""
        if self.data is None or self.data.series is None or self.until is None:
            return False
        last = self.until / NS - OVER
        return all(one.status == "closed" and one.until < last for one in self.windows)

    def whole(self, now: int) -> Held | None:
        """What would be held if the service did not rest, read anew; by any thread."""
        resting, options = self.resting, self.options
        if resting is None or options is None:
            return None
        people = self.people.anew()
        people.refresh(_windows(resting.assessment), self.feed.horizon(now), now)
        return _judged(self.service, self.feed.whole(now), people, options)

    def _turn(self, now: int) -> int:
        own = zlib.crc32(self.service.name.encode()) % (TURN // NS) * NS
        return (now + own) // TURN

    def _assess(self, options: Options) -> None:
        assert self.data is not None  # the feed gave it
        held = _judged(self.service, self.data, self.people, options)
        self.assessment, self.options = held.assessment, options
        self.holding.put(self.service.name, held)

    def saw(self, blind: str, term: int) -> None:
        """What is known now is what incidents are derived from."""
        gaps = gaps_of(self.data.series if self.data else None)
        if self.resting is not None and self.resting.gaps is not None:
            gaps = self.resting.gaps if gaps is None else self.resting.gaps.and_later(gaps)
        seen = Seen(self.assessment, gaps, self.until, blind, term)
        self.seen = None if self.resting is not None and self.windows else seen


def _windows(assessment: Assessment | None) -> Sequence[Window]:
    detection = assessment.detection if assessment else None
    return () if detection is None else detection.windows


def _judged(service: Service, data: ServiceData, people: Attempting, options: Options) -> Held:
    declared = declared_of(service)
    found = assess(data, people.found, options, declared)
    return Held(data, people.found, found, declared)


def _without_evidence(assessment: Assessment, recent: ServiceData) -> Assessment:
    """The same, of which nothing is as large as the data."""
    found = assessment.detection
    if found is None or recent.series is None:
        return assessment
    return replace(assessment, detection=replace(found, series=recent.series, evidence=None))
