"""The linear segmentation against a dynamic programme that tries everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.segments import segments, settled_at


def best_by_dynamic_programming(score: list[float], penalty: float) -> float:
    """The greatest sum of scores less `penalty` a stretch: two states, every path weighed."""
    normal, elevated = 0.0, -np.inf
    for value in score:
        elevated, normal = (
            max(elevated, normal - penalty) + value,
            max(normal, elevated),
        )
    return max(normal, elevated)


def worth(score: list[float], found: list[tuple[int, int]], penalty: float) -> float:
    return sum(sum(score[a:b]) - penalty for a, b in found)


scores = st.lists(st.floats(-9, 9).map(lambda x: round(x, 2)), min_size=1, max_size=60)


@given(scores, st.floats(0.5, 20))
def test_no_partition_is_worth_more(score: list[float], penalty: float) -> None:
    found = segments(np.array(score), penalty)
    best = best_by_dynamic_programming(score, penalty)
    assert worth(score, found, penalty) == pytest.approx(best, abs=1e-6)


@given(scores, st.floats(0.5, 20))
def test_stretches_are_ordered_apart_and_not_empty(score: list[float], penalty: float) -> None:
    found = segments(np.array(score), penalty)
    flat = [edge for stretch in found for edge in stretch]
    assert flat == sorted(flat)
    assert all(0 <= a < b <= len(score) for a, b in found)


def test_long_input_is_cut_into_chunks_without_a_seam() -> None:
    rng = np.random.default_rng(5)
    score = rng.normal(-0.3, 1.0, 30_000)
    for at in (4090, 12_280, 20_000):
        score[at : at + 40] += 3.0
    found = segments(score, 25.0)
    assert worth(list(score), found, 25.0) == pytest.approx(
        best_by_dynamic_programming(list(score), 25.0)
    )
    assert len(found) == 3


def test_quiet_scores_hold_no_stretch() -> None:
    assert segments(np.full(1000, -0.1), 5.0) == []


def test_recovery_is_settled_once_the_sum_has_fallen() -> None:
    score = np.array([4.0, 4.0, 4.0, -1.0, -1.0, -1.0])
    assert not settled_at(score, 3, 5.0)
    assert settled_at(score, 3, 2.5)
    assert not settled_at(score, 6, 2.5)
