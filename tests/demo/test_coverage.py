# The must of issue 2: 20 seeds, five outages with moved edges, 200 truths against their intervals.
from __future__ import annotations

import multiprocessing
from dataclasses import replace

import pytest

from outage_window.demo.counters import SCRAPE, scrape
from outage_window.demo.references import IDENTITY, REFERENCES
from outage_window.demo.simulate import simulate
from tests.demo.worlds import detected, moved_edges

SEEDS = range(1, 21)


def test_the_intervals_hold_the_truth():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = [one for seed in pool.map(moved_edges, SEEDS) for one in seed]
    assert [(name, found) for name, found, _ in answers if found != ["closed"]] == []
    edges = [edge for _, _, found in answers for edge in found]
    assert len(edges) == 200
    assert sum(low <= true <= high for low, _, high, true in edges) >= 182
    assert max(abs(value - true) for _, value, _, true in edges) <= SCRAPE


def test_intervals_are_no_wider_than_they_need_be():
    # An interval of an hour would hold every truth: with 95 attempts a scrape one of a few
    # scrapes must do.
    for outage in REFERENCES:
        (window,) = detected(outage, scrape(outage, simulate(outage, 5), 5)).windows
        for edge in (window.start, window.end):
            assert edge.high - edge.low <= 3 * SCRAPE, outage.id


@pytest.mark.parametrize("hours", [12, 48])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_long_outage_is_found_while_it_lasts(hours, seed):
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
def test_the_long_outage_is_one_window(seed):
    (window,) = detected(IDENTITY, scrape(IDENTITY, simulate(IDENTITY, seed), seed)).windows
    assert window.status == "closed"
    assert abs(window.start.value - IDENTITY.start) <= SCRAPE
    assert abs(window.end.value - IDENTITY.end) <= SCRAPE
    assert window.duration_seconds.value == pytest.approx(91 * 3600 + 20 * 60, abs=2 * SCRAPE)
