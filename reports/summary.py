"""The chart in words: what the picture shows, for those who cannot see it."""

from __future__ import annotations

import numpy as np

from reports import lanes, numbers, times
from reports.facts import Incident
from reports.tidy import tidy


def text_equivalent(incident: Incident) -> str:
    """The content of the chart as plain sentences (one line, no Markdown)."""
    incident = tidy(incident)
    cells = incident.cells
    if cells is None or len(cells.start) == 0:
        return f"No chart of {incident.service}: there are no metrics around the incident."
    between = times.between(float(cells.start[0]), float(cells.end[-1]), times.MINUTE)
    name = "Errors" if is_level(incident) else "Error ratio"
    parts = [f"{name} of {incident.service}, {between}", _level(incident)]
    parts += [_window(incident), _marks(incident), _gaps(incident)]
    return ". ".join(part[:1].upper() + part[1:] for part in parts if part) + "."


def is_level(incident: Incident) -> bool:
    """Whether the cells hold a level of errors (of unknown exposure) rather than a ratio."""
    cells, window = incident.cells, incident.window
    if cells is None or not np.isnan(cells.attempts).all():
        return False
    refused = window is not None and window.error_ratio.status == "not_derivable"
    return refused or bool((cells.ratio > 1).any())


def _level(incident: Incident) -> str:
    cells, window = incident.cells, incident.window
    assert cells is not None
    write = _plain if is_level(incident) else _percent
    if np.isnan(cells.ratio).all():
        return "there were no attempts"
    if window is None:
        low, high = float(np.nanmin(cells.ratio)), float(np.nanmax(cells.ratio))
        return f"it lies between {write(low)} and {write(high)}"
    inside = (cells.end > window.onset) & (cells.start < window.until)
    usual = float(np.nanmean(cells.expected))
    text = f"it is expected near {write(usual)}"
    if np.isnan(cells.ratio[inside]).all():
        return text
    peak = write(float(np.nanmax(cells.ratio[inside])))
    return f"{text} and reaches {peak} in one interval of the window"


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
