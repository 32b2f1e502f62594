"""The curves of a chart, and what marks the window across all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.chart_style import Theme, short
from reports.columns import Columns, steps
from reports.facts import Incident

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from detector.estimate import Estimate
    from detector.results import Window

EXPECTED = "expected, with 95 % of intervals"
EACH, RANGE = "of each interval", "lowest to highest"
SHADED, PHASES, NO_DATA = "window", "phases of the window", "no data"
WIDE, NARROW, UNKNOWN = "95 % interval", "interval too narrow to draw", "interval not known"
SEEN = 0.005
"""The part of the chart's span that is about three pixels of 600: less is not seen."""


def ratio(axis: Axes, drawn: Columns, level: bool, look: Theme) -> None:
    """The error ratio (or level): steps, or where a column holds many intervals their range."""
    name = "errors" if level else "error ratio"
    x, usual = steps(drawn.start, drawn.end, drawn.expected)
    _, lowest = steps(drawn.start, drawn.end, drawn.usual_low)
    _, highest = steps(drawn.start, drawn.end, drawn.usual_high)
    if np.isfinite(usual).any():
        axis.fill_between(x, lowest, highest, fc=look.band, ec=look.rim, lw=0.5, label=EXPECTED)
        axis.plot(x, usual, color=look.ink, lw=1.0, ls=(0, (4, 2)), zorder=2.8, label=EXPECTED)
    _, low = steps(drawn.start, drawn.end, drawn.low)
    _, high = steps(drawn.start, drawn.end, drawn.high)
    if np.isnan(high).all():
        axis.text(0.5, 0.8, "no attempts in this time", transform=axis.transAxes, ha="center")
    elif np.array_equal(low, high, equal_nan=True):
        axis.plot(x, high, color=look.ratio, lw=1.3, label=f"{name} {EACH}")
    else:
        label = f"{name}, {RANGE}"
        axis.fill_between(x, low, high, color=look.ratio, lw=0.6, label=label)
    top = np.nanmax(np.concatenate([drawn.high, drawn.usual_high, [0.0]]))
    _from_zero(axis, 1.08 * top if top > 0 else 1)
    axis.set_ylabel(name)
    axis.locator_params(axis="y", nbins=6)
    axis.yaxis.set_major_formatter(
        lambda value, _: short(value) if level else f"{100 * value:.4g} %"
    )


def attempts(axis: Axes, drawn: Columns, look: Theme) -> None:
    """Attempts a minute."""
    x, y = steps(drawn.start, drawn.end, drawn.per_minute)
    axis.plot(x, y, color=look.ink, lw=1.0, label="_attempts")
    _from_zero(axis, 1.15 * max(float(np.nanmax(y)), 1.0))
    axis.set_ylabel("attempts\na minute")
    axis.locator_params(axis="y", nbins=3)
    axis.yaxis.set_major_formatter(lambda value, _: short(value))


def _from_zero(axis: Axes, top: float) -> None:
    """The frame a little below zero, so that it does not hide a line of zeros."""
    axis.set_ylim(-0.025 * top, top)


def mark(axis: Axes, incident: Incident, begin: float, end: float, look: Theme) -> None:
    """Shade the phases, hatch what has no data, and draw the edges with their intervals."""
    for start, stop in incident.data_gaps:
        if stop > begin and start < end:
            # A rim, for the hatch of a short gap cannot be seen.
            axis.axvspan(
                start, stop, fc="none", ec=look.rim, hatch="////", lw=0.8, zorder=0.3, label=NO_DATA
            )
    window = incident.window
    if window is None:
        return
    name = SHADED if len(window.phases) == 1 else PHASES
    for phase in window.phases:
        axis.axvspan(
            phase.start, phase.end, fc=look.shade, ec=look.shade, lw=0.8, zorder=0.2, label=name
        )
    names = edge_names(window, SEEN * (end - begin))
    for edge, name in names:
        assert edge.value is not None
        axis.axvline(edge.value, color=look.ink, lw=1.0, ls=(0, (1, 1)), zorder=3, label=name)
        if name.endswith(WIDE) and edge.low is not None and edge.high is not None:
            span, dots = (edge.low, edge.high), "..."
            axis.axvspan(*span, fc="none", ec=look.rim, hatch=dots, lw=0, zorder=0.4, label=name)


def edge_names(window: Window, narrow: float) -> tuple[tuple[Estimate, str], ...]:
    """The edges that have a value, each with its entry in the legend.

    An interval below `narrow` seconds, which nobody can see, is not promised.
    """
    kinds: dict[str, list[str]] = {}
    found: list[tuple[Estimate, str]] = []
    for name, edge in (("onset", window.start), ("recovery", window.end)):
        if edge.value is not None:
            kind = UNKNOWN
            if edge.low is not None and edge.high is not None:
                kind = NARROW if edge.high - edge.low < narrow else WIDE
            kinds.setdefault(kind, []).append(name)
            found.append((edge, kind))
    said = {
        kind: f"{' and '.join(names)}{', ' + kind if kind == WIDE else f' ({kind})'}"
        for kind, names in kinds.items()
    }
    return tuple((edge, said[kind]) for edge, kind in found)


def rank(name: str) -> int:
    """Where a name stands in the legend: the curve, what is usual, the window, its edges, gaps."""
    order = (EACH, RANGE, EXPECTED, SHADED, "onset", "recovery", NO_DATA)
    return next(i for i, part in enumerate(order) if part in name)
