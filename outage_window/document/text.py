"""The analysis document as a table for a terminal, at most 100 columns wide."""

from __future__ import annotations

from datetime import datetime
from textwrap import wrap
from typing import Any

WIDTH = 100
_HEADS = ("SERVICE", "START (UTC)", "END (UTC)", "LASTED", "ERRORS", "USERS", "PATTERN")
_MAX_SERVICE = 18


def to_text(document: dict[str, Any]) -> str:
    """Render for reading: windows, then blips, what was not assessed, and notes."""
    windows = document["windows"]
    lines = [_headline(document), ""]
    if windows:
        lines += [*_table(windows), ""]
        lines += _paragraphs("Windows", [_ident(window) for window in windows])
    lines += _paragraphs("Blips, too short to be a window", [_blip(b) for b in document["blips"]])
    not_assessed = [f"{_safe(n['service'])}: {n['reason']}" for n in document["not_assessed"]]
    lines += _paragraphs("NOT ASSESSED, so nothing is known about them", not_assessed)
    lines += _paragraphs("Notes", _notes(document))
    return "\n".join(lines).rstrip() + "\n"


def _headline(document: dict[str, Any]) -> str:
    windows, services = len(document["windows"]), document["services"]
    assessed = [s for s in services if "first" in s]
    judged = len(services) - len(document["not_assessed"])
    found = f"{windows} window" + ("" if windows == 1 else "s")
    within = f" in {judged} assessed service" + ("" if judged == 1 else "s")
    if not assessed:
        return found + within
    first, last = min(s["first"] for s in assessed), max(s["last"] for s in assessed)
    return f"{found}{within}, {_minute(first)} to {_minute(last)} UTC"


def _table(windows: list[dict[str, Any]]) -> list[str]:
    rows = [_HEADS, *(_row(window) for window in windows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]


def _row(window: dict[str, Any]) -> tuple[str, ...]:
    service = _safe(window["service"])
    if len(service) > _MAX_SERVICE:
        service = f"{service[: _MAX_SERVICE - 1]}…"
    phases = len(window["phases"])
    ongoing = window["status"] == "ongoing"
    lasted = _span(window["duration_seconds"]["value"])
    return (
        service,
        _edge(window["start"]),
        "ongoing" if ongoing else _edge(window["end"]),
        f"{lasted}+" if ongoing else lasted,
        _percent(window["error_ratio"]["value"]),
        _share(window["affected_users"]),
        window["pattern"] if phases < 2 else f"{phases} phases",
    )


def _ident(window: dict[str, Any]) -> str:
    """What the row has no room for: the id, the kind, what is open or unknown and why."""
    parts = [f"{window['id']}:"]
    if window["kind"] != "errors":
        parts.append(f"{window['kind'].replace('_', ' ')};")
    if window["status"] == "ongoing":
        parts.append(f"still on at {_second(window['as_of'])}, the end of the data;")
    users = window["affected_users"]
    if users["status"] == "not_derivable":
        parts.append(f"share of users not derivable: {users['reason']}{_attempts(users)}")
    else:
        hit, blocked = (users[name]["value"] for name in ("hit_users", "blocked_users"))
        parts.append(f"{_count(hit)} users hit, {_count(blocked)} of them blocked")
    return " ".join(parts).rstrip(";")


def _attempts(users: dict[str, Any]) -> str:
    share, tries = users.get("attempts_share"), users.get("retry_range")
    if not share or not tries:
        return ""
    return (
        f"; {_percent(share['value'])} of attempts failed beyond the usual, which would be"
        f" {_percent(tries[0])} to {_percent(tries[1])} of users at 8 to 1 tries each"
    )


def _blip(blip: dict[str, Any]) -> str:
    seconds = (_moment(blip["end"]) - _moment(blip["start"])).total_seconds()
    return f"{_safe(blip['service'])}: {_second(blip['start'])} for {_span(seconds)}"


def _notes(document: dict[str, Any]) -> list[str]:
    return [f"{_safe(s['service'])}: {note}" for s in document["services"] for note in s["notes"]]


def _paragraphs(title: str, texts: list[str]) -> list[str]:
    if not texts:
        return []
    lines = [title]
    for text in texts:
        lines += wrap(_safe(text), WIDTH, initial_indent="  ", subsequent_indent="    ")
    return [*lines, ""]


def _edge(estimate: dict[str, Any]) -> str:
    value = _moment(estimate["value"])
    reach = max(_moment(estimate["high"]) - value, value - _moment(estimate["low"]))
    return f"{_second(estimate['value'])} ±{_span(reach.total_seconds())}"


def _span(seconds: float | None) -> str:
    """Seconds as a person says them: two units at most."""
    if seconds is None:
        return "?"
    whole = max(round(seconds), 0)
    if whole < 120:
        return f"{whole}s"
    if whole < 7200:
        return f"{round(whole / 60)}m"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours}h{minutes:02d}m"


def _percent(ratio: float | None) -> str:
    if ratio is None:
        return "unknown"
    percent = ratio * 100
    return f"{percent:.2g} %" if percent < 1 else f"{percent:.1f} %"


def _share(users: dict[str, Any]) -> str:
    if users["value"] is not None:
        return _percent(users["value"])
    if users["low"] is not None:
        return f"{_percent(users['low'])[:-2]}-{_percent(users['high'])}"
    return "unknown"


def _count(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.0f}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _minute(text: str) -> str:
    return f"{_moment(text):%Y-%m-%d %H:%M}"


def _second(text: str) -> str:
    return f"{_moment(text):%Y-%m-%d %H:%M:%S}"


def _safe(text: str) -> str:
    """Text from a file cannot move a terminal's cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
