"""What the chart of an incident's page draws, as plain JSON values: times are seconds."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from detector.estimate import Estimate
from reports import lanes
from reports.escape import label
from reports.facts import Curve, Incident
from reports.summary import is_level


def chart_data(incident: Incident) -> dict[str, Any] | None:
    """The series in columns, the lanes of marks, and the window, of an incident that is tidy; None
    without metrics."""
    if incident.curve is None:
        return None
    begin, end = lanes.limits(incident)
    return {
        "level": is_level(incident),
        "begin": begin,
        "end": end,
        "series": series(incident.curve),
        "lanes": [_lane(one) for one in lanes.within(incident)],
        "gaps": [list(gap) for gap in incident.data_gaps],
        **_window(incident),
    }


def series(curve: Curve) -> dict[str, list[float | None]]:
    """The columns of a curve by their names."""
    return {field.name: list(getattr(curve, field.name)) for field in fields(curve)}


def _window(incident: Incident) -> dict[str, Any]:
    window = incident.window
    if window is None:
        return {"start": None, "until": None, "phases": []}
    return {
        "start": _edge(window.start),
        "recovery": None if window.end.value is None else _edge(window.end),
        "until": window.until,
        "phases": [[phase.start, phase.end] for phase in window.phases],
    }


def _edge(edge: Estimate) -> list[float | None]:
    return [edge.value, edge.low, edge.high]


def _lane(lane: lanes.Lane) -> dict[str, Any]:
    return {
        "name": lane.name,
        "marker": lane.marker,
        "marks": [[m.time, m.end, m.open, f"{m.kind}: {label(m.text)}"] for m in lane.marks],
    }
