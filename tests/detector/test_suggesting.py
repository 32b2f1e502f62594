# Suggested rules: what they look at, the thresholds beyond normal running, and what is refused.
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.lab.simulate import EPOCH, Truth, World, sample
from detector.detect import detect
from detector.series import Levels, table
from detector.suggesting import NotSuggested, Suggestion, suggest
from detector.suggesting.family import RANGES, Candidate, Threshold, family
from detector.suggesting.trailing import statistic, trail
from detector.suggesting.usual import outside, seen, simulated, thresholds

STEP, INTERVAL, A_WEEK = 60.0, 60.0, 0.125
WORLD = World(mean=200.0, rho=0.004, step=STEP, days=28.0)
OUTAGE = Truth(EPOCH + 9.4 * 86400, EPOCH + 9.5 * 86400, 0.3)


def learnt(world=WORLD, seed=1, truths=(OUTAGE,)):
    found = sample(np.random.default_rng(seed), world, truths)
    return detect(table(found.start, world.step, found.attempts, found.errors))


@pytest.fixture(scope="module")
def detection():
    return learnt()


@pytest.fixture(scope="module")
def suggestion(detection):
    found = suggest(detection, INTERVAL, A_WEEK)
    assert isinstance(found, Suggestion)
    return found


def naive(candidate, start, end, attempts, errors, at):
    """Whether each evaluation's ratios are above what: by looking at every cell each time."""
    at_each = []
    for now in at:
        ratios = []
        for span in candidate.ranges:
            inside = (start >= now - span - 1e-3) & (end <= now)
            n = attempts[inside].sum()
            ratios.append(errors[inside].sum() / n if n else 0.0)
        at_each.append(min(ratios))
    count = 1 + round(candidate.hold / INTERVAL)
    return [
        min(at_each[i - count + 1 : i + 1]) if i >= count - 1 else 0.0 for i in range(len(at_each))
    ]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=40),
    st.sampled_from([0.0, 60.0, 120.0, 300.0]),
    st.sampled_from([(60.0,), (300.0,), (900.0, 120.0)]),
    st.data(),
)
def test_a_statistic_is_what_looking_at_every_cell_gives(counts, hold, ranges, data):
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts))))
    kept[:1] = kept[-1:] = True  # cells may be missing between
    start = 6000.0 + STEP * np.flatnonzero(kept)
    attempts = np.array([max(one) for one in counts], dtype=float)[kept]
    errors = np.array([min(one) for one in counts], dtype=float)[kept]
    candidate = Candidate(ranges, hold)
    looked = trail(start, start + STEP, attempts, [candidate], INTERVAL)
    found = statistic(candidate, looked.ratios(errors), INTERVAL)
    expected = naive(candidate, start, start + STEP, attempts, errors, looked.at)
    assert found == pytest.approx(np.array(expected))


@given(st.sampled_from([1.0, 15.0, 60.0, 300.0]), st.sampled_from([15.0, 30.0, 60.0, 300.0]))
def test_every_candidate_has_samples_enough_and_stops_soon(step, interval):
    found = family(step, interval)
    assert len(set(found)) == len(found)
    for one in found:
        assert min(one.ranges) >= 4 * step
        assert one.ranges[0] in RANGES
        assert min(one.ranges) <= max(300.0, 3 * max(one.ranges[0] / 12, 4 * step))
        assert one.hold == 0 or one.hold >= interval


def test_a_rule_is_quiet_in_what_it_was_learnt_from(detection, suggestion):
    cells = detection.cells
    for one in suggestion.conditions:
        looked = trail(cells.start, cells.end, cells.attempts, [one.candidate], INTERVAL)
        values = statistic(one.candidate, looked.ratios(cells.errors), INTERVAL)
        calm = outside(looked.at, detection.windows, one.candidate.reach)
        assert not (calm & (values > one.ratio)).any()
        assert (values[(looked.at > OUTAGE.start) & (looked.at < OUTAGE.end)] > one.ratio).any()


def test_it_would_have_told_of_the_outage_within_minutes(suggestion):
    by_size = {one.size: one.seconds for one in suggestion.expected}
    assert by_size[0.25].value < 180
    delays = [one.value for one in by_size.values() if one.value is not None]
    assert delays == sorted(delays, reverse=True)
    assert all(one.low <= one.value <= one.high for one in by_size.values() if one.value)
    assert (suggestion.outages, suggestion.a_week) == (1, A_WEEK)


def test_the_same_history_gives_the_same_rule(detection, suggestion):
    assert suggest(detection, INTERVAL, A_WEEK) == suggestion


def test_a_higher_cap_lowers_no_threshold_below_what_it_allows(detection):
    cells = detection.cells
    candidates = family(STEP, INTERVAL)
    looked = trail(cells.start, cells.end, cells.attempts, candidates, INTERVAL)
    usual = seen(looked, cells.errors, candidates, detection.windows)
    drawn = simulated(looked, cells.expected, detection.evidence.rho, candidates)
    peaks = (usual, drawn.stretched(usual))
    strict, loose = (thresholds(len(candidates), peaks, cap) for cap in (0.05, 2.0))
    assert (strict >= loose).all()
    assert (strict > loose).any()


def test_moods_of_a_quarter_of_an_hour_raise_what_is_simulated(detection):
    cells = detection.cells
    candidates = [Candidate((900.0, 300.0), 0.0)]
    looked = trail(cells.start, cells.end, cells.attempts, candidates, INTERVAL)
    drawn = simulated(looked, cells.expected, detection.evidence.rho, candidates)
    rng = np.random.default_rng(4)
    mood = np.repeat(rng.lognormal(sigma=0.5, size=len(cells.start) // 15 + 1), 15)
    moody = rng.binomial(
        cells.attempts.astype(int), np.minimum(cells.expected * mood[: len(cells.start)], 1.0)
    ).astype(float)
    usual = seen(looked, moody, candidates, ())
    plain, stretched = (one.above(0, 0.03) for one in (drawn, drawn.stretched(usual)))
    assert stretched > 1.2 * plain


def test_what_nobody_noticed_at_the_edge_of_an_outage_is_no_false_alarm(detection):
    at = np.arange(OUTAGE.start - 7200, OUTAGE.end + 7200, 60.0)
    calm = outside(at, detection.windows, 300.0)
    (window,) = detection.windows
    assert not calm[(at > window.start.low - 1700) & (at < window.end.high + 1900)].any()
    assert calm[0]
    assert calm[-1]


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        (World(mean=200.0, rho=0.0, step=STEP, days=3.0), "only 3.0 days"),
        (World(mean=200.0, rho=0.0, step=7200.0, days=300.0), "too long to alert on"),
        (World(mean=0.2, rho=0.0, step=STEP, days=28.0, ratio=0.4), "more often than that"),
    ],
)
def test_what_cannot_be_suggested_says_why(world, reason):
    found = suggest(learnt(world, truths=()), max(world.step, INTERVAL), A_WEEK)
    assert isinstance(found, NotSuggested)
    assert reason in found.reason
    assert found.needs


def test_a_level_has_no_ratio():
    start = EPOCH + STEP * np.arange(20_000)
    value = np.random.default_rng(1).gamma(3.0, 0.1, len(start))
    found = suggest(detect(Levels(start, start + STEP, value, STEP, "level")), INTERVAL, A_WEEK)
    assert isinstance(found, NotSuggested)
    assert "attempts" in found.needs


def test_a_threshold_is_a_number_that_people_read(suggestion):
    for one in suggestion.conditions:
        assert isinstance(one, Threshold)
        assert float(f"{one.ratio:.2g}") == pytest.approx(one.ratio)
