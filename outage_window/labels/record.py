"""What is told of one incident as a label: few fields, each number with its interval and status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from outage_window.joining import is_own_voice
from outage_window.store.labelled import Labelled

Figure = dict[str, Any] | None
NO_ALERT = "no alert fired"
ALERTS_NOT_KNOWN = "it is not known whether an alert fired: no source of alerts was given"
NO_WINDOW = "no window was measured"
NOT_SAID = "nobody declared it"
BEFORE = "an earlier version of the program closed it"


class _Alert(msgspec.Struct):
    fired_at: str
    labels: dict[str, str] = {}


class _Related(msgspec.Struct):
    id: str
    how: str = "overlaps"


class _Said(msgspec.Struct):
    """The parts of an incident's document that a label needs: all others are skipped unread."""

    title: str = ""
    kind: str | None = None
    pattern: str | None = None
    as_of: str | None = None
    no_window_because: str = ""
    start: Figure = None
    end: Figure = None
    duration_seconds: Figure = None
    impaired_seconds: Figure = None
    error_ratio: Figure = None
    affected_users: Figure = None
    first_alert: Figure = None
    time_to_detect: Figure = None
    declared_start: Figure = None
    declared_end: Figure = None
    alerts: list[_Alert] = []
    alerts_known: bool = True
    related: list[_Related] = []


_decoder = msgspec.json.Decoder(_Said)


def record(stored: Labelled) -> dict[str, Any]:
    """The label of an incident: plain values in the order in which they are documented.

    A number that cannot be derived has `value` null and says why, here as in every document.
    """
    said = _decoder.decode(stored.document)
    because = said.no_window_because or NO_WINDOW
    return {
        "id": stored.id,
        "service": stored.service,
        "title": said.title,
        "state": stored.state,
        "kind": said.kind,
        "pattern": said.pattern,
        "start": _figure(said.start, because),
        "end": _figure(said.end, because),
        "duration_seconds": _figure(said.duration_seconds, because),
        "impaired_seconds": _figure(said.impaired_seconds, because),
        "error_ratio": _figure(said.error_ratio, because),
        "affected_users": _users(said.affected_users, because),
        "first_alert": _first_alert(said),
        "time_to_detect_seconds": _figure(said.time_to_detect, because),
        "declared_start": _figure(said.declared_start, NOT_SAID),
        "declared_end": _figure(said.declared_end, NOT_SAID),
        "dismissed": stored.dismissed,
        "merged": list(stored.merged),
        "related": [one.id for one in said.related if one.how == "overlaps"],
        "revision": stored.revision,
        "as_of": said.as_of,
    }


def _figure(said: Figure, because: str) -> dict[str, Any]:
    if said is None or "value" not in said:
        return _none(because)
    found = {name: said.get(name) for name in ("value", "low", "high", "status")}
    if found["status"] == "not_derivable":
        found["reason"] = said.get("reason") or BEFORE
    if said.get("provisional_end") is not None:
        found["provisional_end"] = said["provisional_end"]
    return found


def _users(said: Figure, because: str) -> dict[str, Any]:
    tier = None if said is None else said.get("tier")
    return _figure(said, because) | {"tier": tier}


def _first_alert(said: _Said) -> dict[str, Any]:
    if said.first_alert is not None:
        return _figure(said.first_alert, NO_ALERT)
    fired = [one.fired_at for one in said.alerts if not is_own_voice(one.labels)]
    if not fired:
        return _none(NO_ALERT if said.alerts_known else ALERTS_NOT_KNOWN)
    first = min(fired, key=_moment)
    return {"value": first, "low": first, "high": first, "status": "measured"}


def _moment(text: str) -> str:
    """RFC 3339 in UTC in an order that is that of time, whether with milliseconds or without."""
    return text.removesuffix("Z").ljust(23, " ")


def _none(because: str) -> dict[str, Any]:
    return {"value": None, "low": None, "high": None, "status": "not_derivable", "reason": because}


def flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """A label as the cells of one row; what is not known is None."""
    cells: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            parts = WHOLE if name not in POINTS else ("value", "status")
            cells |= {_column(name, part): value.get(part) for part in parts}
        elif isinstance(value, list):
            cells[name] = ";".join(value)
        elif isinstance(value, bool):
            cells[name] = str(value).lower()
        else:
            cells[name] = value
    cells["affected_users_tier"] = found["affected_users"]["tier"]
    return cells


WHOLE = ("value", "low", "high", "status")
POINTS = ("first_alert", "declared_start", "declared_end")
"""Figures without an interval: somebody noted the time."""


def _column(name: str, part: str) -> str:
    if part == "value":
        return name
    return f"{name}_{part}"
