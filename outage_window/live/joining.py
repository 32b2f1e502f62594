"""Stored alerts to facts by service; ends that nobody saw; alerts that belong to no window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.series import F64, Series
from outage_window.joining import ALERT_REACH, FOREVER, ended
from outage_window.store.alerts import StoredAlert
from reports.facts import AlertFact

NS = 1e9
SILENCE = 180.0
"""Seconds without data before an alert's end: Alertmanager waits four minutes at the usual pace."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Where data stop for longer than `silence` and go on: shape (g,), seconds, ordered."""

    silence: float
    start: F64
    end: F64

    def and_later(self, other: Gaps) -> Gaps:
        """These, and those of data that begin later or overlap."""
        new = other.start > self.start.max(initial=-np.inf)
        start, end = (np.append(a, b[new]) for a, b in ((self.start, other.start),
                                                        (self.end, other.end)))  # fmt: skip
        return Gaps(self.silence, start, end)


def gaps_of(series: Series | None) -> Gaps | None:
    """The gaps of a series that matter to alerts; None without data."""
    if series is None or not len(series.end):
        return None
    times = np.sort(series.end)
    silence = max(SILENCE, 2 * series.step)
    before = np.flatnonzero(np.diff(times) > silence)
    return Gaps(silence, times[before], times[before + 1])


def without_evidence(alerts: Sequence[AlertFact], gaps: Gaps | None) -> list[AlertFact]:
    """Mark ends that lie in a gap of the data: the alert fell silent, nobody saw a recovery.

    Alertmanager ends an alert whose sender died a few minutes after its last word, and Prometheus
    one whose metrics are gone. Only a gap that data surround is one.
    """
    if gaps is None:
        return list(alerts)
    marked = []
    for alert in alerts:
        at = alert.resolved_at
        if at is not None:
            blank = bool(((gaps.start < at - gaps.silence) & (at < gaps.end)).any())
            alert = replace(alert, timed_out=alert.timed_out or blank)
        marked.append(alert)
    return marked


def clusters(alerts: Sequence[AlertFact]) -> list[list[AlertFact]]:
    """Alerts without a window, ordered by time, apart where 30 minutes lie between them."""
    found: list[list[AlertFact]] = []
    reach = -FOREVER
    for one in sorted(alerts, key=lambda alert: (alert.fired_at, alert.name)):
        if found and one.fired_at <= reach + ALERT_REACH:
            found[-1].append(one)
        else:
            found.append([one])
            reach = -FOREVER
        reach = max(reach, ended(one))
    return found


def fact_of(alert: StoredAlert) -> AlertFact:
    """The alert as drafts tell it."""
    fetched = alert.backfilled in ("alertmanager", "prometheus")
    return AlertFact(
        name=alert.labels.get("alertname", "unnamed"),
        labels=alert.labels,
        summary=alert.annotations.get("summary") or alert.annotations.get("description", ""),
        source=alert.sender,
        fired_at=alert.starts_at / NS,
        resolved_at=None if alert.ends_at is None else alert.ends_at / NS,
        timed_out=alert.timed_out,
        received_at=None if fetched else alert.first_received / NS,
        deliveries=alert.deliveries,
        truncated=alert.truncated,
        unlisted=alert.unlisted,
        backfilled=alert.backfilled,
        active_since=None if alert.active_since is None else alert.active_since / NS,
    )
