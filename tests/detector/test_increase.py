"""Counters to counts: against a loop over samples, and as real counters are born and die."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.increase import Counter, increases
from detector.series import Counts


def counter(target: str, samples: dict[float, float]) -> Counter:
    return Counter(target, np.array(list(samples)), np.array(list(samples.values())))


def made(attempts: list[Counter], errors: list[Counter]) -> Counts:
    result = increases(attempts, errors)
    assert result.counts is not None, result.refused
    return result.counts


OK = counter("a", {0: 100, 60: 160, 120: 230, 180: 300})


def test_a_new_reason_rises_from_zero() -> None:
    born = counter("a", {120: 37, 180: 40})
    counts = made([OK, born], [born])
    assert counts.errors.tolist() == [0, 37, 3]
    assert counts.attempts.tolist() == [60, 107, 73]


def test_a_series_seen_first_with_its_target_adds_nothing() -> None:
    assert made([OK], []).attempts.tolist() == [60, 70, 70]


def test_an_unknown_target_starts_at_its_first_value() -> None:
    old = Counter("", OK.time, OK.value)
    late = counter("", {120: 37, 180: 40})
    assert made([old, late], [late]).errors.tolist() == [0, 0, 3]


def test_a_new_pod_starts_at_its_first_value_and_hides_nothing_of_the_other() -> None:
    pod = counter("b", {125: 12, 185: 30})
    counts = made([OK, pod], [])
    assert counts.attempts.sum() == 200 + 18
    assert counts.cell.tolist() == sorted(counts.cell.tolist())


def test_a_restart_counts_what_the_new_process_counted() -> None:
    restarted = counter("a", {0: 100, 60: 160, 120: 25, 180: 60})
    assert made([restarted], []).attempts.tolist() == [60, 25, 35]


def test_a_reason_that_comes_back_after_a_restart_rises_from_zero() -> None:
    reason = counter("a", {0: 5, 180: 37})  # gone at 60 and 120, while the target was scraped
    assert made([OK, reason], [reason]).errors.tolist() == [0, 0, 37]


def test_a_missed_scrape_makes_one_longer_observation() -> None:
    gap = counter("a", {0: 0, 60: 10, 180: 30, 240: 40})
    counts = made([gap], [])
    assert (counts.end - counts.start).tolist() == [60, 120, 60]
    assert counts.attempts.tolist() == [10, 20, 10]


def test_after_a_long_absence_a_new_series_has_an_unknown_past() -> None:
    times = [60.0 * i for i in range(10)]
    old = counter("a", {t: t for t in [*times, 9000.0, 9060.0]})
    new = counter("a", {9000: 500, 9060: 510})
    assert made([old, new], [new]).errors[-2:].tolist() == [0, 10]


def test_selectors_that_do_not_fit_are_refused_and_a_slip_is_clipped() -> None:
    errors = counter("a", {0: 0, 60: 500, 120: 900, 180: 999})
    refused = increases([OK], [errors])
    assert refused.counts is None
    assert refused.clipped == 3
    times = 60.0 * np.arange(300)
    tried, failed = 10 * np.arange(300.0), np.arange(300.0)
    failed[200:] += 50
    slipped = increases([Counter("a", times, tried)], [Counter("a", times, failed)])
    assert slipped.clipped == 1
    assert slipped.counts is not None
    assert slipped.counts.errors.max() == 10


def test_jitter_moves_no_observation_into_another_cell() -> None:
    rng = np.random.default_rng(3)
    pods = []
    for pod in range(4):
        times = 15.0 * np.arange(400) + 3.9 * pod + rng.normal(0, 0.05, 400)
        pods.append(Counter(f"pod{pod}", times, np.arange(400.0)))
    cells = np.bincount(made(pods, []).cell)
    assert set(cells[1:-1]) == {4}


runs = st.lists(
    st.tuples(st.sampled_from(["seen", "absent"]), st.integers(0, 50), st.booleans()),
    min_size=3,
    max_size=25,
)


def naive(samples: dict[float, float], scrapes: list[float]) -> list[float]:
    """Rise at each scrape of one series whose target was scraped at all of `scrapes`."""
    rises, last, seen_before = [], None, None
    for i, t in enumerate(scrapes):
        if t not in samples:
            rises.append(0.0)
            continue
        value = samples[t]
        if last is None:
            rise = value if i > 0 else 0.0
        elif seen_before != i - 1 or value < last:
            rise = value
        else:
            rise = value - last
        rises.append(rise)
        last, seen_before = value, i
    return rises[1:]


@given(runs)
def test_rises_are_those_of_a_loop_over_samples(run: list[tuple[str, int, bool]]) -> None:
    scrapes = [60.0 * i for i in range(len(run))]
    alive = Counter("a", np.array(scrapes), 1000.0 * np.arange(len(run)))
    samples, value = {}, 0.0
    for t, (state, rise, restart) in zip(scrapes, run, strict=True):
        value = float(rise) if restart else value + rise
        if state == "seen":
            samples[t] = value
    series = counter("a", samples)
    counts = made([alive], [series] if samples else [])
    assert counts.errors.tolist() == pytest.approx(naive(samples, scrapes))
