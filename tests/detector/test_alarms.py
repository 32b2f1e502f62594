# How firings are scored on windows: what is caught, what is false, and a slow count beside it.
from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from detector.alarms import WEEK, Span, a_week, merged, score
from detector.alerting import Firing
from detector.estimate import Estimate
from detector.results import Window

SPAN = Span(0.0, 10_000.0, 60.0, 10_000.0)


def fired(start, end):
    return Firing(start, start, end)


def window(start, end, off=30.0):
    """A window whose edges are known to `off` seconds; without an end it goes on."""
    nothing = Estimate.not_derivable("seconds", "not of interest here")
    over = Estimate.not_derivable("time", "ongoing")
    if end is not None:
        over = Estimate.estimated(end, end - off, end + off, "time", "made")
    return Window(
        "ongoing" if end is None else "closed", "errors", "continuous",
        Estimate.estimated(start, start - off, start + off, "time", "made"), over,
        None, SPAN.end, *[nothing] * 8, (),
    )  # fmt: skip


def test_an_outage_is_caught_by_what_fires_first_inside_of_it():
    found = score([fired(1300, 2100), fired(1500, 1600)], [window(1000, 2000)], SPAN)
    [one] = found.outages
    assert (one.caught, one.fired_at, found.caught) == (True, 1300, 1)
    assert (one.ttd.value, one.ttd.low, one.ttd.high) == (300, 210, 390)
    assert (one.beyond.value, one.beyond.low, one.beyond.high) == (100, 10, 190)
    assert found.false_alarms == ()
    assert found.median_ttd.value == 300


def test_firing_between_the_low_end_of_the_onset_and_recovery_counts_and_nothing_else():
    for at, caught in [(969, False), (970, True), (1999, True), (2000, False)]:
        [one] = score([fired(at, 5000)], [window(1000, 2000)], SPAN).outages
        assert one.caught is caught
        assert one.firing_before is (at < 970)
        assert (one.ttd.value is None) is not caught
    [one] = score([fired(970, 5000)], [window(1000, 2000)], SPAN).outages
    assert (one.ttd.value, one.ttd.low) == (0, 0)  # nobody notices what has not begun


def test_a_rule_that_fires_all_the_time_catches_nothing():
    found = score([fired(0, None)], [window(1000, 2000), window(5000, 6000)], SPAN)
    assert found.caught == 0
    assert [one.firing_before for one in found.outages] == [True, True]
    assert len(found.episodes) == 1
    assert found.median_ttd.status == "not_derivable"


def test_false_is_what_touches_no_window_no_maintenance_and_none_before():
    span = replace(SPAN, start=500.0, maintenance=[(7000.0, 7500.0)], blips=[(9000.0, 9010.0)])
    firings = [fired(600, 700), fired(7400, 7600), fired(8995, 9005), fired(4000, 4060)]
    found = score(firings, [window(100, 620)], span)
    assert [one.fired_at for one in found.false_alarms] == [4000, 8995]
    assert found.at_blips == 1
    assert found.outages == ()  # it began before the span


def test_an_outage_that_goes_on_has_no_time_beyond():
    [one] = score([fired(9000, None)], [window(8900, None)], SPAN).outages
    assert one.caught
    assert one.beyond.status == "not_derivable"
    [one] = score([fired(1500, None)], [window(1000, 2000)], SPAN).outages
    assert one.beyond.reason is not None
    assert "still fires" in one.beyond.reason


def test_a_firing_that_ended_before_recovery_lasts_no_longer():
    [one] = score([fired(1500, 1600)], [window(1000, 2000)], SPAN).outages
    assert (one.beyond.value, one.beyond.high) == (0, 30)


@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_the_interval_of_a_rate_is_exact(count):
    found = a_week(count, 8 * WEEK, "made")
    assert found.value == count / 8
    assert poisson.sf(count - 1, found.low * 8) == pytest.approx(0.025 if count else 1)
    assert poisson.cdf(count, found.high * 8) == pytest.approx(0.025)
    assert a_week(0, 0.0, "made").status == "not_derivable"


@pytest.mark.parametrize(("caught", "outages"), [(0, 4), (1, 4), (3, 4), (4, 4)])
def test_the_interval_of_the_share_caught_is_exact(caught, outages):
    starts = [1000.0 * i + 500 for i in range(outages)]
    windows = [window(start, start + 100, 0.0) for start in starts]
    found = score([fired(at, at + 5) for at in starts[:caught]], windows, SPAN).caught_share
    assert found.value == caught / outages
    assert binom.sf(caught - 1, outages, found.low) == pytest.approx(0.025 if caught else 1)
    missed = outages - caught
    assert binom.cdf(caught, outages, found.high) == pytest.approx(0.025 if missed else 1)


TIMES = st.integers(0, 50)


@given(st.lists(st.tuples(TIMES, st.integers(1, 20) | st.none()), max_size=12))
def test_episodes_are_the_seconds_at_which_anything_fires(made):
    firings = [fired(at, None if length is None else at + length) for at, length in made]
    seconds = [
        any(f.fired_at <= s and (f.ended_at is None or s < f.ended_at) for f in firings)
        for s in range(100)
    ]
    found = merged(firings)
    assert seconds == [any(e.fired_at <= s < e.until(100) for e in found) for s in range(100)]
    assert all(a.ended_at < b.fired_at for a, b in pairwise(found))
