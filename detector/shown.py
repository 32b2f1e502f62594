"""When the first sample was taken that shows an outage: from then on a rule could have seen it."""

from __future__ import annotations

import numpy as np

from detector.estimate import Estimate, Status
from detector.evidence import Evidence
from detector.model import Detection
from detector.results import Window
from detector.series import F64, Bool, Counts

METHOD = "end of the first interval after the onset with more errors than expected"
LOST = "end of the first interval after the onset; what it shows is lost traffic"
INSIDE = "the data begin inside the outage, so that earlier samples may have shown it"
NONE = "no interval of the window has more errors than expected"
NEEDS = "data from before the outage"


def first_shown(detection: Detection, window: Window) -> Estimate:
    """The end of the first interval that ends after the onset and shows the outage (time).

    For counters that is when they were scraped, for tables when the interval of a row is over. Of
    several targets in one cell each is looked at by itself. Shows it: has more errors than expected
    of its attempts, or where traffic is lost, is there at all. Declared maintenance has no say, and
    time without data shows nothing. Each end of its interval is that time for the same end of the
    onset's; where both agree it is `measured`. Refused where the series was not assessed, or
    where the data begin inside the outage.
    """
    start = window.start
    low = window.onset if start.low is None else start.low
    high = window.onset if start.high is None else start.high
    evidence = detection.evidence
    if evidence is None:
        return _refused(detection.not_assessed or "the series was not assessed")
    if start.status == "estimated" and low == high:
        return _refused(INSIDE, NEEDS)
    ends = _ends(evidence, low, max(window.until, high), window.kind != "errors")
    places = [int(np.searchsorted(ends, edge, side="right")) for edge in (low, window.onset, high)]
    if places[1] == len(ends):
        return _refused(NONE)
    first, at, last = (float(ends[min(place, len(ends) - 1)]) for place in places)
    status: Status = "measured" if first == last else "estimated"
    method = METHOD if window.kind == "errors" else LOST
    return Estimate(at, first, last, "time", status, method)


def _ends(evidence: Evidence, start: float, until: float, lost: bool) -> F64:
    """The ends of all observations near [`start`, `until`] that can show an outage, rising."""
    row = evidence.row
    low = max(int(np.searchsorted(row.grid.end, start)) - 1, 0)
    high = min(int(np.searchsorted(row.grid.start, until)) + 1, row.grid.size)
    part = evidence.part(low, high)
    first = row.grid.first[low : high + 1]
    own = slice(int(first[0]), int(first[-1]))
    cell = np.repeat(np.arange(high - low), np.diff(first))
    shows: Bool = (row.seconds[low:high] > 0)[cell]
    if not lost:
        n, k = part.n[cell], part.k[cell]
        if isinstance(row.series, Counts):
            n, k = row.series.attempts[own], row.series.errors[own]
        shows &= k > n * part.p0[cell]
    ends: F64 = np.sort(row.grid.obs_end[own][shows])
    return ends


def _refused(reason: str, needs: str | None = None) -> Estimate:
    return Estimate.not_derivable("time", reason, needs)
