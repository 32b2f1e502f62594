"""Users hit by a window, against a loop over attempts, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.detect import detect
from detector.model import Window
from detector.users import (
    SUCCESS,
    SYSTEM_FAILURE,
    UNCLASSIFIED,
    USER_FAILURE,
    UserAttempts,
    share,
)
from tests.detector.simulated import DAY, EPOCH, counts

ONSET, END = EPOCH + 9 * DAY, EPOCH + 9 * DAY + 3600.0


@pytest.fixture(scope="module")
def window() -> Window:
    return detect(counts(1, step=60, outages=((ONSET, END, 0.5),))).windows[0]


def attempts(rows: list[tuple[float, int, int]], *, reasons: bool = True) -> UserAttempts:
    time, user, outcome = zip(*rows, strict=True) if rows else ((), (), ())
    return UserAttempts(
        np.array(time, dtype=float),
        np.array(user, dtype=np.uint64),
        np.array(outcome, dtype=np.int8),
        reasons,
    )


rows = st.lists(
    st.tuples(
        st.floats(ONSET - 600, END + 600),
        st.integers(1, 12),
        st.sampled_from([SUCCESS, SYSTEM_FAILURE, USER_FAILURE]),
    ),
    min_size=1,
    max_size=80,
)


@settings(deadline=None)
@given(rows)
def test_counts_are_those_of_a_loop(window: Window, rows: list[tuple[float, int, int]]) -> None:
    inside = [r for r in rows if window.onset <= r[0] < window.until]
    failed = {user for _, user, outcome in inside if outcome == SYSTEM_FAILURE}
    served = {user for _, user, outcome in inside if outcome == SUCCESS}
    result = share(attempts(rows), window)
    if not failed | served:
        assert result.affected.status == "not_derivable"
        return
    assert result.tier == 1
    assert result.hit_users.value == len(failed)
    assert result.blocked_users.value == len(failed - served)
    assert result.degraded_users.value == len(failed & served)
    assert result.active_users.value == len(failed | served)
    assert result.affected.value == pytest.approx(len(failed) / len(failed | served))


def test_minutes_are_those_between_a_failure_and_the_next_attempt(window: Window) -> None:
    rows = [
        (ONSET + 600, 1, SYSTEM_FAILURE),
        (ONSET + 660, 1, SYSTEM_FAILURE),
        (ONSET + 780, 1, SUCCESS),
        (ONSET + 900, 1, SYSTEM_FAILURE),
        (ONSET + 700, 2, SUCCESS),
    ]
    result = share(attempts(rows), window)
    assert result.user_minutes_observed.value == pytest.approx(3.0)
    assert result.user_minutes_potential.value == pytest.approx(60.0, abs=2)


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        ((SYSTEM_FAILURE, SYSTEM_FAILURE), "blocked"),
        ((SYSTEM_FAILURE, SUCCESS), "intermittent"),
        ((SUCCESS, SUCCESS), "not_derivable"),
    ],
)
def test_the_experience_is_named(window: Window, outcomes: tuple[int, int], word: str) -> None:
    rows = [(ONSET + 60.0 * i, u, o) for u in range(10) for i, o in enumerate(outcomes, 5)]
    assert share(attempts(rows), window).experience == word


def test_half_blocked_is_mixed(window: Window) -> None:
    rows = [(ONSET + 600, u, SYSTEM_FAILURE) for u in range(10)]
    rows += [(ONSET + 900, u, SUCCESS) for u in range(5)]
    assert share(attempts(rows), window).experience == "mixed"


def test_wrong_passwords_make_nobody_a_user(window: Window) -> None:
    rows = [(ONSET + 600, u, USER_FAILURE) for u in range(1500)]
    rows += [(ONSET + 600, 9000, SUCCESS), (ONSET + 700, 9001, SYSTEM_FAILURE)]
    assert share(attempts(rows), window).affected.value == 0.5


def test_without_ids_the_share_is_refused_and_the_retry_range_told(window: Window) -> None:
    refused = share(None, window)
    assert refused.affected.status == "not_derivable"
    assert refused.affected.needs is not None
    assert refused.tier == 4
    assert refused.attempts_share is not None
    assert refused.attempts_share.value == pytest.approx(0.5, abs=0.02)
    assert refused.retry_range is not None
    low, high = refused.retry_range
    assert high == refused.attempts_share.value
    assert low == pytest.approx(0.5 / (0.5 + 8 * 0.5), abs=0.01)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"has_reasons": False}, "no reason"),
        ({"unclassified": ("weird_code",)}, "weird_code"),
    ],
)
def test_what_cannot_be_classified_is_refused_by_name(
    window: Window, change: dict[str, object], reason: str
) -> None:
    given = attempts([(ONSET + 600, 1, UNCLASSIFIED), (ONSET + 700, 2, SUCCESS)])
    refused = share(replace(given, **change), window)  # type: ignore[arg-type]
    assert refused.affected.value is None
    assert reason in (refused.affected.reason or "")


def test_attempts_of_another_day_say_nothing(window: Window) -> None:
    refused = share(attempts([(ONSET - DAY, 1, SUCCESS)]), window)
    assert "do not reach" in (refused.affected.reason or "")
