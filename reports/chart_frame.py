"""What stands around the panels of a chart: title, times of the edges, time axis, legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reports import numbers, times
from reports.chart_panels import rank
from reports.chart_style import LINE, TEXT, TITLE, Theme, shortened, width_of
from reports.chart_table import round_step
from reports.facts import Incident

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from detector.estimate import Estimate
    from detector.results import Window

# Inches. Text of 9 points is then 10 pixels high where the picture is shown 600 pixels wide.
WIDTH, LEFT, RIGHT, MARGIN, BETWEEN = 7.5, 1.4, 0.22, 0.12, 0.13
NAMES = 0.5
"""Where the names of the curves stand, centred."""
HEAD, TIMES = 1.03, 0.52
"""Title, id and two lines of the edges' times above the panels; the time axis below them."""
TICKS, COLUMNS = 7, 2
"""At most so many lengths between labels of time; entries of the legend in a line."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
GAP = 0.2
"""Inches between the times of the onset and of the recovery."""


def time_axis(axes: Sequence[Axes], begin: float, end: float) -> None:
    """Label hours and minutes, at midnight the day; the dates stand below in full."""
    step = round_step(begin, end, TICKS)
    ticks = [step * n for n in range(math.ceil(begin / step), math.floor(end / step) + 1)]
    axes[0].set_xlim(begin, end)
    for axis in axes:
        axis.set_xticks(ticks, [_moment(tick) for tick in ticks])
        axis.grid(axis="x", lw=0.7)
        axis.set_axisbelow(True)
        axis.tick_params(labelbottom=axis is axes[-1])
    days = dict.fromkeys((times.date(begin), times.date(end)))
    axes[-1].set_xlabel(f"UTC, {' to '.join(days)}")


def _moment(time: float) -> str:
    if time % times.DAY:
        return times.utc(time, times.MINUTE)[11:16]
    day = datetime.fromtimestamp(time, UTC)
    return f"{day.day} {MONTHS[day.month - 1]}"


def frame(made: Figure, axes: Sequence[Axes], heights: Sequence[float]) -> None:
    """Put the panels (inches high) under each other, and below them the legend."""
    entries: dict[str, Any] = legend(axes[0])
    lines = math.ceil(len(entries) / COLUMNS)
    below = TIMES + lines * LINE + MARGIN
    total = HEAD + sum(heights) + BETWEEN * (len(heights) - 1) + below
    made.set_size_inches(WIDTH, total)
    top = total - HEAD
    wide = WIDTH - LEFT - RIGHT
    for axis, height in zip(axes, heights, strict=True):
        bottom = (top - height) / total
        axis.set_position((LEFT / WIDTH, bottom, wide / WIDTH, height / total))
        axis.yaxis.set_label_coords((NAMES - LEFT) / wide, 0.5)
        axis.yaxis.label.set_verticalalignment("center")
        top -= height + BETWEEN
    made.legend(
        list(entries.values()),
        list(entries),
        loc="lower center",
        bbox_to_anchor=(0.5, MARGIN / total),
        ncols=COLUMNS,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=2.6,
        handleheight=1.0,
        columnspacing=2.0,
    )


def legend(axis: Axes) -> dict[str, tuple[Artist, ...]]:
    """Each name in the panel with what stands for it: the first of each kind of mark."""
    from matplotlib.lines import Line2D

    found: dict[str, dict[bool, Artist]] = {}
    for artist, name in zip(*axis.get_legend_handles_labels(), strict=True):
        found.setdefault(name, {}).setdefault(isinstance(artist, Line2D), artist)
    names = sorted(found, key=rank)
    # The area first, so that the line is drawn on it.
    return {name: tuple(found[name][line] for line in sorted(found[name])) for name in names}


def head(made: Figure, incident: Incident, what: str, look: Theme) -> None:
    """The service with what is drawn of it, and the incident's id."""
    room = WIDTH - 2 * MARGIN
    taken = width_of(f": {what}", TITLE, bold=True)
    service = shortened(incident.service, room - taken, TITLE, bold=True)
    _write(made, (MARGIN, 0.26), f"{service}: {what}", look.ink, size=TITLE, weight="bold")
    name = shortened(f"incident {incident.id}", room)
    _write(made, (MARGIN, 0.46), name, look.muted)


def edges(made: Figure, incident: Incident, limits: tuple[float, float], look: Theme) -> None:
    """Write the edges' times with their intervals above the panels, near the edges.

    Neither is clipped nor overlaps the other.
    """
    window, room = incident.window, WIDTH - 2 * MARGIN
    upper, lower = HEAD - 0.11 - LINE, HEAD - 0.11
    if window is None:
        text = f"no window: {incident.no_window_because}"
        _write(made, (MARGIN, upper), shortened(text, room), look.ink)
        return
    said = [[shortened(line, (room - GAP) / 2) for line in lines] for lines in _said(window)]
    first, last = (max(width_of(line) for line in lines) for lines in said)
    scale = (WIDTH - LEFT - RIGHT) / (limits[1] - limits[0])
    onset, until = (LEFT + (t - limits[0]) * scale for t in (window.onset, window.until))
    for left, lines in zip(beside((onset, until), (first, last)), said, strict=True):
        _write(made, (left, upper), lines[0], look.ink)
        _write(made, (left, lower), lines[1], look.muted)


def _said(window: Window) -> tuple[tuple[str, str], tuple[str, str]]:
    """Onset, and recovery or how it stands: each in two lines."""
    if window.end.value is not None:
        return _edge("onset", window.start), _edge("recovery", window.end)
    so_far = ""
    if window.provisional_end is not None:
        so_far = f"elevated until {times.utc(window.provisional_end)} so far"
    return _edge("onset", window.start), (f"ongoing as of {times.utc(window.as_of)}", so_far)


def _edge(name: str, edge: Estimate) -> tuple[str, str]:
    """Value and interval; the day is written once where both are of one day."""
    shown = numbers.show(edge)
    within = shown.interval.removeprefix(shown.value[:11])
    plain = within in ("exact", numbers.UNKNOWN)
    return f"{name} {shown.value}", f"interval {within}" if plain else f"95 %: {within}"


def beside(at: tuple[float, float], wide: tuple[float, float]) -> tuple[float, float]:
    """Where two texts begin (inches) that belong to the edges `at` of a window.

    Inside the window where both have room, else outside it, and always in the picture and apart.
    """
    low, high = MARGIN, WIDTH - MARGIN
    if at[1] - at[0] >= sum(wide) + GAP:
        return at[0], at[1] - wide[1]
    first = max(low, at[0] - wide[0])
    second = max(min(at[1], high - wide[1]), first + wide[0] + GAP)
    second = min(second, high - wide[1])
    return min(first, second - GAP - wide[0]), second


def _write(
    made: Figure,
    place: tuple[float, float],
    text: str,
    color: str,
    size: float = TEXT,
    weight: str = "normal",
) -> None:
    """Text of outside is never read as a formula."""
    x, down = place
    high = made.get_size_inches()[1]
    made.text(
        x / WIDTH, 1 - down / high, text, size=size, weight=weight, color=color, parse_math=False
    )
