"""The table of the demo: what people declared, what was found, and the simulated truth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from outage_window.demo.run import Replayed
from outage_window.document.text import edge

HEAD = ("", "START (UTC)", "END (UTC)", "USERS HIT", "FIRST ALERT", "TTD")


def table(replayed: Sequence[Replayed]) -> str:
    """Lay out four lines an outage: its name, then declared, found and truth, in columns."""
    rows: list[tuple[str, ...]] = [HEAD]
    for one in replayed:
        rows.append((f"{one.outage.id}  {one.outage.service}",))
        rows.append(_declared(one))
        rows += [_found(incident) for incident in one.incidents]
        real = one.truth
        rows.append(("  truth", _time(real.start), _time(real.end), _percent(real.share)))
    widths = [max(len(row[i]) for row in rows if len(row) > i > 0) for i in range(1, len(HEAD))]
    widths = [max(len(row[0]) for row in rows if len(row) > 1), *widths]
    lines = []
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        lines.append(line.rstrip())
    return "\n".join(lines)


def _declared(one: Replayed) -> tuple[str, ...]:
    outage = one.outage
    start, end = outage.declared("declared_start"), outage.declared("declared_end")
    share = "not stated" if outage.declared_share is None else _percent(outage.declared_share)
    return ("  declared", _time(start), _time(end), share)


def _found(incident: dict[str, Any]) -> tuple[str, ...]:
    start, end = _edge(incident["start"]), _edge(incident["end"])
    alerts = incident["alerts"]
    if not alerts:
        return ("  found", start, end, _share(incident), "none fired", "no alert")
    first = min(_seconds(alert["fired_at"]) for alert in alerts)
    onset = incident["start"]["value"]
    taken = "unknown" if onset is None else _lasted(first - _seconds(onset))
    return ("  found", start, end, _share(incident), _time(first), taken)


def _share(incident: dict[str, Any]) -> str:
    users = incident.get("affected_users") or {}
    if users.get("value") is None:
        return "not derivable"
    return _percent(users["value"])


def _edge(estimate: dict[str, Any]) -> str:
    """As `analyze` shows it, or that there is none."""
    return "not derivable" if estimate["value"] is None else edge(estimate)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(round(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _lasted(seconds: float) -> str:
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s"
    return text if seconds >= 0 else f"-{text}"
