"""A row of the board as its page shows it: every word and choice is made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detector.estimate import Estimate
from outage_window.store.board import BoardRow
from outage_window.web.pages.showing import estimate_of, length, off, share, step_of
from reports import numbers, times

NS = 1e9
STATES = {
    "suspected": "an alert, and no window measured yet",
    "ongoing": "errors are measured, and no recovery yet",
    "closed": "measured, and over",
    "unconfirmed": "an alert that no metric confirms",
    "declared": "people say so",
}
"""What each state means."""
KINDS = {
    "errors": "errors",
    "traffic_loss": "loss of traffic",
    "errors_and_traffic_loss": "errors and loss of traffic",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One incident of the board. Texts are plain; times are seconds since the epoch.

    `title` is empty where nobody gave one. `began` is exact where it is an alert's or declared
    time, which `began_by` says. `share` has `share_note` beside it: its tier, or why there is none.
    """

    id: str
    service: str
    title: str
    state: str
    meaning: str
    tags: tuple[str, ...]
    lasting: bool
    began: float
    began_step: float
    began_off: str
    began_by: str
    lasted: str
    lasted_off: str
    share: str
    share_note: str
    alerted_at: float | None
    alerts_known: bool
    detected: str
    todos: int | None


def line(row: BoardRow, now: int) -> Line:
    """The row as it is shown at `now` (nanoseconds)."""
    figures = row.figures
    start = estimate_of(figures.get("start"))
    measured = start is not None and start.value is not None
    if start is None or start.value is None:
        start = Estimate.exact(row.start / NS, "time", "as told")
    lasted, lasted_off = _lasted(row, figures, measured, now)
    first = figures.get("first_alert")
    return Line(
        id=row.incident_id,
        service=row.service,
        title=row.title,
        state=row.state,
        meaning=STATES.get(row.state, ""),
        tags=_tags(row, measured),
        lasting=row.lasting,
        began=start.value or 0.0,
        began_step=step_of(start),
        began_off=off(start),
        began_by="" if measured else _told_by(row),
        lasted=lasted,
        lasted_off=lasted_off,
        **_users(figures),
        alerted_at=None if first is None else times.parsed(first),
        alerts_known=figures.get("alerts_known", True),
        detected=_detected(figures, measured),
        todos=row.todos,
    )


def _told_by(row: BoardRow) -> str:
    return "declared" if row.state == "declared" else "first alert"


def _tags(row: BoardRow, measured: bool) -> tuple[str, ...]:
    found = [KINDS[row.kind]] if row.kind in KINDS and row.kind != "errors" else []
    known = row.figures.get("alerts_known", True)
    found += ["no alert"] if measured and known and not row.figures.get("alerts") else []
    found += ["dismissed"] if row.dismissed else []
    return tuple(found)


def _lasted(row: BoardRow, figures: Mapping[str, Any], measured: bool, now: int) -> tuple[str, str]:
    """How long, and how far that may be off. What goes on has lasted until now."""
    if row.end is None:
        return f"{length((now - row.start) / NS)} so far", ""
    duration = estimate_of(figures.get("duration_seconds")) if measured else None
    if duration is not None and duration.value is not None:
        return length(duration.value), off(duration)
    return length((row.end - row.start) / NS), ""


def _users(figures: Mapping[str, Any]) -> dict[str, Any]:
    said = figures.get("affected_users")
    found = estimate_of(said)
    if said is None or found is None or found.status == "not_derivable":
        reason = None if found is None else found.reason
        return {"share": "unknown", "share_note": reason or "no window is measured"}
    shown = numbers.show(found)
    between = "a range" if found.value is None else shown.interval
    return {"share": share(found), "share_note": f"{between}, tier {said['tier']}"}


def _detected(figures: Mapping[str, Any], measured: bool) -> str:
    """The time to detect, in words."""
    delay = estimate_of(figures.get("time_to_detect")) if measured else None
    if delay is None or delay.value is None:
        return ""
    when = "after" if delay.value >= 0 else "before"
    return f"{length(abs(delay.value))} {when} onset"
