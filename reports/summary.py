"""The chart in words: what the picture shows, for those who cannot see it."""

from __future__ import annotations

from reports import lanes, numbers, times
from reports.facts import Incident
from reports.tidy import tidy


def text_equivalent(incident: Incident) -> str:
    """The content of the chart as plain sentences (one line, no Markdown)."""
    return in_words(tidy(incident))


def in_words(incident: Incident) -> str:
    """As `text_equivalent`, of an incident that is tidy already."""
    curve = incident.curve
    if curve is None:
        return f"No chart of {incident.service}: there are no metrics around the incident."
    parts = [_title(incident).rstrip("."), _level(incident)]
    parts += [_window(incident), _marks(incident), _gaps(incident)]
    return ". ".join(part[:1].upper() + part[1:] for part in parts if part) + "."


def chart_title(incident: Incident) -> str:
    """What the chart is of, and of which time: its alternative text."""
    return _title(tidy(incident))


def _title(incident: Incident) -> str:
    if incident.curve is None:
        return f"No chart of {incident.service}."
    between = times.between(incident.curve.start[0], incident.curve.end[-1], times.MINUTE)
    name = "Errors" if is_level(incident) else "Error ratio"
    return f"{name} of {incident.service}, {between}."


def is_level(incident: Incident) -> bool:
    """Whether the curve is a level of errors (of unknown exposure) rather than a ratio."""
    curve, window = incident.curve, incident.window
    if curve is None or any(rate is not None for rate in curve.per_minute):
        return False
    refused = window is not None and window.error_ratio.status == "not_derivable"
    return refused or any(high is not None and high > 1 for high in curve.high)


def _level(incident: Incident) -> str:
    curve, window = incident.curve, incident.window
    assert curve is not None
    write = _plain if is_level(incident) else _percent
    highest = [high for high in curve.high if high is not None]
    if not highest:
        return "there were no attempts"
    if window is None:
        lowest = min(low for low in curve.low if low is not None)
        return f"it lies between {write(lowest)} and {write(max(highest))}"
    usual = [level for level in curve.expected if level is not None]
    text = f"it is expected near {write(sum(usual) / len(usual))}" if usual else ""
    inside = [
        high
        for start, end, high in zip(curve.start, curve.end, curve.high, strict=True)
        if end > window.onset and start < window.until and high is not None
    ]
    if not inside:
        return text
    return f"{text} and reaches {write(max(inside))} in one interval of the window"


def _window(incident: Incident) -> str:
    window = incident.window
    if window is None:
        return "no window is marked"
    start = numbers.show(window.start)
    if window.end.value is None:
        return f"the window is open from {start.value}"
    phases = f", in {len(window.phases)} phases" if len(window.phases) > 1 else ""
    return f"the window is shaded from {start.value} to {numbers.show(window.end).value}{phases}"


def _marks(incident: Incident) -> str:
    drawn = lanes.counted(incident)
    return f"marked: {drawn}" if drawn else ""


def _gaps(incident: Incident) -> str:
    n = len(incident.data_gaps)
    return f"{n} gap{'s' if n > 1 else ''} without data" if n else ""


def _plain(level: float) -> str:
    return f"{level:.3g}"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.3g} %"
