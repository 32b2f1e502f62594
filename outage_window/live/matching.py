"""Which stored incident each window or group of alerts is: ids are given once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.results import Window
from outage_window.joining import ended, meets, overlap, until
from outage_window.kept import StoredIncident
from reports.facts import AlertFact

NS = 1e9
NEAR = 1800.0
"""Alerts within this many seconds of an incident without a window are its own."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a window or group of alerts is already known as; `absorbed` became part of it."""

    keeps: StoredIncident | None
    absorbed: tuple[StoredIncident, ...] = ()


def match_windows(
    windows: Sequence[Window], stored: Sequence[StoredIncident]
) -> tuple[list[Match], list[StoredIncident]]:
    """The stored incidents that each window is, and those that are no window.

    A stored incident is the window that it overlaps most; one without a window of its own, the one
    that its alerts meet. Where several are one window, the one that was opened first keeps its id.
    """
    claims: list[list[StoredIncident]] = [[] for _ in windows]
    left = []
    for incident in stored:
        index = _best(incident, windows)
        if index is None:
            left.append(incident)
        else:
            claims[index].append(incident)
    return [_match(claimed) for claimed in claims], left


def match_alerts(
    groups: Sequence[Sequence[AlertFact]], stored: Sequence[StoredIncident]
) -> list[Match]:
    """The stored incidents without a window that each group of alerts is."""
    claims: list[list[StoredIncident]] = [[] for _ in groups]
    for incident in stored:
        if incident.has_window:
            continue
        for index, group in enumerate(groups):
            start, end = span(group)
            if incident.start / NS <= end + NEAR and incident.reach / NS >= start - NEAR:
                claims[index].append(incident)
                break
    return [_match(claimed) for claimed in claims]


def span(group: Sequence[AlertFact]) -> tuple[float, float]:
    """When the first of the alerts fired and the last ended (infinity while one fires)."""
    return min(a.fired_at for a in group), max(ended(a) for a in group)


def _best(incident: StoredIncident, windows: Sequence[Window]) -> int | None:
    start = incident.start / NS
    end = incident.reach / NS
    found = []
    for index, window in enumerate(windows):
        same = start < until(window) and end > window.onset
        if same or (not incident.has_window and meets(start, end, window)):
            found.append((-overlap(start, end, window), window.onset, index))
    return min(found)[2] if found else None


def _match(claimed: list[StoredIncident]) -> Match:
    if not claimed:
        return Match(None)
    first, *rest = sorted(claimed, key=_precedence)
    absorbed = (one for one in rest if one.merged_into is None and not one.from_files)
    return Match(first, tuple(absorbed))


def _precedence(one: StoredIncident) -> tuple[bool, bool, int, int, str]:
    """What stands for itself comes before what people merged into another, and what was measured
    here before what is from files, which stays as it is; then the earlier."""
    return one.merged_into is not None, one.from_files, one.opened_at, one.start, one.id
