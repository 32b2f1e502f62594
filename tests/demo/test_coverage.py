# The must of issue 2: 20 seeds, five outages with moved edges, 200 truths against their intervals.
from __future__ import annotations

from dataclasses import replace

import pytest

from outage_window.demo.counters import SCRAPE, scrape
from outage_window.demo.references import IDENTITY, REFERENCES, moved
from outage_window.demo.simulate import simulate

SEEDS = range(1, 21)


def test_the_intervals_hold_the_truth(detected):
    covered, worst, windows = 0, 0.0, []
    for seed in SEEDS:
        for outage in (moved(reference, seed) for reference in REFERENCES):
            found = detected(outage, scrape(outage, simulate(outage, seed), seed)).windows
            windows.append((outage.id, seed, len(found), found[0].status))
            for edge, true in ((found[0].start, outage.start), (found[0].end, outage.end)):
                covered += edge.low <= true <= edge.high
                worst = max(worst, abs(edge.value - true))
    assert [one for one in windows if one[2:] != (1, "closed")] == []
    assert covered >= 182
    assert worst <= SCRAPE


def test_intervals_are_no_wider_than_they_need_be(detected):
    # An interval of an hour would hold every truth: with 95 attempts a scrape one of a few
    # scrapes must do.
    for outage in REFERENCES:
        (window,) = detected(outage, scrape(outage, simulate(outage, 5), 5)).windows
        for edge in (window.start, window.end):
            assert edge.high - edge.low <= 3 * SCRAPE, outage.id


@pytest.mark.parametrize("hours", [12, 48])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_long_outage_is_found_while_it_lasts(detected, hours, seed):
    series = scrape(IDENTITY, simulate(IDENTITY, seed), seed)
    until = IDENTITY.start + hours * 3600
    known = [
        replace(one, time=one.time[one.time <= until], value=one.value[one.time <= until])
        for one in series
    ]
    (window,) = detected(IDENTITY, known).windows
    assert window.status == "ongoing"
    assert abs(window.start.value - IDENTITY.start) <= SCRAPE
    assert window.end.value is None
    assert window.provisional_end is None
    assert until - window.as_of <= 2 * SCRAPE


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_long_outage_is_one_window(detected, seed):
    (window,) = detected(IDENTITY, scrape(IDENTITY, simulate(IDENTITY, seed), seed)).windows
    assert window.status == "closed"
    assert abs(window.start.value - IDENTITY.start) <= SCRAPE
    assert abs(window.end.value - IDENTITY.end) <= SCRAPE
    assert window.duration_seconds.value == pytest.approx(91 * 3600 + 20 * 60, abs=2 * SCRAPE)
