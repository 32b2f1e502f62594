"""Which service an alert speaks of, and which window it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detector.model import Window
from detector.series import Series
from outage_window.incident_facts import ALERT_REACH
from outage_window.settings.models import Settings
from outage_window.sources import selectors
from outage_window.sources.alerts import SELF
from outage_window.sources.reading import UNASSIGNED
from outage_window.store.alerts import StoredAlert
from reports.facts import AlertFact

NS = 1e9
FOREVER = float("inf")
SILENCE = 180.0
"""Seconds without data before an alert's end: Alertmanager waits four minutes at the usual pace."""

Joined = tuple[AlertFact, int]
"""An alert and how many were cut off beside it."""


class Assigner:
    """Sorts alerts by service: the settings' matchers, else label service, else job."""

    def __init__(self, settings: Settings) -> None:
        self._matchers = [
            (service.name, selectors.parse("{" + ",".join(service.alerts) + "}", service.name))
            for service in settings.services
            if service.alerts
        ]

    def service(self, alert: StoredAlert) -> str | None:
        """The alert's service; None for our own voice, which is no evidence."""
        if alert.labels.get("outage_window") == SELF:
            return None
        for name, selector in self._matchers:
            if selector.matches(alert.labels):
                return name
        return alert.labels.get("service") or alert.labels.get("job") or UNASSIGNED

    def sort(self, alerts: Sequence[StoredAlert]) -> dict[str, list[Joined]]:
        """Facts of the alerts of each service, with how many were truncated beside each."""
        found: dict[str, list[Joined]] = {}
        for alert in alerts:
            service = self.service(alert)
            if service is not None:
                found.setdefault(service, []).append((_fact(alert), alert.truncated))
        return found


def ended(alert: AlertFact) -> float:
    """When it ended, or infinity while it fires."""
    return FOREVER if alert.resolved_at is None else max(alert.resolved_at, alert.fired_at)


def until(window: Window) -> float:
    """Where a window ends, or infinity while it goes on."""
    return FOREVER if window.status == "ongoing" else window.until


def join(
    alerts: Sequence[Joined], windows: Sequence[Window]
) -> tuple[list[list[Joined]], list[Joined]]:
    """The alerts of each window, and those that meet none.

    An alert joins a window whose [start - 30 min, end + 30 min) it meets: of several the one with
    the largest overlap, then the earliest.
    """
    joined: list[list[Joined]] = [[] for _ in windows]
    alone: list[Joined] = []
    for one in alerts:
        met = [
            (-overlap(one[0].fired_at, ended(one[0]), window), window.onset, index)
            for index, window in enumerate(windows)
            if meets(one[0].fired_at, ended(one[0]), window)
        ]
        (joined[min(met)[2]] if met else alone).append(one)
    return joined, alone


def meets(start: float, end: float, window: Window) -> bool:
    """Whether [start, end] meets [window start - 30 min, window end + 30 min)."""
    return start < until(window) + ALERT_REACH and end >= window.onset - ALERT_REACH


def overlap(start: float, end: float, window: Window) -> float:
    """Seconds that both last together, up to the latest data."""
    return max(min(end, window.until) - max(start, window.onset), 0.0)


def without_evidence(alerts: Sequence[Joined], series: Series | None) -> list[Joined]:
    """Mark ends that lie in a gap of the data: the alert fell silent, nobody saw a recovery.

    Alertmanager ends an alert whose sender died a few minutes after its last word, and Prometheus
    one whose metrics are gone. Only a gap that data surround is one.
    """
    if series is None or not len(series.end):
        return list(alerts)
    times = np.sort(series.end)
    silence = max(SILENCE, 2 * series.step)
    marked = []
    for alert, cut in alerts:
        if alert.resolved_at is not None:
            after = int(np.searchsorted(times, alert.resolved_at - silence))
            blank = 0 < after < len(times) and bool(times[after] > alert.resolved_at)
            alert = replace(alert, timed_out=alert.timed_out or blank)
        marked.append((alert, cut))
    return marked


def clusters(alerts: Sequence[Joined]) -> list[list[Joined]]:
    """Alerts without a window, ordered by time, apart where 30 minutes lie between them."""
    found: list[list[Joined]] = []
    reach = -FOREVER
    for one in sorted(alerts, key=lambda joined: (joined[0].fired_at, joined[0].name)):
        if found and one[0].fired_at <= reach + ALERT_REACH:
            found[-1].append(one)
        else:
            found.append([one])
            reach = -FOREVER
        reach = max(reach, ended(one[0]))
    return found


def _fact(alert: StoredAlert) -> AlertFact:
    return AlertFact(
        name=alert.labels.get("alertname", "unnamed"),
        labels=alert.labels,
        summary=alert.annotations.get("summary") or alert.annotations.get("description", ""),
        source=alert.sender,
        fired_at=alert.starts_at / NS,
        resolved_at=None if alert.ends_at is None else alert.ends_at / NS,
        timed_out=alert.timed_out,
        received_at=alert.first_received / NS,
        deliveries=alert.deliveries,
    )
