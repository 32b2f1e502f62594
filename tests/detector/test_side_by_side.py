"""Many series at once against one by one, and the quick screen against weighing every cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.baseline import Normal, first_look, fit
from detector.detect import detect, detect_all
from detector.model import Options
from detector.results import Window
from detector.search import elevated
from detector.series import Counts, Levels, Series, table
from detector.settle import penalties, settle
from detector.stack import BLOCK, row_of, stack_of
from tests.detector.simulated import DAY, EPOCH, counts


def some_series(seed: int) -> list[Series]:
    """Series of several lengths, steps and kinds, with and without outages and gaps."""
    rng = np.random.default_rng(seed)
    made: list[Series] = []
    for i in range(6):
        start = EPOCH + rng.uniform(2, 5) * DAY
        outage = (start, start + rng.uniform(600, 20_000), rng.uniform(0.05, 1))
        series = counts(
            seed + i,
            days=float(rng.uniform(5, 16)),
            step=float(rng.choice([60, 300])),
            mean=float(rng.choice([3, 40, 300])),
            dispersion=float(rng.choice([0, 0.02])),
            outages=(outage,) if i % 2 else (),
        )
        keep = rng.random(len(series.start)) > 0.1
        kept = table(series.start[keep], series.step, series.attempts[keep], series.errors[keep])
        made.append(kept)
    ratio = made[1]
    assert isinstance(ratio, Counts)
    some = ratio.attempts > 0
    value = ratio.errors[some] / ratio.attempts[some]
    made.append(Levels(ratio.start[some], ratio.end[some], value, ratio.step, "ratio"))
    made.append(table(EPOCH + 60.0 * np.arange(5), 60.0, np.ones(5), np.zeros(5)))
    return made


def numbers(windows: tuple[Window, ...]) -> list[float]:
    """All numbers of the windows; sums over many rows may differ in the last digit."""
    names = ("start", "end", "errors", "excess_errors", "baseline_error_ratio")
    return [
        float(number)
        for window in windows
        for name in names
        for estimate in (getattr(window, name),)
        for number in (estimate.low, estimate.value, estimate.high)
        if number is not None
    ]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_side_by_side_each_series_is_judged_as_if_alone(seed: int) -> None:
    series = some_series(seed)
    together = detect_all(series)
    for one, found in zip(series, together, strict=True):
        alone = detect(one)
        assert found.series is one
        assert numbers(found.windows) == pytest.approx(numbers(alone.windows), rel=1e-9)
        assert len(found.blips) == len(alone.blips)
        assert found.not_assessed == alone.not_assessed


def everywhere(series: Counts) -> list[tuple[int, int]]:
    """The elevated stretches, every cell weighed: slow and obvious."""
    stack = stack_of([row_of(series)], "UTC")
    ((evidence, _),) = settle(stack.rows, stack, "UTC")
    size = evidence.row.grid.size
    (asked,) = penalties(stack.cells)
    effects = evidence.effects()
    found = elevated(evidence.part, [(0, size)], effects, float(asked))
    return [(one.start, one.stop) for one in found]


def screened(series: Counts) -> list[tuple[int, int]]:
    stack = stack_of([row_of(series)], "UTC")
    ((_, found),) = settle(stack.rows, stack, "UTC")
    return [(one.start, one.stop) for one in found]


@pytest.mark.parametrize("rho", [0.0, 0.004, 0.05])
@pytest.mark.parametrize("mean", [1.0, 3.0, 20.0, 200.0, 5000.0])
def test_the_screen_hides_nothing_that_weighing_every_cell_finds(mean: float, rho: float) -> None:
    found = 0
    rng = np.random.default_rng(round(mean + 1000 * rho))
    for seed in range(12):
        start = EPOCH + 4 * DAY + rng.uniform(0, 2 * DAY)
        steps = np.exp(rng.uniform(np.log(20 if mean < 10 else 1), np.log(400)))
        extra = rng.choice([0.02, 0.05, 0.2, 1.0] if mean > 10 else [0.2, 0.5, 1.0])
        outage = (start, start + 300 * steps, extra)
        series = counts(
            seed, days=10, mean=mean, ratio=0.006, dispersion=rho, outages=(outage,)
        )  # fmt: skip
        theirs = screened(series)
        for a, b in everywhere(series):
            found += 1
            assert any(c < b and d > a for c, d in theirs)
    assert found >= 3


def test_blocks_lie_in_one_hour_of_one_series_and_sum_its_cells() -> None:
    series = [s for s in some_series(3) if len(s.start) > 30]
    rows = [row_of(s) for s in series]
    stack = stack_of(rows, "America/Bogota")
    for index, row in enumerate(rows):
        own = stack.blocks(index)
        ends = np.append(stack.cell[own], row.grid.size)
        assert ends[0] == 0
        assert (np.diff(ends) >= 1).all()
        assert (np.diff(ends) <= BLOCK).all()
        hour = np.floor(row.grid.middle / 3600)
        for block, (a, b) in enumerate(pairwise(ends), own.start):
            assert len(set(hour[a:b])) == 1
            assert stack.n[block] == pytest.approx(row.attempts[a:b].sum())
            assert stack.nk[block] == pytest.approx((row.attempts * row.errors)[a:b].sum())
            assert (hour[a] - 5 - stack.origin[index]) == stack.hour[block]
    assert stack.by_hour(stack.n).sum() == pytest.approx(sum(r.attempts.sum() for r in rows))


def test_a_day_of_outage_leaves_no_trace_in_the_first_look() -> None:
    outage = ((EPOCH + 8 * DAY, EPOCH + 12 * DAY, 0.4),)
    clean = stack_of([row_of(counts(1, step=300))], "UTC")
    hit = stack_of([row_of(counts(1, step=300, outages=outage))], "UTC")
    for hours in (slice(0, 24 * 7), slice(24 * 8, 24 * 12)):
        ours, theirs = (first_look(s).usual[0, hours].mean() for s in (hit, clean))
        assert ours == pytest.approx(theirs, rel=0.15)


def test_the_course_of_the_day_is_learnt_and_drift_followed() -> None:
    series = counts(2, days=28, mean=400)
    assert isinstance(series, Counts)
    rise = np.linspace(1, 2, len(series.start))
    rng = np.random.default_rng(2)
    p = 0.01 * (1 + 0.6 * np.cos(2 * np.pi * series.start / DAY)) * rise
    errors = rng.binomial(series.attempts.astype(int), p).astype(float)
    stack = stack_of([row_of(replace(series, errors=errors))], "UTC")
    everything = np.ones(len(stack.row), dtype=bool)
    usual = fit(stack, Normal(everything, everything)).of_blocks(stack)
    truth = np.interp(stack.at, (series.start + 150 - EPOCH) / 3600, p)
    assert np.abs(usual / truth - 1).mean() < 0.08
    assert np.abs(usual / truth - 1).max() < 0.4


def window(series: Series, options: Options | None = None) -> Window:
    (one,) = detect(series, options).windows
    return one


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 0.9))
def test_adding_quiet_weeks_moves_the_edges_within_their_intervals(seed: int, a: float) -> None:
    start = EPOCH + 17 * DAY + 1000.0
    whole = counts(seed, days=35, mean=60, outages=((start, start + 9000, a),))
    assert isinstance(whole, Counts)
    keep = (whole.start >= EPOCH + 7 * DAY) & (whole.start < EPOCH + 28 * DAY)
    part = table(whole.start[keep], 300.0, whole.attempts[keep], whole.errors[keep])
    for edge in ("start", "end"):
        ours, theirs = (getattr(window(s), edge) for s in (whole, part))
        assert abs(ours.value - theirs.value) <= 0.3 * (theirs.high - theirs.low) + 15


def test_maintenance_has_no_say() -> None:
    start, end = EPOCH + 9 * DAY, EPOCH + 9 * DAY + 7200
    series = counts(3, step=60, outages=((start, end, 0.6),))
    assert len(detect(series).windows) == 1
    declared = Options(maintenance=((start - 60, end + 60),))
    assert detect(series, declared).windows == ()
    half = Options(maintenance=((start - 60, start + 3600),))
    rest = window(series, half)
    assert start - 60 <= rest.onset <= start + 3660  # somewhere in the maintenance, nobody saw
    assert rest.until == pytest.approx(end, abs=60)
    silent = table(
        series.start, 60.0, np.where((series.start < start) | (series.start >= end), 200.0, 0.0),
        np.zeros(len(series.start)),
    )  # fmt: skip
    assert [w.kind for w in detect(silent).windows] == ["traffic_loss"]
    assert detect(silent, declared).windows == ()
