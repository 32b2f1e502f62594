"""The analysis document as a table for a terminal, at most 100 columns wide."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil
from textwrap import wrap
from typing import Any

from reports.findings import NAMES, VERDICTS

WIDTH = 100
UNKNOWN = "unknown"
_LISTED = 5
_EXACT = 120
"""Seconds of doubt from which minutes are told instead."""
_HEADS = ("SERVICE", "START (UTC)", "END (UTC)", "LASTED", "ERRORS", "USERS", "PATTERN")
_USERS = _HEADS.index("USERS")


def to_text(document: dict[str, Any]) -> str:
    """Render for reading: windows, then blips, what was not assessed, and notes."""
    windows = document["windows"]
    lines = [_headline(document), ""]
    if windows:
        lines += [*_table(windows), ""]
        lines += _paragraphs("Windows", [_ident(window) for window in windows])
        leads = [text for window in windows if (text := _leads(window))]
        lines += _paragraphs("Leads, by figures that --format json and drafts give", leads)
    lines += _paragraphs("Blips, too short to be a window", [_blip(b) for b in document["blips"]])
    not_assessed = [f"{_safe(n['service'])}: {n['reason']}" for n in document["not_assessed"]]
    lines += _paragraphs("NOT ASSESSED, so nothing is known about them", not_assessed)
    lines += _paragraphs("Notes", [*document["notes"], *_unknown_users(windows), *_notes(document)])
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
    """The service gets what room the others leave; a longer name is cut, its id below is not.

    Without any known share of users their column is left out: the notes say why.
    """
    rows = [_HEADS, *(_row(window) for window in windows)]
    if all(row[_USERS] == UNKNOWN for row in rows[1:]):
        rows = [(*row[:_USERS], *row[_USERS + 1 :]) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    room = WIDTH - sum(widths[1:]) - 2 * (len(widths) - 1)
    widths[0] = min(widths[0], max(room, len(_HEADS[0])))
    cut = [(_cut(row[0], widths[0]), *row[1:]) for row in rows]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in cut]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _row(window: dict[str, Any]) -> tuple[str, ...]:
    phases = len(window["phases"])
    ongoing = window["status"] == "ongoing"
    lasted = _span(window["duration_seconds"]["value"])
    return (
        _safe(window["service"]),
        edge(window["start"]),
        "ongoing" if ongoing else edge(window["end"], window["start"]["value"]),
        f"{lasted}+" if ongoing else lasted,
        _percent(window["error_ratio"]["value"]),
        _share(window["affected_users"]),
        window["pattern"] if phases < 2 else f"{phases} phases",
    )


def _ident(window: dict[str, Any]) -> str:
    """What the row has no room for: the id, the kind, whom it hit or what is known of that."""
    parts = [f"{window['id']}:"]
    if window["kind"] != "errors":
        parts.append(f"{window['kind'].replace('_', ' ')};")
    if window["status"] == "ongoing":
        parts.append(f"still on at {_second(window['as_of'])}, the end of the data;")
    start = window["start"]
    if start["low"] == start["high"]:
        parts.append("the data begin inside it, so it began then or before;")
    users = window["affected_users"]
    if users["tier"] == 3:
        parts.append(f"{_share(users)} of users hit, a range (see the notes)")
    elif users["hit_users"]["value"] is not None:
        hit, active, blocked = (
            _count(users[name]["value"]) for name in ("hit_users", "active_users", "blocked_users")
        )
        parts.append(f"{hit} of {active} users hit, {blocked} of them blocked")
    elif users["attempts_share"] and users["retry_range"]:
        few, many = (_percent(bound) for bound in users["retry_range"])
        parts.append(
            f"{_percent(users['attempts_share']['value'])} of attempts failed beyond the usual:"
            f" {few} of users if each tried 8 times, {many} if once"
        )
    else:
        parts.append(f"lasted {_span(window['duration_seconds']['value'])}")
    budget = window.get("error_budget")
    if budget and budget["value"] is not None:
        parts.append(f"; {_percent(budget['value'])} of the error budget used up")
    return " ".join(parts).replace(" ;", ";").rstrip(";")


def _leads(window: dict[str, Any]) -> str:
    """Which leads the figures support and which not; those that they leave open are not listed."""
    told = []
    for verdict, words in VERDICTS.items():
        found = [f for f in window["findings"] if f.get("verdict") == verdict]
        if found and verdict != "not_assessable":
            told.append(f"{words}: {', '.join(_lead(finding) for finding in found)}")
    return f"{window['id']}: {'; '.join(told)}" if told else ""


def _lead(finding: dict[str, Any]) -> str:
    """The lead by its name, and who carries the excess if that is what it says."""
    name = NAMES[finding["id"]]
    value = finding["evidence"].get("value") if finding["verdict"] == "supported" else None
    return name[:1].lower() + name[1:] + (f" ({_safe(value)})" if value else "")


def _unknown_users(windows: list[dict[str, Any]]) -> list[str]:
    """Each reason why users could not be counted, once, and what would help."""
    users = [window["affected_users"] for window in windows]
    refused = [one for one in users if one["status"] == "not_derivable"]
    ranges = [one["hit_users"] for one in users if one["tier"] == 3]
    named = (("share of users not derivable", refused), ("users not counted", ranges))
    return [
        f"{what}: {reason}" + (f"; needs {needs} (--users)" if needs else "")
        for what, estimates in named
        for reason, needs in dict.fromkeys((one["reason"], one["needs"]) for one in estimates)
    ]


def _blip(blip: dict[str, Any]) -> str:
    seconds = (_moment(blip["end"]) - _moment(blip["start"])).total_seconds()
    return f"{_safe(blip['service'])}: {_second(blip['start'])} for {_span(seconds)}"


def _notes(document: dict[str, Any]) -> list[str]:
    """Each note once, with the services that it is about."""
    about: dict[str, list[str]] = {}
    for service in document["services"]:
        for note in service["notes"]:
            about.setdefault(note, []).append(service["service"])
    return [f"{_listed(services)}: {note}" for note, services in about.items()]


def _listed(services: list[str]) -> str:
    more = len(services) - _LISTED
    shown = ", ".join(services[:_LISTED])
    return shown if more <= 0 else f"{shown} and {more} more"


def _paragraphs(title: str, texts: list[str]) -> list[str]:
    if not texts:
        return []
    lines = [title]
    for text in texts:
        lines += wrap(_safe(text), WIDTH, initial_indent="  ", subsequent_indent="    ")
    return [*lines, ""]


def edge(estimate: dict[str, Any], start: str = "") -> str:
    """A time to the second and how far off it may be; to the minute where minutes are in doubt.

    The end of a window leaves out the date of its start. An edge that the data do not show, since
    they begin or end inside the outage, has no interval.
    """
    value, low, high = (_moment(estimate[key]) for key in ("value", "low", "high"))
    reach = max(high - value, value - low).total_seconds()
    step, clock = (1, "%H:%M:%S") if reach < _EXACT else (60, "%H:%M")
    shown = datetime.fromtimestamp(round(value.timestamp() / step) * step, UTC)
    same_day = estimate["value"][:10] == start[:10]
    text = shown.strftime(clock if same_day else f"%Y-%m-%d {clock}")
    off = max(high - shown, shown - low).total_seconds()  # what is shown holds the whole interval
    return f"{text} ±{_span(ceil(off / step) * step)}" if reach else text


def _span(seconds: float | None) -> str:
    """Seconds as a person says them: two units at most."""
    if seconds is None:
        return "?"
    whole = max(round(seconds), 0)
    if whole < _EXACT:
        return f"{whole}s"
    minutes = round(whole / 60)
    if minutes < 120:
        return f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes:02d}m"
    days, hours = divmod(round(whole / 3600), 24)
    return f"{days}d{hours:02d}h" if days < 10 else f"{days}d"


def _percent(ratio: float | None) -> str:
    if ratio is None:
        return UNKNOWN
    percent = ratio * 100
    return f"{percent:.2g} %" if percent < 1 else f"{percent:.1f} %"


def _share(users: dict[str, Any]) -> str:
    if users["value"] is not None:
        return _percent(users["value"])
    if users["low"] is not None and users["high"] >= 1:
        return f"≥ {_percent(users['low'])}"
    if users["low"] == 0:
        return f"≤ {_percent(users['high'])}"
    if users["low"] is not None:
        return f"{_percent(users['low'])[:-2]}-{_percent(users['high'])}"
    return UNKNOWN


def _count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _minute(text: str) -> str:
    return f"{_moment(text):%Y-%m-%d %H:%M}"


def _second(text: str) -> str:
    return f"{_moment(text):%Y-%m-%d %H:%M:%S}"


def _safe(text: str) -> str:
    """Text from a file cannot move a terminal's cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
