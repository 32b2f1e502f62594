"""Each peer finds one plain outage and answers with ordered ranges."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from benchmarks.lab import peers

STEP, CELLS, START, STOP = 300.0, 2016, 1000, 1020
LIBRARIES = ("ruptures KernelCPD", "ruptures Pelt", "skchange CAPA")
OWN = ("static threshold", "SLO burn rate", "Kleinberg 2-state")
# How far the start and the end may be off. Burn rates end late by design, as the short window
# has to forget the outage, too; Pelt in Python looks at every fifth cell only.
NEAR = {"SLO burn rate": (4, 8), "ruptures Pelt": (5, 5)}


def series(seed=100):
    rng = np.random.default_rng(seed)
    ratio = np.full(CELLS, 0.005)
    ratio[START:STOP] = 0.3
    attempts = np.full(CELLS, 200.0)
    return attempts, rng.binomial(200, ratio).astype(float)


def found(name, attempts, errors):
    with warnings.catch_warnings():
        if name in LIBRARIES:
            warnings.simplefilter("ignore")  # what a library warns of is its own affair
        peer = next(peer for peer in peers.PEERS if peer.name == name)
        return peer.find(attempts, errors, STEP)


def check_form(spans, cells):
    flat = [edge for span in spans for edge in span]
    assert all(type(edge) is int for edge in flat)
    assert all(start < stop for start, stop in spans)
    assert flat == sorted(flat)
    assert all(0 <= edge <= cells for edge in flat)


@pytest.mark.parametrize("name", [*OWN, *LIBRARIES])
def test_a_peer_finds_one_plain_outage(name):
    spans = found(name, *series())
    check_form(spans, CELLS)
    late, over = NEAR.get(name, (2, 2))
    meeting = [span for span in spans if span[0] < STOP + over and span[1] > START - late]
    assert abs(meeting[0][0] - START) <= late
    assert len(meeting) == 1
    assert abs(meeting[0][1] - STOP) <= over
    assert len(spans) <= 4


@pytest.mark.parametrize("name", [*OWN, *LIBRARIES])
def test_a_peer_bears_missing_cells_and_an_outage_at_either_edge(name):
    rng = np.random.default_rng(101)
    attempts = np.full(300, 200.0)
    ratio = np.full(300, 0.005)
    ratio[:30] = ratio[-30:] = 0.3
    errors = rng.binomial(200, ratio).astype(float)
    attempts[[0, 100, 299]] = errors[[0, 100, 299]] = np.nan
    attempts[150], errors[150] = 0.0, 0.0
    spans = found(name, attempts, errors)
    check_form(spans, 300)
    assert any(start <= 15 < stop for start, stop in spans)
    assert any(start <= 285 < stop for start, stop in spans)
    assert not any(start <= 100 < stop or start <= 150 < stop for start, stop in spans)


@pytest.mark.parametrize("name", [*OWN, *LIBRARIES])
def test_a_peer_finds_nothing_where_there_is_nothing(name):
    assert found(name, np.full(300, 200.0), np.zeros(300)) == []
    assert found(name, np.full(300, np.nan), np.full(300, np.nan)) == []


def test_every_peer_is_tried_and_tells_its_settings():
    assert sorted(peer.name for peer in peers.PEERS) == sorted([*OWN, *LIBRARIES])
    assert all(peer.settings for peer in peers.PEERS)


def test_a_cell_without_attempts_repeats_the_ratio_before_it():
    attempts, errors = np.array([np.nan, 10.0, 0.0, 10.0]), np.array([np.nan, 1.0, 0.0, 2.0])
    assert peers.ratios(attempts, errors).tolist() == [0.1, 0.1, 0.1, 0.2]


def test_the_speed_limit_is_one_comparison():
    attempts, errors = np.array([10.0, 10.0, 0.0]), np.array([1.0, 2.0, 0.0])
    assert peers.static_mask(attempts, errors, 0.1).tolist() == [False, True, False]


def test_the_static_threshold_waits_and_bridges():
    errors = np.full(60, 1.0)
    errors[[5, 20, 21, 25, 26, 31, 33, 45, 46]] = 60.0
    # One cell is not held; gaps of 3 are bridged, gaps of 4 and more are not; an alert that
    # fires is kept by a single cell, which by itself raises none.
    assert peers.static_threshold(np.full(60, 200.0), errors, STEP) == [(20, 27), (45, 47)]
    errors[30] = 60.0
    assert peers.static_threshold(np.full(60, 200.0), errors, STEP) == [(20, 34), (45, 47)]


def test_the_burst_automaton_is_viterbi():
    rng = np.random.default_rng(102)
    for _ in range(20):
        attempts = rng.poisson(20, 40).astype(float)
        ratio = np.where(rng.random(40) < 0.3, 0.5, 0.02)
        errors = rng.binomial(attempts.astype(int), ratio).astype(float)
        path = np.zeros(40, dtype=bool)
        for start, stop in peers.kleinberg(attempts, errors, STEP):
            path[start:stop] = True
        assert price(path, attempts, errors) == pytest.approx(cheapest(attempts, errors))


def costs(attempts, errors):
    low = errors.sum() / attempts.sum()
    rates = np.array([[low], [min(peers.BURST * low, (1 + low) / 2)]])
    return -(errors * np.log(rates) + (attempts - errors) * np.log1p(-rates))


def price(path, attempts, errors):
    up = peers.PRICE * np.log(path.size)
    ups = np.count_nonzero(np.diff(path.astype(int), prepend=0) > 0)
    both = costs(attempts, errors)
    return np.where(path, both[1], both[0]).sum() + ups * up


def cheapest(attempts, errors):
    up = peers.PRICE * np.log(attempts.size)
    usual, burst = 0.0, np.inf
    for low, high in costs(attempts, errors).T:
        usual, burst = min(usual, burst) + low, min(usual + up, burst) + high
    return min(usual, burst)
