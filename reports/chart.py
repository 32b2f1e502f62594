"""The chart of an incident: error ratio against the expected, the window, and what marks it."""

from __future__ import annotations

import threading
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reports import chart_frame, chart_lanes, chart_panels, lanes
from reports.chart_style import DPI, THEMES, Theme, ThemeName, settings
from reports.columns import columns
from reports.facts import Incident
from reports.summary import is_level, text_equivalent
from reports.tidy import tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["render", "text_equivalent"]

Format = Literal["svg", "png"]

RATIO_HEIGHT, ATTEMPTS_HEIGHT = 2.3, 0.8
"""Inches."""

# Settings of the library are global: one chart at a time, whatever thread asks.
_ALONE = threading.Lock()


def render(incident: Incident, fmt: Format = "svg", theme: ThemeName = "light") -> bytes:
    """The chart as SVG or PNG, for a light page or a dark one; the same facts give the same bytes.

    Time is UTC, in steps where a cell is wider than a pixel, else as the range from the lowest to
    the highest cell of each column. The background is drawn, so that either can be read on any
    page. `ValueError` when the incident has no curve: there is nothing to draw, and
    `text_equivalent` says so.
    """
    if incident.curve is None:
        raise ValueError("the incident has no metrics, so there is no chart")
    import matplotlib as mpl

    incident, look = tidy(incident), THEMES[theme]
    described: dict[str, Any] = {
        "Title": f"Incident {incident.id}",
        "Description": text_equivalent(incident),
    }
    described |= {"Date": None, "Creator": None} if fmt == "svg" else {"Software": None}
    out = BytesIO()
    with _ALONE, warnings.catch_warnings(), mpl.rc_context(settings(look)):
        warnings.simplefilter("ignore")  # letters that the font lacks are drawn as boxes
        figure(incident, look).savefig(out, format=fmt, dpi=DPI, metadata=described)
    return out.getvalue()


def figure(incident: Incident, look: Theme) -> Figure:
    """The chart, not yet rendered, of an incident that is tidy and has a curve."""
    from matplotlib.figure import Figure

    assert incident.curve is not None
    drawn, level = columns(incident.curve), is_level(incident)
    begin, end = lanes.limits(incident)
    rows = chart_lanes.rows(lanes.within(incident), begin, end)
    in_lanes = len(rows) + (incident.window is not None)
    counted = not np.isnan(drawn.per_minute).all()
    heights = [RATIO_HEIGHT]
    heights += [in_lanes * chart_lanes.LANE_HEIGHT] if in_lanes else []
    heights += [ATTEMPTS_HEIGHT] if counted else []
    made = Figure()
    axes: list[Axes] = []
    for _ in heights:
        axes.append(made.add_axes((0, 0, 1, 1), sharex=axes[0] if axes else None))
    chart_panels.ratio(axes[0], drawn, level, look)
    if in_lanes:
        chart_lanes.draw(axes[1], rows, incident.window, end, look)
    if counted:
        chart_panels.attempts(axes[-1], drawn, look)
    for axis in axes:
        chart_panels.mark(axis, incident, begin, end, look)
        axis.spines[["top", "right"]].set_visible(False)
    chart_frame.time_axis(axes, begin, end)
    chart_frame.frame(made, axes, heights)
    chart_frame.head(made, incident, "errors" if level else "error ratio", look)
    chart_frame.edges(made, incident, (begin, end), look)
    return made
