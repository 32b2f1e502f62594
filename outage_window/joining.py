"""Which service an alert speaks of and which window it belongs to: one rule for batch and live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detector.results import Window
from outage_window.sources.reading import UNASSIGNED
from reports.facts import AlertFact

ALERT_REACH = 1800.0
"""An alert meets a window up to this many seconds before its start and after its end."""

FOREVER = float("inf")

SELF, HEARTBEAT = "self", "heartbeat"
"""What the shipped rules raise carries `outage_window="self"`, or `"heartbeat"` where it only shows
that alerts arrive; neither is evidence of anything."""


def is_own_voice(labels: Mapping[str, str]) -> bool:
    """Whether a rule that this program ships raised the alert."""
    return labels.get("outage_window") in (SELF, HEARTBEAT)


def service_of(labels: Mapping[str, str]) -> str:
    """The service that an alert speaks of: its label `service`, else `job`, else unassigned."""
    return labels.get("service") or labels.get("job") or UNASSIGNED


def ended(alert: AlertFact) -> float:
    """When it ended, or infinity while it fires."""
    return FOREVER if alert.resolved_at is None else max(alert.resolved_at, alert.fired_at)


def until(window: Window) -> float:
    """Where a window ends, or infinity while it goes on."""
    return FOREVER if window.status == "ongoing" else window.until


def meets(start: float, end: float, window: Window) -> bool:
    """Whether [start, end] meets [window start - 30 min, window end + 30 min)."""
    return start < until(window) + ALERT_REACH and end >= window.onset - ALERT_REACH


def overlap(start: float, end: float, window: Window) -> float:
    """Seconds that both last together, up to the latest data."""
    return max(min(end, window.until) - max(start, window.onset), 0.0)


def join(
    alerts: Sequence[AlertFact], windows: Sequence[Window]
) -> tuple[list[list[AlertFact]], list[AlertFact]]:
    """The alerts of each window, in order of time, and those that meet none.

    An alert of the service joins a window that it meets: of several the one with the largest
    overlap, then the earliest.
    """
    joined: list[list[AlertFact]] = [[] for _ in windows]
    alone: list[AlertFact] = []
    for alert in sorted(alerts, key=lambda one: (one.fired_at, one.name)):
        met = [
            (-overlap(alert.fired_at, ended(alert), window), window.onset, index)
            for index, window in enumerate(windows)
            if meets(alert.fired_at, ended(alert), window)
        ]
        (joined[min(met)[2]] if met else alone).append(alert)
    return joined, alone
