"""Windows from a series: two passes over normal running, then edges, joining and measuring."""

from __future__ import annotations

import numpy as np

from detector.boundaries import onset, recovery
from detector.evidence import CountEvidence, Evidence, LevelEvidence, evidence
from detector.expectation import Normal
from detector.grid import Grid, grid_of
from detector.measure import Stretch, Z, window_of
from detector.model import Blip, Cells, Detection, Options, Window
from detector.segments import segments, settled_at
from detector.series import F64, Counts, Series

PASSES = 3
"""Windows taint what is expected, and what is expected decides the windows: three rounds settle."""

MARGIN = 2
"""Cells beside an elevated stretch that are not used as examples of normal running."""

SCALES = (4, 16, 64)
"""Cells a block: errors of normal running come in waves of minutes to an hour."""

MOST_ELEVATED = 0.5
"""Where more than this share of the intervals looks elevated, nothing tells what is normal."""

LEAST_CELLS = 30
LEAST_ATTEMPTS = 100
CERTAINTY = float(np.log(10_000))
"""Beyond the number of places and effects tried: one false stretch in ten thousand such series,
were the noise as it is modelled."""

Segment = tuple[int, int, float]
"""First cell, cell after the last, and the effect that fits the stretch best."""


def detect(series: Series, options: Options | None = None) -> Detection:
    """Find all windows and blips of elevated errors in one series.

    Pure: the answer depends on the arguments alone, and they are not changed. Time without
    observations is neither normal nor elevated. A window whose recovery is not certain by the last
    observation is ongoing. A series that cannot be judged has the reason in `not_assessed`.
    Cost: linear in the observations.
    """
    options = options or Options()
    reason = _too_little(series)
    if reason is not None:
        return Detection(series, (), (), None, reason)
    grid = grid_of(series)
    weigh, found = _settle(series, grid, options.zone)
    elevated = sum(stop - start for start, stop, _ in found)
    if elevated > MOST_ELEVATED * grid.size:
        reason = f"too little normal running: {elevated} of {grid.size} intervals look elevated"
        return Detection(series, (), (), None, reason)
    stretches = _stretches(weigh, grid, found)
    joined = _joined(stretches, options.join_gap)
    windows: list[Window] = []
    blips: list[Blip] = []
    for group in joined:
        start, end = group[0].start.point, group[-1].end.point
        if end - start < options.min_duration:
            blips.append(Blip(start, end))
        else:
            windows.append(window_of(group, series, weigh, grid))
    return Detection(series, tuple(windows), tuple(blips), _cells(weigh, grid))


def _too_little(series: Series) -> str | None:
    """Say why there is too little to learn what normal running is, if there is."""
    if isinstance(series, Counts):
        cells = len(np.unique(series.cell[series.attempts > 0]))
        attempts = float(series.attempts.sum())
        if attempts < LEAST_ATTEMPTS:
            return f"too little data: {attempts:.0f} attempts, at least {LEAST_ATTEMPTS} needed"
    else:
        cells = len(series.start)
    if cells < LEAST_CELLS:
        return f"too little data: {cells} intervals with data, at least {LEAST_CELLS} needed"
    return None


def _settle(series: Series, grid: Grid, zone: str) -> tuple[Evidence, list[Segment]]:
    """Learn normal running and the elevated stretches from each other, starting from neither."""
    weigh = evidence(series, grid, zone, None)
    found = _search(weigh, grid.size)
    for _ in range(PASSES - 1):
        normal = _normal(found, grid.size)
        if normal.level.sum() < LEAST_CELLS // 2:
            break
        weigh = evidence(series, grid, zone, normal)
        before, found = found, _beyond_waves(_search(weigh, grid.size), weigh, normal)
        if found == before:
            break
    return weigh, found


def _normal(found: list[Segment], size: int) -> Normal:
    level = np.ones(size, dtype=bool)
    noise = np.ones(size, dtype=bool)
    for start, stop, _ in found:
        around = slice(max(start - MARGIN, 0), stop + MARGIN)
        level[around] = False
        if stop - start > 1:
            noise[around] = False
    return Normal(level, noise)


def penalty_of(size: int, effects: int) -> float:
    """Nats that a stretch must win: the places and effects tried, and the certainty on top."""
    return float(np.log(max(size, 2) * effects)) + CERTAINTY


