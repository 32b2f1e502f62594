"""A window between edges that people propose, measured as one that was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from detector.basis import Basis, basis_of
from detector.edge import Edge
from detector.estimate import Estimate, Unit
from detector.grid import Grid
from detector.measure import ONGOING, measures, share_of, span
from detector.model import Detection
from detector.results import Kind, Phase, Window
from detector.stack import Row

NEEDS_DATA = "data of all of that time"
UNITS: dict[str, Unit] = {
    "attempts": "attempts",
    "errors": "errors",
    "excess_errors": "errors",
    "error_ratio": "ratio",
    "baseline_error_ratio": "ratio",
    "peak_error_ratio": "ratio",
}
"""The fields of a window that are measured in data, with their units."""

Given = float | Estimate
"""An edge: a time that people propose, or the estimate of one that stays as it was measured."""


def proposed(time: float) -> Estimate:
    """An edge as people propose it, in seconds since the epoch: it has no interval."""
    return Estimate(time, time, time, "time", "declared", "as it was proposed")


def measured_between(detection: Detection, start: Given, end: Given | None) -> Window:
    """Measure the window [`start`, `end`) of a series, as one phase.

    Without an end it is ongoing, and counts run to the latest data. Its kind is that of the windows
    which it overlaps. `ValueError` where it is none: the series was not assessed, the end is not
    after the start, or no data that have a say are in it. Where the data reach over a part of it
    alone, durations are all that can be told.
    """
    if detection.evidence is None:
        raise ValueError(detection.not_assessed or "the series was not assessed")
    basis = basis_of(detection.evidence)
    first, until = _edges(basis, start, end)
    if _unjudged(detection.evidence.row, first.point, until.point):
        raise ValueError("maintenance was announced for all of that time: its data have no say")
    met = overlapped(detection.windows, first.point, until.point)
    window = measured_in(basis, start, end, _kind(met))
    if end is not None or not met:
        return window
    return replace(window, provisional_end=met[-1].provisional_end)


def measured_in(basis: Basis, start: Given, end: Given | None, kind: Kind = "errors") -> Window:
    """As `measured_between`, in the cells that are there; `kind` is taken as it is given."""
    first, until = _edges(basis, start, end)
    near = basis.near(first.low, until.high)
    if not share_of(near.grid, first.point, until.point).any():
        raise ValueError("there are no data of that time")
    measured = measures(first, until, basis)
    beyond = _beyond(basis.grid, first.point, until.point)
    if beyond is not None:
        measured = {
            name: Estimate.not_derivable(one.unit, beyond, NEEDS_DATA)
            for name, one in measured.items()
        }
    return _window(start, end, (first, until), float(basis.grid.end[-1]), kind, measured)


def unmeasured(
    start: Given, end: Given | None, as_of: float, reason: str, kind: Kind = "errors"
) -> Window:
    """A window of which nothing but its edges is known, and the reason; ongoing up to `as_of`.

    `ValueError` where the end is not after the start.
    """
    first, until = _edge(start), _edge(as_of if end is None else end)
    _check(first, until)
    unknown = partial(Estimate.not_derivable, reason=reason, needs=NEEDS_DATA)
    measured = {name: unknown(unit) for name, unit in UNITS.items()}
    return _window(start, end, (first, until), as_of, kind, measured)


def replacing(detection: Detection, window: Window, own: Window | None = None) -> Detection:
    """The detection with a window in place of those which it overlaps, or `own`, which it was."""
    met = overlapped(detection.windows, window.onset, window.until)
    if own is not None:
        met += overlapped(detection.windows, own.onset, own.until)
    gone = tuple(one for one in detection.windows if any(one is other for other in met))
    others = [one for one in detection.windows if not any(one is other for other in gone)]
    windows = sorted([*others, window], key=lambda one: one.onset)
    return replace(detection, windows=tuple(windows), replaced=(*detection.replaced, *gone))


def overlapped(windows: Sequence[Window], start: float, end: float) -> list[Window]:
    """Those that [`start`, `end`) overlaps, in order of time."""
    return [one for one in windows if one.onset < end and start < one.until]


def _edges(basis: Basis, start: Given, end: Given | None) -> tuple[Edge, Edge]:
    """Both edges; of an ongoing window the second is the latest data."""
    first = _edge(start)
    until = _edge(float(basis.grid.end[-1]) if end is None else end)
    if end is None and until.point <= first.point:
        raise ValueError("the data do not reach that time")
    _check(first, until)
    return first, until


def _check(first: Edge, until: Edge) -> None:
    if not first.point < until.point:
        raise ValueError("expected the end after the start")


def _edge(given: Given) -> Edge:
    if not isinstance(given, Estimate):
        return Edge(given, given, given)
    if given.value is None:
        raise ValueError("expected an edge whose time is known")
    low = given.value if given.low is None else given.low
    return Edge(given.value, low, given.value if given.high is None else given.high)


def _kind(met: Sequence[Window]) -> Kind:
    kinds = {one.kind for one in met}
    if len(kinds) > 1:
        return "errors_and_traffic_loss"
    return kinds.pop() if kinds else "errors"


def _unjudged(row: Row, start: float, end: float) -> bool:
    """Whether there are cells in [`start`, `end`), and none of them has a say."""
    low = int(np.searchsorted(row.grid.end, start, side="right"))
    seconds = row.seconds[low : int(np.searchsorted(row.grid.start, end))]
    return bool(len(seconds)) and not seconds.any()


def _beyond(grid: Grid, start: float, end: float) -> str | None:
    """Why data tell of a part of it alone: they lack more than a cell at an end."""
    first, last = (float(grid.end[i] - grid.start[i]) for i in (0, -1))
    if start < grid.start[0] - first:
        return "the data at hand begin after the start"
    if end > grid.end[-1] + last:
        return "the data at hand stop before the end"
    return None


def _window(
    start: Given,
    end: Given | None,
    edges: tuple[Edge, Edge],
    as_of: float,
    kind: Kind,
    measured: dict[str, Estimate],
) -> Window:
    first, until = edges
    begin, over = _estimate(start), ONGOING if end is None else _estimate(end)
    lasted = span(first, until, end is None)
    if begin.status == over.status == "declared":
        lasted = replace(lasted, status="declared", method="end - start, as they were proposed")
    return Window(
        status="ongoing" if end is None else "closed",
        kind=kind,
        pattern="continuous",
        start=begin,
        end=over,
        provisional_end=None,
        as_of=as_of,
        duration_seconds=lasted,
        impaired_seconds=lasted,
        phases=(Phase(first.point, until.point, measured["error_ratio"]),),
        **measured,
    )


def _estimate(given: Given) -> Estimate:
    return given if isinstance(given, Estimate) else proposed(given)
