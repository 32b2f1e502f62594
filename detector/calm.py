"""Normal running in a few kilobytes, and whether what came since may hold an outage."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from detector.evidence import Evidence, local_hours
from detector.model import Detection
from detector.segments import climbed
from detector.series import F64, Counts
from detector.settle import penalties
from detector.stack import DAY_HOURS, HOUR, row_of, stack_of
from detector.traffic import LEFT, Traffic, traffic_of, usual_traffic
from detector.zones import local_hours_ahead

STIRS = 0.5
"""Share of what a stretch must win in the end. The rest is room for what the newest hours would
have changed of what is expected."""


@dataclass(frozen=True, slots=True)
class Calm:
    """What a series of counts was judged by, without its observations.

    `usual`, `least` (hours,) are the error ratio and the attempts a second of `Evidence` and
    `Traffic`, from `origin` (local hours since the epoch) to a day after the observations end.
    `cells` is how many were judged, `rho` and `noise` how restless errors and traffic are,
    `effects` (e,) what is looked for.
    """

    usual: F64
    rho: float
    effects: F64
    least: F64
    noise: float
    origin: int
    zone: str
    cells: int

    def between(self, start: float, end: float) -> Calm:
        """The same for [`start`, `end`], seconds since the epoch, alone: some numbers an hour."""
        edges = np.array([start, end]) // HOUR
        low, high = edges + local_hours_ahead(edges.astype(np.int64), self.zone) - self.origin
        first = int(np.clip(low - 1, 0, len(self.usual) - 1))  # what is between hours needs both
        last = int(np.clip(high + 2, first + 1, len(self.usual)))
        own = slice(first, last)
        return replace(
            self, usual=self.usual[own], least=self.least[own], origin=self.origin + first
        )

    def stirs(
        self, recent: Counts, since: float, maintenance: tuple[tuple[float, float], ...] = ()
    ) -> bool:
        """Whether anything later than `since` (seconds) may be part of an outage that is new.

        `recent` are observations up to now, some of them older than `since`: an outage may have
        begun there without being certain. `maintenance` is as in `Options`. False: judged as they
        were then, no stretch of `recent` wins half of what it must; what wins that little for
        longer than `recent` reaches is not seen. Cost: linear in `recent`.
        """
        row = row_of(recent, maintenance)
        size = row.grid.size
        new = row.grid.end > since
        if not new.any():
            return False
        nothing = np.ones(DAY_HOURS)  # counts need no worth
        evidence = Evidence(row, self.usual, nothing, self.rho, self.origin, self.zone)
        score = evidence.part(0, size).score(self.effects[:, None])
        asked = STIRS * penalties(np.array(self.cells))
        if (climbed(score)[:, new] > asked).any():
            return True
        hours = local_hours(row.grid, 0, size, self.origin, self.zone)
        traffic = Traffic(row, hours, self.least, self.noise)
        lost = traffic.part(0, size).score(1 - LEFT[:, None])
        asked = STIRS * penalties(np.array(self.cells), len(LEFT))
        return bool((climbed(lost)[:, new] > asked).any())


def calm_of(detection: Detection) -> Calm | None:
    """What the series was judged by; None where it was not, or has no attempts."""
    evidence = detection.evidence
    if evidence is None or not evidence.row.counted:
        return None
    stack = stack_of([evidence.row], evidence.zone)
    traffic = traffic_of(stack, usual_traffic(stack), 0, np.empty(0))
    return Calm(
        usual=_and_tomorrow(evidence.usual),
        rho=evidence.rho,
        effects=evidence.effects(),
        least=_and_tomorrow(traffic.least),
        noise=traffic.noise,
        origin=evidence.origin,
        zone=evidence.zone,
        cells=evidence.row.grid.size,
    )


def _and_tomorrow(hourly: F64) -> F64:
    """Hours of whole days, and those of the next: as a week before it, else as the last day."""
    week = 7 * DAY_HOURS
    return np.append(hourly, hourly[-week:][:DAY_HOURS])