def _search(weigh: Evidence, size: int) -> list[Segment]:
    """Find the elevated stretches under every effect; of those that overlap the best effect's."""
    penalty = penalty_of(size, len(weigh.effects))
    candidates: list[tuple[int, int, float, float]] = []
    for effect in weigh.effects:
        score = weigh.score(effect)
        candidates += [
            (start, stop, effect, float(score[start:stop].sum()) - penalty)
            for start, stop in segments(score, penalty)
        ]
    chosen: list[Segment] = []
    for cluster in _overlapping(sorted(candidates)):
        gain: dict[float, float] = {}
        for _, _, effect, won in cluster:
            gain[effect] = gain.get(effect, 0.0) + won
        best = max(gain, key=lambda effect: gain[effect])
        chosen += [(start, stop, best) for start, stop, effect, _ in cluster if effect == best]
    return chosen


def _beyond_waves(found: list[Segment], weigh: Evidence, normal: Normal) -> list[Segment]:
    """Keep the stretches that are unusual also among normal stretches of their length."""
    penalty = penalty_of(len(normal.level), len(weigh.effects))
    kept = []
    for start, stop, effect in found:
        judged = (
            weigh.in_blocks(size, normal.level, start, stop)
            for size in SCALES
            if size <= 2 * (stop - start)
        )
        if all(won is None or won > penalty for won in judged):
            kept.append((start, stop, effect))
    return kept


def _overlapping(
    candidates: list[tuple[int, int, float, float]],
) -> list[list[tuple[int, int, float, float]]]:
    """Group candidates, sorted by start, that overlap directly or through others."""
    clusters: list[list[tuple[int, int, float, float]]] = []
    reach = -1
    for candidate in candidates:
        if candidate[0] < reach:
            clusters[-1].append(candidate)
        else:
            clusters.append([candidate])
        reach = max(reach, candidate[1])
    return clusters


def _stretches(weigh: Evidence, grid: Grid, found: list[Segment]) -> list[Stretch]:
    """Find the edges of each stretch, between its neighbours."""
    penalty = penalty_of(grid.size, len(weigh.effects))
    result = []
    for i, (start, stop, effect) in enumerate(found):
        floor = found[i - 1][1] if i else 0
        ceiling = found[i + 1][0] if i + 1 < len(found) else grid.size
        begun = onset(weigh, grid, floor, start, stop)
        ended = recovery(weigh, grid, start, stop, ceiling)
        settled = i + 1 < len(found) or settled_at(weigh.score(effect), stop, penalty)
        result.append(Stretch(begun, ended, settled))
    return result


def _joined(stretches: list[Stretch], gap: float) -> list[list[Stretch]]:
    """Put stretches closer than `gap` seconds, by their point estimates, into one window."""
    groups: list[list[Stretch]] = []
    for stretch in stretches:
        if groups and stretch.start.point - groups[-1][-1].end.point < gap:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return groups


def _cells(weigh: Evidence, grid: Grid) -> Cells:
    """Put the series a step at a time beside what was expected, for charts and what-if rules."""
    unknown = np.full(grid.size, np.nan)
    if isinstance(weigh, CountEvidence):
        n, k, p0 = weigh.attempts, weigh.errors, weigh.expected
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(n > 0, k / n, np.nan)
            spread = Z * np.sqrt(p0 * (1 - p0) * (1 + (n - 1) * weigh.dispersion) / n)
        spread = np.where(n >= 1, spread, 1.0)
        low, high = np.maximum(p0 - spread, 0.0), np.minimum(p0 + spread, 1.0)
        return Cells(grid.start, grid.end, n, k, ratio, p0, low, high)
    assert isinstance(weigh, LevelEvidence)  # the only other kind of evidence
    low, high = _level_band(weigh)
    return Cells(grid.start, grid.end, unknown, unknown, weigh.value, weigh.expected, low, high)


def _level_band(weigh: LevelEvidence) -> tuple[F64, F64]:
    root = np.sqrt(weigh.expected)
    reach = 2.776 * weigh.scale  # Student's t with 4 degrees of freedom, central 95 %
    return np.maximum(root - reach, 0.0) ** 2, (root + reach) ** 2
