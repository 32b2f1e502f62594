"""Edges by exact posterior: brief stretches, ramps, phases of one that flaps, and blips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.detect import detect
from detector.estimate import Estimate
from detector.results import Window
from detector.series import Counts, table
from tests.detector.simulated import DAY, EPOCH, counts

AT = EPOCH + 9 * DAY


def only(series: Counts) -> Window:
    (window,) = detect(series).windows
    return window


def with_cells(step: float, hit: dict[int, float], mean: int = 400) -> Counts:
    """Ten quiet days, but for the cells `hit` from day 9 on, of which such a share fails."""
    rng = np.random.default_rng(4)
    start = EPOCH + step * np.arange(int(10 * DAY / step))
    attempts = rng.poisson(mean, len(start))
    p = np.full(len(start), 0.01)
    first = int(9 * DAY / step)
    for cell, share in hit.items():
        p[first + cell] = share
    return table(start, step, attempts * 1.0, rng.binomial(attempts, p) * 1.0)


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


def test_one_long_interval_hit_in_part_may_have_been_hit_for_seconds() -> None:
    found = detect(with_cells(300.0, {0: 0.3}))
    assert found.windows == ()
    assert len(found.blips) == 1


def test_one_long_interval_in_which_all_fail_lasted_as_long() -> None:
    window = only(with_cells(300.0, {0: 1.0}))
    assert holds(window.start, AT)
    assert holds(window.end, AT + 300)
    assert window.duration_seconds.value == pytest.approx(300, abs=60)


def test_a_brief_total_failure_between_full_intervals_is_cut_by_its_halves() -> None:
    window = only(with_cells(60.0, {0: 0.5, 1: 1.0, 2: 1.0, 3: 0.25}))
    assert window.onset == pytest.approx(AT + 30, abs=6)
    assert window.until == pytest.approx(AT + 195, abs=6)
    assert holds(window.start, AT + 30)
    assert holds(window.end, AT + 195)


@pytest.mark.parametrize("climb", [10, 25, 40])
def test_a_slow_edge_is_where_half_of_the_effect_is_there(climb: int) -> None:
    rise = {i: 0.01 + 0.4 * (i + 0.5) / climb for i in range(climb)}
    full = dict.fromkeys(range(climb, climb + 120), 0.41)
    window = only(with_cells(60.0, rise | full))
    assert window.onset == pytest.approx(AT + 30 * climb, abs=30 + 6 * climb)
    assert window.until == pytest.approx(AT + 60 * (climb + 120), abs=30)


@pytest.mark.parametrize("climb", [6, 15, 30])
def test_an_outage_that_ebbs_away_as_soon_as_it_is_full_has_both_edges_at_half(climb: int) -> None:
    rise = {i: 0.01 + 0.4 * (i + 0.5) / climb for i in range(climb)}
    fall = {2 * climb - 1 - i: share for i, share in rise.items()}
    window = only(with_cells(60.0, rise | fall))
    assert window.onset == pytest.approx(AT + 30 * climb, abs=30 + 6 * climb)
    assert window.until == pytest.approx(AT + 90 * climb, abs=30 + 6 * climb)


def test_a_sharp_onset_stays_exact_beside_a_slow_recovery() -> None:
    full = dict.fromkeys(range(60), 0.41)
    fall = {60 + i: 0.41 - 0.4 * (i + 0.5) / 30 for i in range(30)}
    window = only(with_cells(60.0, full | fall))
    assert window.onset == pytest.approx(AT, abs=10)
    assert window.until == pytest.approx(AT + 60 * 75, abs=240)


def test_an_edge_is_exact_though_half_of_its_effect_builds_up_later() -> None:
    climbing = {i: 0.2 + 0.2 * min(i / 15, 1.0) for i in range(90)}
    window = only(with_cells(60.0, climbing))
    assert window.onset == pytest.approx(AT, abs=60)


def test_weak_phases_beside_a_strong_one_belong_to_it() -> None:
    strong = dict.fromkeys(range(30), 0.5)
    weak = {40: 0.05, 41: 0.05, 42: 0.045}
    assert detect(with_cells(60.0, weak)).windows == ()
    window = only(with_cells(60.0, strong | weak))
    assert window.pattern == "phased"
    assert window.until == pytest.approx(AT + 43 * 60, abs=90)


@pytest.mark.parametrize("extra", [0.3, 1.0])
def test_retries_that_pile_up_do_not_move_the_onset(extra: float) -> None:
    for seed in range(4):
        onset = AT + 17.0 + 10 * seed
        series = counts(seed, step=60, mean=300, outages=((onset, onset + 5400, extra),))
        assert isinstance(series, Counts)
        rng = np.random.default_rng(seed)
        into = np.clip((series.start - onset) / 600, 0, 1) * (series.start < onset + 5400)
        more = rng.binomial(series.errors.astype(int), into) * 2.0
        storm = table(series.start, 60.0, series.attempts + more, series.errors + more)
        window = only(storm)
        assert window.onset == pytest.approx(onset, abs=45)


@pytest.mark.parametrize("first", [0, 1])
def test_an_empty_interval_after_the_onset_says_nothing_of_the_traffic(first: int) -> None:
    # Half of the onset's cell is hit: what the next one lacks in attempts must not move it.
    rng = np.random.default_rng(8)
    start = EPOCH + 300.0 * np.arange(10 * 288)
    attempts = rng.poisson(3, len(start)).astype(float)
    at = 9 * 288
    attempts[at : at + 3] = [4, first, 4]
    errors = np.zeros(len(start))
    errors[[*range(7, at - 288, 401)]] = 1.0
    errors[at : at + 10] = attempts[at : at + 10]
    errors[at] = 2.0
    window = only(table(start, 300.0, np.maximum(attempts, errors), errors))
    assert window.onset == pytest.approx(AT + 150, abs=30)


@pytest.mark.parametrize("last", [1, 2, 3, 6])
def test_an_outage_that_has_only_begun_has_an_onset_and_no_end(last: int) -> None:
    size = 10 * 288
    attempts = np.full(size, 400.0)
    errors = np.where(np.arange(size) % 3, 4.0, 5.0)
    errors[-last:] = 300.0
    window = only(table(EPOCH + 300.0 * np.arange(size), 300.0, attempts, errors))
    assert window.status == "ongoing"
    assert window.onset == pytest.approx(EPOCH + 300.0 * (size - last), abs=150)
    assert window.end.value is None


def test_where_most_attempts_fail_every_day_an_outage_is_told_once() -> None:
    # Every effect that is tried is then the highest, 95 %.
    rng = np.random.default_rng(3)
    attempts = rng.poisson(400, 2000)
    p = np.full(2000, 0.7)
    p[900:960] = 0.99
    window = only(table(EPOCH + 60.0 * np.arange(2000), 60.0, attempts, rng.binomial(attempts, p)))
    assert window.onset == pytest.approx(EPOCH + 60.0 * 900, abs=60)
    assert window.pattern == "continuous"


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([40, 400, 2000]),
    st.sampled_from([1, 20, 5000]),
    st.sampled_from([1, 2, 5, 20, 60]),
    st.sampled_from(["first", "last", "anywhere"]),
    st.sampled_from(["sharp", "climbs", "climbs and falls"]),
)
def test_wherever_an_outage_lies_its_edges_lie_in_their_intervals(
    seed: int, size: int, mean: int, cells: int, where: str, shape: str
) -> None:
    rng = np.random.default_rng(seed)
    cells = min(cells, size // 2)
    begin = {"first": 0, "last": size - cells}.get(where, int(rng.integers(size - cells)))
    rise = np.linspace(0, 1, cells) if shape == "climbs" else 1 - abs(np.linspace(-1, 1, cells))
    p = np.full(size, 0.01)
    p[begin : begin + cells] += 0.6 * (np.ones(cells) if shape == "sharp" else rise)
    attempts = rng.poisson(mean, size)
    counts = (attempts * 1.0, rng.binomial(attempts, p) * 1.0)
    for window in detect(table(EPOCH + 60.0 * np.arange(size), 60.0, *counts)).windows:
        for edge in (window.start, window.end):
            assert edge.value is None or holds(edge, edge.value)
