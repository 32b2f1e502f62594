"""Over which part of the period each kind of thing is known, and why not over the rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from outage_window.reconciling.gaps import Stored
from outage_window.reconciling.gathering import Gathered
from outage_window.store.covered import joined
from reports import times
from reports.reconciliation import Feed, Known

NS = 1e9
Spans = Sequence[tuple[int, int]]

NOTHING = "nothing was ever received, and nobody was asked"
UNWATCHED = "no service with metrics is configured, and no outage is stored"
NO_METRICS = "no metrics are stored, and no outage"
NO_ALERTMANAGER = "no alertmanager.url is set, so that it was not asked"
SILENT_ALERTMANAGER = "Alertmanager was not asked then, or did not answer"
NO_PROMETHEUS = "no prometheus.url is set, so that it was not asked"
UNASKED_PROMETHEUS = (
    "Prometheus is asked what fired after a gap only; `outage-window backfill` asks for any time"
)
NO_MARKS = "nobody noted over this time whether the server ran"
FROM_FILE = "its metrics come from a file, which is not stored"
REFUSED = (
    "what was refused outright (credentials, size, a full store) is counted by the running server "
    "alone, as outage_window_requests_refused_total in /metrics"
)


def received(found: Gathered) -> Known:
    """When alerts that came are still stored."""
    if found.first_received is None:
        return Known((), NOTHING)
    if found.kept_from > max(found.asked.start, found.first_received):
        return _since(found, found.kept_from, "what was received before {} is dropped by now")
    return _since(found, found.first_received, "nothing is stored of before {}")


def watched(found: Gathered) -> Known:
    """When outages could be seen: from the first stored sample, or the first outage, on."""
    starts = [one.start for _, one in found.samples if one is not None]
    starts += [] if found.first_incident is None else [found.first_incident]
    if not starts:
        return Known((), NO_METRICS if found.configured else UNWATCHED)
    return _since(found, min(starts), "no metrics are stored of before {}, and no outage")


def both(one: Known, other: Known) -> Known:
    """When both are known."""
    spans = [
        (max(a, c), min(b, d))
        for a, b in one.spans
        for c, d in other.spans
        if max(a, c) < min(b, d)
    ]
    reasons = dict.fromkeys(known.because for known in (one, other) if known.because)
    return Known(tuple(spans), "; ".join(reasons))


def muted(found: Gathered) -> Known:
    """When Alertmanager was asked what it mutes."""
    because = SILENT_ALERTMANAGER if "alertmanager" in found.asks else NO_ALERTMANAGER
    return _covered(found, found.spans("alertmanager"), because)


def prometheus(found: Gathered) -> Known:
    """When Prometheus was asked what fired."""
    because = UNASKED_PROMETHEUS if "prometheus" in found.asks else NO_PROMETHEUS
    return _covered(found, found.spans("prometheus"), because)


def either(found: Gathered) -> Known:
    """When any of the two was."""
    spans = joined([*found.spans("alertmanager"), *found.spans("prometheus")])
    reasons = (muted(found).because, prometheus(found).because)
    return _covered(found, spans, "; ".join(one for one in reasons if one))


def feed(name: str, stored: Stored | None, found: Gathered) -> Feed:
    """What is stored of the samples of a service."""
    if stored is None:
        because = FROM_FILE if name in found.from_files else "no samples of it are stored"
        return Feed(name, Known((), because), ())
    known = _since(found, stored.start, "no samples of it are stored of before {}")
    return Feed(name, known, tuple((a / NS, b / NS) for a, b in stored.gaps))


def receiver(found: Gathered) -> Feed:
    """When the server ran and could write, by the marks that it leaves."""
    name = "the receiver"
    if found.first_mark is None or found.first_mark >= found.asked.end:
        return Feed(name, Known((), NO_MARKS), ())
    known = _since(found, found.first_mark, "nobody noted before {} whether the server ran")
    gaps, at = [], max(found.first_mark, found.asked.start)
    for start, end in (*found.spans("receiving"), (found.asked.end, found.asked.end)):
        if start - at > found.mark:
            gaps.append((at / NS, start / NS))
        at = max(at, end)
    return Feed(name, known, tuple(gaps))


def _since(found: Gathered, first: int, because: str) -> Known:
    """Known from `first` on, to the end of the period."""
    start, end = found.asked.start, found.asked.end
    if first <= start:
        return Known(((start / NS, end / NS),))
    told = because.format(times.utc(first / NS))
    return Known(((first / NS, end / NS),) if first < end else (), told)


def _covered(found: Gathered, spans: Spans, because: str) -> Known:
    """Known over these spans; pauses no longer than those between two marks are none."""
    start, end, near = found.asked.start, found.asked.end, list[tuple[int, int]]()
    for begins, ends in spans:
        if near and begins - near[-1][1] <= found.mark:
            near[-1] = near[-1][0], ends
        elif ends > begins:
            near.append((begins, ends))
    first, last = (near[0][0], near[-1][1]) if near else (end, start)
    whole = len(near) == 1 and first - start <= found.mark and end - last <= found.mark
    if whole:
        return Known(((start / NS, end / NS),))
    return Known(tuple((a / NS, b / NS) for a, b in near), because)
