# The benchmark's own parts, small: a limit that is one, draws that are what they say.
from __future__ import annotations

import numpy as np
import pytest

from benchmarks.lab import boundaries, found
from benchmarks.lab.oracle import Oracle, gain, log_likelihood, without_effect
from benchmarks.lab.report import REPORTING, TUNING, Line, table
from benchmarks.lab.simulate import DAY, EPOCH, Truth, World, draw_errors, place, sample


def test_seeds_for_tuning_and_reporting_are_apart():
    assert TUNING != REPORTING


@pytest.mark.parametrize("ramp", [0.0, 600.0])
def test_the_effect_of_an_outage_sums_to_what_it_lasts(ramp):
    truth = Truth(EPOCH + 1234.5, EPOCH + 9876.5, 0.4, ramp)
    start = EPOCH + 60.0 * np.arange(300)
    total = truth.effect(start, 60.0).sum() * 60.0
    assert total == pytest.approx(0.4 * (9876.5 - 1234.5 - ramp))
    assert truth.effect(start, 60.0).min() >= 0
    assert truth.effect(start, 60.0).max() <= 0.4 + 1e-12


@pytest.mark.parametrize("rho", [0.0, 0.004, 0.05])
def test_errors_vary_as_the_dispersion_says(rho):
    rng = np.random.default_rng(1)
    n = np.full(200_000, 50)
    k = draw_errors(rng, n, np.full(len(n), 0.1), rho)
    assert k.mean() == pytest.approx(5.0, rel=0.01)
    assert k.var() == pytest.approx(50 * 0.09 * (1 + 49 * rho), rel=0.03)


def brute_force(drawn, extra):
    """The posterior medians of both edges, every pair of places tried."""
    step, places = drawn.world.step, 20
    at = drawn.start[0] + step * (np.arange(len(drawn.start) * places) + 0.5) / places
    log = np.full((len(at), len(at)), -np.inf)
    normal = log_likelihood(drawn.errors, drawn.attempts, drawn.usual, drawn.world.rho).sum()
    for i, a in enumerate(at):
        for j in range(i + 1, len(at)):
            overlap = np.minimum(drawn.start + step, at[j]) - np.maximum(drawn.start, a)
            p = drawn.usual + np.clip(overlap / step, 0, 1) * extra * (1 - drawn.usual)
            value = log_likelihood(drawn.errors, drawn.attempts, p, drawn.world.rho).sum()
            log[i, j] = value - normal
    mass = np.exp(log - log.max())
    medians = []
    for own in (mass.sum(axis=1), mass.sum(axis=0)):
        medians.append(float(np.interp(0.5, (np.cumsum(own) - own / 2) / own.sum(), at)))
    return medians


@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_the_oracle_is_every_pair_of_places_weighed(rho):
    world = World(30.0, rho, days=13 * 300 / DAY)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        truth = Truth(EPOCH + 1111.0 + 97 * seed, EPOCH + 2345.0 + 31 * seed, 0.4)
        drawn = sample(rng, world, (truth,))
        known = Oracle(drawn, 0.4).edges()
        slow = brute_force(drawn, 0.4)
        assert [known.start[0], known.end[0]] == pytest.approx(slow, abs=6.0)


@pytest.mark.parametrize(("mean", "extra"), [(3.0, 1.0), (20.0, 1.0), (20.0, 0.1)])
def test_what_is_drawn_is_what_the_oracle_believes(mean, extra):
    # Where all attempts fail, any noise in a cut cell that the oracle is not told of shows.
    world, held = World(mean, 0.0, days=7.0), []
    gained = gain(world, extra, 1)
    for seed in range(250):
        rng = np.random.default_rng(seed)
        truth = place(rng, world, extra, gained, 50.0)
        known = Oracle(sample(rng, world, (truth,)), extra).edges()
        held += [known.start[1] <= truth.start <= known.start[2]]
        held += [known.end[1] <= truth.end <= known.end[2]]
    assert np.mean(held) >= 0.93


def test_one_who_does_not_know_the_effect_does_worse_but_not_by_much():
    world = World(20.0, 0.0)
    gained = gain(world, 0.1, 1)
    knows, guesses = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        truth = place(rng, world, 0.1, gained, 50.0)
        drawn = sample(rng, world, (truth,))
        for known, errors in (
            (Oracle(drawn, 0.1).edges(), knows),
            (without_effect(drawn, (truth.start - 30_000, truth.end + 30_000)), guesses),
        ):
            errors += [abs(known.start[0] - truth.start), abs(known.end[0] - truth.end)]
    assert 0.95 < np.mean(guesses) / np.mean(knows) < 1.6


def test_a_placed_outage_leaves_the_evidence_that_was_asked():
    world, rng = World(200.0, 0.004), np.random.default_rng(3)
    gained, won = gain(world, 0.05, 1), []
    for _ in range(150):
        truth = place(rng, world, 0.05, gained, 40.0, 41.0)
        drawn = sample(rng, world, (truth,))
        p = drawn.usual + truth.effect(drawn.start, 300.0) * (1 - drawn.usual)
        ratio = log_likelihood(drawn.errors, drawn.attempts, p, 0.004)
        ratio -= log_likelihood(drawn.errors, drawn.attempts, drawn.usual, 0.004)
        won.append(ratio.sum())
    assert np.mean(won) == pytest.approx(40.5, rel=0.12)


def test_a_small_grid_keeps_what_is_asked_of_the_large_one(monkeypatch):
    monkeypatch.setattr(boundaries, "MEANS", (20, 200))
    monkeypatch.setattr(boundaries, "EXTRAS", (0.3,))
    monkeypatch.setattr(boundaries, "RHOS", (0.0, 0.05))
    scores = boundaries.scores(12, TUNING, 1)
    assert len(scores) == 4
    for score in scores.values():
        assert score.events == 12
        assert score.missed <= 1
        assert np.mean(score.error) <= 1.5 * np.mean(score.oracle_error) + 0.1
        assert np.mean(score.held) > 0.8
    assert sum(score.false for score in scores.values()) <= 1
    assert boundaries.grid_table(scores).count("\n") == 5


def test_outages_of_fifty_nats_are_found(monkeypatch):
    monkeypatch.setattr(found, "BATCH", 2)
    monkeypatch.setattr(found, "MEANS", (3, 20, 200))
    monkeypatch.setattr(found, "EXTRAS", (0.1, 1.0))
    lines = found.lines(1, TUNING, 1)
    shares = {line.name: float(line.seen.split("%")[0]) for line in lines}
    assert shares["events found at 50 to 500 nats"] > 97
    assert shares["precision"] == 100


def test_a_line_without_a_target_is_neither_met_nor_missed():
    text = table([Line("a", "b", "c", None), Line("d", "e", "f", False)])
    assert "| a | b | c | – |" in text
    assert "| d | e | f | **no** |" in text
