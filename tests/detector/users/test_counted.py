"""Tier 1 against loops over attempts: distinct users, minutes, unclassified reasons, samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from detector.users import Outcome
from detector.users.answer import Answer
from detector.users.counted import counted
from detector.users.roster import wilson

from .made import (
    DONE,
    END,
    ONSET,
    OUTCOMES,
    SYSTEM,
    UNKNOWN,
    USER,
    Row,
    attempts,
    by_minutes,
    none,
    window,
)

rows = st.lists(
    st.tuples(
        st.floats(ONSET - 600, END + 600), st.integers(1, 12), st.sampled_from([DONE, SYSTEM, USER])
    ),
    min_size=1,
    max_size=80,
)
edges = st.tuples(st.floats(ONSET - 300, ONSET + 300), st.floats(ONSET + 400, END + 300))


def count(found: list[Row], start: float = ONSET, end: float = END, reach: float = 0.0) -> Answer:
    answer = counted(attempts(found), window(start, end, reach), none())
    assert answer is not None
    return answer


def by_loop(found: list[Row], start: float, end: float) -> tuple[set[int], set[int]]:
    inside = [row for row in found if start <= row[0] < end]
    failed = {user for _, user, outcome in inside if outcome == SYSTEM}
    return failed, {user for _, user, outcome in inside if outcome == DONE}


@settings(deadline=None)
@given(rows, edges)
def test_counts_are_those_of_a_loop_in_any_window(
    found: list[Row], edge: tuple[float, float]
) -> None:
    failed, served = by_loop(found, *edge)
    answer = counted(attempts(found), window(*edge), none())
    if not failed | served:
        assert answer is None
        return
    assert answer is not None
    share = len(failed) / len(failed | served)
    assert (answer.affected.low, answer.affected.value, answer.affected.high) == (share,) * 3
    assert answer.affected.status == "measured"
    assert answer.hit.value == len(failed)
    assert answer.blocked.value == len(failed - served)
    assert answer.degraded.value == len(failed & served)
    assert answer.active.value == len(failed | served)


@settings(deadline=None)
@given(rows, edges)
def test_records_of_a_minute_count_as_single_attempts_do(
    found: list[Row], edge: tuple[float, float]
) -> None:
    near = by_minutes(attempts(found))
    plain, packed = (counted(tried, window(*edge), none()) for tried in (attempts(found), near))
    if plain is None or packed is None:
        assert plain is packed
        return
    for name in ("affected", "hit", "blocked", "degraded", "active"):
        assert getattr(plain, name).value == getattr(packed, name).value
    assert plain.observed.value is not None
    assert packed.observed.low is not None
    assert packed.observed.high is not None
    assert packed.observed.low <= plain.observed.value + 1e-6
    assert packed.observed.high >= plain.observed.value - 1e-6


@settings(deadline=None)
@given(rows, st.floats(1, 200))
def test_the_interval_is_that_of_the_edges(found: list[Row], reach: float) -> None:
    answer = counted(attempts(found), window(reach=reach), none())
    if answer is None:
        return
    for start, end in ((ONSET, END), (ONSET - reach, END + reach), (ONSET + reach, END - reach)):
        failed, served = by_loop(found, start, end)
        if failed | served:
            share = len(failed) / len(failed | served)
            assert answer.affected.low is not None
            assert answer.affected.high is not None
            assert answer.affected.low <= share <= answer.affected.high


def test_minutes_are_those_between_a_failure_and_the_next_attempt() -> None:
    found = [
        (ONSET + 600, 1, SYSTEM),
        (ONSET + 660, 1, SYSTEM),
        (ONSET + 780, 1, DONE),
        (ONSET + 900, 1, SYSTEM),
        (ONSET + 700, 2, DONE),
    ]
    observed = count(found).observed
    assert observed.value == pytest.approx(3.0)
    assert observed.status == "measured"


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        ((SYSTEM, SYSTEM), "blocked"),
        ((SYSTEM, DONE), "intermittent"),
        ((DONE, DONE), "not_derivable"),
    ],
)
def test_the_experience_is_named(outcomes: tuple[int, int], word: str) -> None:
    found = [(ONSET + 60.0 * i, u, o) for u in range(10) for i, o in enumerate(outcomes, 5)]
    assert count(found).experience == word


def test_half_blocked_is_mixed() -> None:
    found = [(ONSET + 600, u, SYSTEM) for u in range(10)]
    found += [(ONSET + 900, u, DONE) for u in range(5)]
    assert count(found).experience == "mixed"


def test_wrong_passwords_make_nobody_a_user() -> None:
    found = [(ONSET + 600, u, USER) for u in range(1500)]
    found += [(ONSET + 600, 9000, DONE), (ONSET + 700, 9001, SYSTEM)]
    assert count(found).affected.value == 0.5


def unlisted(inside: int, before: int) -> Answer:
    """A reason nobody classified: `inside` users meet it in the window, `before` in normal time."""
    near = [(ONSET + 60 + u % 3000, u, UNKNOWN if u < inside else DONE) for u in range(1000)]
    usual = [(ONSET - 7200 - u % 3000, u, UNKNOWN if u < before else DONE) for u in range(1000)]
    answer = counted(attempts(near), window(), attempts(usual))
    assert answer is not None
    return answer


def test_a_reason_that_was_never_there_before_is_the_systems() -> None:
    answer = unlisted(300, 0)
    assert answer.affected.value == pytest.approx(0.3)
    assert answer.affected.low == answer.affected.high == answer.affected.value
    assert answer.affected.status == "estimated"
    assert "weird_code (the system, by its excess)" in answer.affected.method
    assert "weird_code" in (answer.needs or "")


def test_a_reason_as_frequent_as_ever_is_the_users_own() -> None:
    answer = unlisted(60, 60)
    assert answer.affected.value == 0.0
    assert "weird_code (the users, by its excess)" in answer.affected.method


def test_a_reason_about_twice_as_frequent_spans_both() -> None:
    answer = unlisted(60, 28)
    assert answer.affected.low == 0.0
    assert answer.affected.high == pytest.approx(0.06)
    assert "perhaps" in answer.affected.method


def test_without_normal_running_an_unlisted_reason_leaves_a_range() -> None:
    found = [(ONSET + 60, 1, UNKNOWN), (ONSET + 60, 2, DONE), (ONSET + 70, 3, SYSTEM)]
    answer = count(found)
    assert answer.affected.value is None
    assert (answer.affected.low, answer.affected.high) == (0.5, pytest.approx(2 / 3))
    assert answer.experience == "not_derivable"
    assert answer.hit.value is None
    assert "weird_code" in answer.affected.method


def test_failures_without_a_reason_beside_others_are_named() -> None:
    outcomes = (*OUTCOMES[:3], Outcome("", "unclassified"))
    near = attempts([(ONSET + 60, 1, 3), (ONSET + 60, 2, DONE), (ONSET + 70, 3, SYSTEM)], outcomes)
    answer = counted(near, window(), none())
    assert answer is not None
    assert "failures without a reason" in answer.affected.method


def test_a_sample_of_users_is_scaled_and_has_an_interval() -> None:
    rng = np.random.default_rng(5)
    held, users = 0, 4000
    for _ in range(300):
        outcome = np.where(rng.random(users) < 0.3, SYSTEM, DONE)
        kept = rng.random(users) < 0.1
        found = [(ONSET + 60.0, int(u), int(outcome[u])) for u in np.flatnonzero(kept)]
        answer = counted(attempts(found, fraction=0.1), window(), none())
        assert answer is not None
        assert answer.affected.status == "estimated"
        truth = float(np.mean(outcome == SYSTEM))
        assert answer.affected.low is not None
        assert answer.affected.high is not None
        held += answer.affected.low <= truth <= answer.affected.high
        assert answer.active.value == pytest.approx(users, rel=0.25)
    assert 0.92 <= held / 300 <= 0.98


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_interval_of_a_small_sample_is_wilsons(hits: int, n: int) -> None:
    hits = min(hits, n)
    low, high = wilson(hits, n, 0.0)
    reference = binomtest(hits, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=1e-6)
    assert wilson(hits, n, 1.0) == pytest.approx((hits / n, hits / n))
