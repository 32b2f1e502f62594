"""One contract for every series: arguments unchanged, indices in range, degenerate input told."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.detect import detect
from detector.model import Detection, Options
from detector.series import Counts, Levels, SeriesError, table
from detector.users.ladder import share
from detector.whatif import threshold_rule
from tests.detector.simulated import DAY, EPOCH, counts

START = EPOCH + 60.0 * np.arange(400)


def levels(value: np.ndarray, quantity: str = "ratio") -> Levels:
    start = EPOCH + 60.0 * np.arange(len(value))
    return Levels(start, start + 60.0, value, 60.0, quantity)  # type: ignore[arg-type]


DEGENERATE = {
    "empty": table(START[:0], 60.0, START[:0], START[:0]),
    "one interval": table(START[:1], 60.0, np.array([500.0]), np.array([20.0])),
    "no attempts at all": table(START, 60.0, np.zeros(400), np.zeros(400)),
    "constant": table(START, 60.0, np.full(400, 50.0), np.full(400, 2.0)),
    "no errors at all": table(START, 60.0, np.full(400, 50.0), np.zeros(400)),
    "all errors": table(START, 60.0, np.full(400, 50.0), np.full(400, 50.0)),
    "huge counts": table(START, 60.0, np.full(400, 1e12), np.full(400, 1e9)),
    "fractions of attempts": table(START, 60.0, np.full(400, 12.5), np.full(400, 0.25)),
    "empty levels": levels(np.zeros(0)),
    "constant level": levels(np.full(400, 0.2)),
    "all zero level": levels(np.zeros(400), "level"),
    "all ones": levels(np.ones(400)),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_series_hold_no_window_and_raise_nothing(name: str) -> None:
    found = detect(DEGENERATE[name])
    assert found.windows == ()
    assert found.blips == ()
    few = name in ("empty", "one interval", "no attempts at all", "empty levels")
    assert (found.not_assessed is not None) == few


series_with_outage = st.builds(
    lambda seed, at, hours, extra, step: counts(
        seed,
        days=8,
        step=step,
        mean=40,
        outages=((EPOCH + at * DAY, EPOCH + at * DAY + hours * 3600, extra),),
    ),
    st.integers(0, 2**32 - 1),
    st.floats(0, 8),
    st.floats(0, 60),
    st.floats(0, 1),
    st.sampled_from([60.0, 300.0]),
)


def check(found: Detection) -> None:
    series = found.series
    previous = -np.inf
    for window in found.windows:
        assert series.start[0] <= window.onset <= window.until <= series.end[-1]
        assert window.onset >= previous
        previous = window.until
        for field in fields(window):
            estimate = getattr(window, field.name)
            if getattr(estimate, "value", None) is not None and hasattr(estimate, "low"):
                assert estimate.low <= estimate.value <= estimate.high, field.name
                assert np.isfinite([estimate.low, estimate.value, estimate.high]).all()
        for phase in window.phases:
            assert window.onset <= phase.start <= phase.end <= window.until
        rule = threshold_rule(found, window)
        if rule is not None and rule.fired_at is not None:
            assert window.onset < rule.fired_at


@settings(max_examples=25, deadline=None)
@given(series_with_outage)
def test_windows_are_ordered_inside_the_data_and_consistent(series: Counts) -> None:
    before = [np.copy(getattr(series, f)) for f in ("start", "end", "attempts", "errors", "cell")]
    found = detect(series)
    again = detect(series)
    check(found)
    assert found.windows == again.windows
    assert found.blips == again.blips
    for kept, name in zip(before, ("start", "end", "attempts", "errors", "cell"), strict=True):
        np.testing.assert_array_equal(kept, getattr(series, name))


@settings(max_examples=15, deadline=None)
@given(series_with_outage, st.integers(-500, 500))
def test_shifting_by_weeks_shifts_the_windows(series: Counts, weeks: int) -> None:
    by = weeks * 7 * DAY
    moved = replace(series, start=series.start + by, end=series.end + by)
    ours = [(w.onset + by, w.until + by) for w in detect(series).windows]
    theirs = [(w.onset, w.until) for w in detect(moved).windows]
    assert ours == pytest.approx(np.array(theirs), abs=0.01) if ours else theirs == []


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.02, 0.1, 0.6]),
    st.sampled_from(["ratio", "level"]),
)
def test_levels_keep_the_same_promises(seed: int, rise: float, quantity: str) -> None:
    rng = np.random.default_rng(seed)
    value = rng.gamma(4.0, 0.005, 4000)
    value[1500:1700] += rise
    found = detect(levels(np.minimum(value, 1.0), quantity))
    check(found)
    assert len(found.windows) == 1
    window = found.windows[0]
    assert window.attempts.status == "not_derivable"
    assert window.onset == pytest.approx(EPOCH + 1500 * 60, abs=300)
    assert window.until == pytest.approx(EPOCH + 1700 * 60, abs=300)
    assert (window.error_ratio.status == "not_derivable") == (quantity == "level")


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("minutes", [15, 40, 160])
@pytest.mark.parametrize("days", [1, 21])
def test_a_ratio_alone_shows_the_outage(ratio: float, minutes: int, days: int) -> None:
    start = EPOCH + 0.6 * days * DAY
    series = counts(
        3, days=days, step=60, mean=200, ratio=0.02, outages=((start, start + minutes * 60, ratio),)
    )
    alone = levels(series.errors / np.maximum(series.attempts, 1))
    found = detect(alone)
    assert len(found.windows) == 1
    assert found.windows[0].onset == pytest.approx(start, abs=120)
    assert found.windows[0].until == pytest.approx(start + minutes * 60, abs=120)
    share_of_users = share(None, found.windows[0], found)
    assert share_of_users.attempts_share is None
    assert share_of_users.tier is None


def test_skewed_noise_of_a_level_is_no_outage() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        assert detect(levels(rng.lognormal(-4, 0.8, 20_000).clip(0, 1), "level")).windows == ()


@pytest.mark.parametrize(
    ("attempts", "errors", "message"),
    [
        ([5.0, -1.0], [0.0, 0.0], "attempts"),
        ([5.0, np.nan], [0.0, 0.0], "attempts"),
        ([5.0, 5.0], [0.0, np.inf], "errors"),
        ([5.0, 5.0], [0.0, 6.0], "exceed"),
        ([5.0, 2e32], [0.0, 6.0], "2\\^53"),
    ],
)
def test_impossible_counts_are_refused_by_index(
    attempts: list[float], errors: list[float], message: str
) -> None:
    with pytest.raises(SeriesError, match=message) as refused:
        table(START[:2], 60.0, np.array(attempts), np.array(errors))
    assert refused.value.index == 1


def test_the_hour_of_the_week_is_that_of_the_service() -> None:
    series = counts(1, outages=((EPOCH + 10 * DAY, EPOCH + 10 * DAY + 7200, 0.3),))
    for zone in ("UTC", "America/Bogota", "Europe/Berlin", "-05:00", "+05:45"):
        window = detect(series, Options(zone=zone)).windows[0]
        assert window.onset == pytest.approx(EPOCH + 10 * DAY, abs=300)
