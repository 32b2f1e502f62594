"""The chart of an incident: error ratio against the expected, the window, and what marks it."""

from __future__ import annotations

import threading
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reports import lanes, numbers, times
from reports.columns import Columns, columns, steps
from reports.facts import Incident
from reports.summary import is_level, text_equivalent
from reports.tidy import tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from detector.results import Window

__all__ = ["render", "text_equivalent"]

Format = Literal["svg", "png"]

# Okabe and Ito's palette, told apart by colour-blind people; in grey the hatches and dashes remain.
RATIO, WINDOW, EDGE, BAND, GAP = "#0072B2", "#E69F00", "#000000", "#999999", "#BBBBBB"
WIDTH, RATIO_HEIGHT, ATTEMPTS_HEIGHT, LANE_HEIGHT, REST = 10.0, 3.0, 1.1, 0.24, 1.35
DPI = 110
SEEN = 0.003
"""The part of the chart's span that is about three pixels: an interval below it is not seen."""

# Settings of the library are global: one chart at a time, whatever thread asks.
_ALONE = threading.Lock()


def render(incident: Incident, fmt: Format = "svg") -> bytes:
    """The chart as SVG or PNG; the same facts give the same bytes.

    Time is UTC, in steps where a cell is wider than a pixel, else as the range from the lowest to
    the highest cell of each column. `ValueError` when the incident has no curve: there is nothing
    to draw, and `text_equivalent` says so.
    """
    if incident.curve is None:
        raise ValueError("the incident has no metrics, so there is no chart")
    import matplotlib as mpl

    incident = tidy(incident)
    defaults = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    settings = defaults | {"svg.hashsalt": "outage-window", "font.size": 9.0}
    described: dict[str, Any] = {"Title": f"Incident {incident.id}"}
    described |= {"Date": None, "Creator": None} if fmt == "svg" else {"Software": None}
    out = BytesIO()
    with _ALONE, warnings.catch_warnings(), mpl.rc_context(settings):
        warnings.simplefilter("ignore")  # letters that the font lacks are drawn as boxes
        figure = _figure(incident)
        figure.savefig(out, format=fmt, dpi=DPI, metadata=described)
    return out.getvalue()


