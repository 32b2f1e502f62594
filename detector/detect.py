"""Windows from series: normal running and outages learnt from each other, then edges and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from detector.losses import losses
from detector.measure import window_of
from detector.model import Detection, Options
from detector.results import Blip, Window
from detector.search import Elevated, with_phases
from detector.series import Series
from detector.settle import penalties, settle
from detector.stack import DAY_HOURS, Row, row_of, stack_of
from detector.stretches import Stretch, joined, lasts, merged, stretches_of

MOST_ELEVATED = 0.85
"""Where more than this share of the intervals looks elevated, nothing tells what is normal."""

LEAST_CELLS = 30
LEAST_ATTEMPTS = 100
MOST_CELLS = 2**20
MOST_HOURS = 2**21
"""What is judged side by side: enough to be quick, little enough to stay in the caches."""


def detect(series: Series, options: Options | None = None) -> Detection:
    """Find all windows and blips of one series: see `detect_all`."""
    return detect_all([series], options)[0]


def detect_all(series: Sequence[Series], options: Options | None = None) -> list[Detection]:
    """Find all windows and blips of elevated errors, each series judged by itself.

    Pure: the answer depends on the arguments alone, and they are not changed. Time without
    observations is neither normal nor elevated. A window whose recovery is not certain by the last
    observation is ongoing. A series that cannot be judged has the reason in `not_assessed`.
    Cost: linear in the observations; many series at once cost no more than one as long as all.
    """
    options = options or Options()
    found: list[Detection | None] = [None] * len(series)
    rows: list[tuple[int, Row]] = []
    for index, one in enumerate(series):
        row = row_of(one, options.maintenance)
        reason = _too_little(row)
        if reason is None:
            rows.append((index, row))
        else:
            found[index] = Detection(one, (), (), None, reason)
    for chunk in _chunks(rows):
        judged = _judge([row for _, row in chunk], options)
        for (index, _), detection in zip(chunk, judged, strict=True):
            found[index] = detection
    return [one for one in found if one is not None]


def _too_little(row: Row) -> str | None:
    """Say why there is too little to learn what normal running is, if there is."""
    attempts = float(row.attempts.sum())
    if row.counted and attempts < LEAST_ATTEMPTS:
        return f"too little data: {attempts:.0f} attempts, at least {LEAST_ATTEMPTS} needed"
    cells = int(np.count_nonzero(row.attempts))
    if cells < LEAST_CELLS:
        return f"too little data: {cells} intervals with data, at least {LEAST_CELLS} needed"
    return None


def _chunks(rows: Sequence[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    """Cut the rows into runs that are judged side by side."""
    chunk: list[tuple[int, Row]] = []
    cells, hours = 0, 0
    for index, row in rows:
        span = int((row.grid.end[-1] - row.grid.start[0]) / 3600) + 2 * DAY_HOURS
        size = row.grid.size
        longest = max(hours, span)
        if chunk and (cells + size > MOST_CELLS or (len(chunk) + 1) * longest > MOST_HOURS):
            yield chunk
            chunk, cells, hours = [], 0, 0
        chunk.append((index, row))
        cells, hours = cells + size, max(hours, span)
    if chunk:
        yield chunk


def _judge(rows: Sequence[Row], options: Options) -> list[Detection]:
    """Judge rows side by side; only those in which something is found cost more than a look."""
    stack = stack_of(rows, options.zone)
    lost = losses(stack, options.zone)
    result = []
    for index, (evidence, found) in enumerate(settle(rows, stack, options.zone)):
        judged = Detection(evidence.row.series, (), (), evidence)
        if found or index in lost:
            judged = _windows(judged, found, lost.get(index, []), options)
        result.append(judged)
    return result


def _windows(
    judged: Detection, found: Sequence[Elevated], lost: Sequence[Stretch], options: Options
) -> Detection:
    """Give the stretches of one row their edges, join them, and measure what they make."""
    evidence = judged.evidence
    assert evidence is not None  # it was judged
    size = evidence.row.grid.size
    raised = sum(one.stop - one.start for one in found)
    if raised > MOST_ELEVATED * size:
        reason = f"too little normal running: {raised} of {size} intervals look elevated"
        return Detection(judged.series, (), (), None, reason)
    penalty = float(penalties(np.array(size)))
    reach = int(options.join_gap / judged.series.step)
    phases = with_phases(evidence.part, found, size, reach, evidence.effects()) if found else []
    errors = stretches_of(phases, evidence, penalty)
    # Without attempts nothing tells how far an interval was hit.
    doubt = 0.0 if evidence.row.counted else judged.series.step
    windows: list[Window] = []
    blips: list[Blip] = []
    for group in joined(merged([*errors, *lost]), options.join_gap):
        # What may well be shorter is a blip: a long interval hit in part may be hit for seconds.
        if lasts(group) < options.min_duration + doubt:
            blips.append(Blip(group[0].start.point, group[-1].end.point))
        else:
            windows.append(window_of(group, evidence))
    return replace(judged, windows=tuple(windows), blips=tuple(blips))