def _figure(incident: Incident) -> Figure:
    from matplotlib.figure import Figure

    assert incident.curve is not None
    drawn = columns(incident.curve)
    counted = not np.isnan(drawn.per_minute).all()
    marks = lanes.within(incident)
    heights = [RATIO_HEIGHT]
    heights += [len(marks) * LANE_HEIGHT] if marks else []
    heights += [ATTEMPTS_HEIGHT] if counted else []
    figure = Figure(figsize=(WIDTH, sum(heights) + REST), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    begin, end = lanes.limits(incident)
    _ratio(axes[0], drawn, is_level(incident))
    if marks:
        lanes.draw(axes[1], marks, end)
    if counted:
        _attempts(axes[-1], drawn)
    for axis in axes:
        _window(axis, incident, SEEN * (end - begin))
        _clean(axis)
    _edge_labels(axes[0], incident, begin, end)
    axes[0].set_xlim(begin / times.DAY, end / times.DAY)
    _time_axis(axes[-1], begin, end)
    pad = 8 if incident.window is None else 22  # the edges' times stand below the title
    title = f"{incident.service}: {'errors' if is_level(incident) else 'error ratio'}"
    axes[0].set_title(f"{title}, incident {incident.id}", loc="left", pad=pad, parse_math=False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    return figure


def _ratio(axis: Axes, drawn: Columns, level: bool) -> None:
    start, end = drawn.start / times.DAY, drawn.end / times.DAY
    middle, low, high = (start + end) / 2, drawn.usual_low, drawn.usual_high
    axis.fill_between(
        middle, low, high, color=BAND, alpha=0.45, lw=0, label="expected (95 % of intervals)"
    )
    axis.plot(middle, drawn.expected, color="#222222", lw=0.9, ls=(0, (4, 2)), zorder=2.8)
    x, lowest = steps(start, end, drawn.low)
    _, highest = steps(start, end, drawn.high)
    name = "errors" if level else "error ratio"
    if np.array_equal(drawn.low, drawn.high, equal_nan=True):
        axis.plot(x, highest, color=RATIO, lw=1.1, label=f"{name} of each interval")
    else:
        axis.fill_between(
            x, lowest, highest, color=RATIO, lw=0.6, label=f"{name}, lowest to highest"
        )
    top = np.nanmax(np.concatenate([drawn.high, drawn.usual_high, [0.0]]))
    axis.set_ylim(0, 1.08 * top if top > 0 else 1)
    axis.set_ylabel(name)
    if not level:
        axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
    if np.isnan(drawn.high).all():
        axis.text(0.5, 0.9, "no attempts in this time", transform=axis.transAxes, ha="center")


def _attempts(axis: Axes, drawn: Columns) -> None:
    x, y = steps(drawn.start / times.DAY, drawn.end / times.DAY, drawn.per_minute)
    axis.plot(x, y, color=lanes.INK, lw=0.8)
    axis.set_ylim(0, 1.15 * max(float(np.nanmax(y)), 1.0))
    axis.set_ylabel("attempts\na minute")


def _window(axis: Axes, incident: Incident, narrow: float) -> None:
    """Shade the phases; hatch what has no data; draw the edges, and their intervals if `narrow`
    (seconds) or wider: what nobody can see enters no legend."""
    for i, (start, end) in enumerate(incident.data_gaps):
        span = (start / times.DAY, end / times.DAY)
        axis.axvspan(
            *span, fc="none", ec=GAP, hatch="////", lw=0, zorder=0, label=_once("no data", i)
        )
    window = incident.window
    if window is None:
        return
    for i, phase in enumerate(window.phases):
        label = _once("window" if len(window.phases) == 1 else "phases of the window", i)
        span = (phase.start / times.DAY, phase.end / times.DAY)
        axis.axvspan(*span, color=WINDOW, alpha=0.22, lw=0, zorder=0.5, label=label)
    _edges(axis, window, narrow)


def _edges(axis: Axes, window: Window, narrow: float) -> None:
    """Draw a line at each edge, and its interval where it is `narrow` (seconds) or wider."""
    legend = {"edges, 95 % interval", "edges (interval too narrow to draw)"}
    for edge in (window.start, window.end):
        if edge.value is None:
            continue
        line = axis.axvline(edge.value / times.DAY, color=EDGE, lw=0.9, ls=(0, (1, 1)), zorder=3)
        if edge.low is None or edge.high is None:
            continue
        if edge.high - edge.low < narrow:
            label = "edges (interval too narrow to draw)"
            line.set_label(label if label in legend else "_")
        else:
            label = "edges, 95 % interval"
            span = (edge.low / times.DAY, edge.high / times.DAY)
            shown = label if label in legend else "_"
            axis.axvspan(*span, color=EDGE, alpha=0.3, lw=0, zorder=2.5, label=shown)
        legend.discard(label)


def _once(label: str, i: int) -> str:
    """Only the first of a kind enters the legend."""
    return label if i == 0 else "_"


def _edge_labels(axis: Axes, incident: Incident, begin: float, end: float) -> None:
    """Write the edges' times above the plot, placed so that none is clipped or overlaps."""
    window = incident.window
    if window is None:
        return
    onset = f"onset {numbers.show(window.start).value}"
    last = f"recovery {numbers.show(window.end).value}"
    if window.end.value is None:
        last = f"ongoing as of {times.utc(window.as_of)}"
    length, middle = end - begin, (window.onset + window.until) / 2
    if window.until - window.onset > 0.45 * length:
        placed = [(onset, window.onset, "left"), (last, window.until, "right")]
    elif middle - begin < 0.25 * length:
        placed = [(f"{onset}, {last}", begin, "left")]
    elif end - middle < 0.25 * length:
        placed = [(f"{onset}, {last}", end, "right")]
    else:
        placed = [(f"{onset}, {last}", middle, "center")]
    for text, at, align in placed:
        axis.annotate(
            text,
            (at / times.DAY, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha=align,
            va="bottom",
        )


def _time_axis(axis: Axes, begin: float, end: float) -> None:
    """Label hours and minutes, at midnight the day; the dates stand below in full."""
    from matplotlib import dates

    locator: Any = dates.AutoDateLocator(tz="UTC", minticks=5, maxticks=11)  # type: ignore[no-untyped-call]
    day = ("%Y", "%b %Y", "%d %b", "%H:%M", "%H:%M", "%S.%f")
    whole = ("", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M")
    formatter: Any = dates.ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, tz="UTC", formats=list(day), zero_formats=list(whole), show_offset=False
    )
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(formatter)
    days = dict.fromkeys((times.date(begin), times.date(end)))
    axis.set_xlabel(f"UTC, {' to '.join(days)}")


def _clean(axis: Axes) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="x", color="#DDDDDD", lw=0.6, zorder=0)
    axis.set_axisbelow(True)
