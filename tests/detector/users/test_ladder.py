"""Which tier answers, what is refused and why, and that bad input never gets a confident number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.lab.people import Habits, Harm, World, world
from detector.detect import detect
from detector.estimate import Estimate
from detector.model import Detection
from detector.results import UserShare, Window
from detector.series import Levels
from detector.users import UserAttempts
from detector.users.ladder import share
from detector.users.weeks import earlier_weeks
from tests.detector.simulated import DAY

from .made import DONE, ONSET, SYSTEM, attempts, detection, window

WEEK = 7 * DAY


@pytest.fixture(scope="module")
def made() -> World:
    return world(Harm(4.0, share=0.25), Habits(a_day=3.0), np.random.default_rng(3))


def exact(made: World) -> tuple[Window, Detection]:
    """The window as it truly was, in what the detector found in the counters."""
    found = detect(made.counters())
    start, end = (Estimate.exact(one, "time", "set") for one in (made.start, made.end))
    seconds = Estimate.exact(made.end - made.start, "seconds", "set")
    own = replace(found.windows[0], start=start, end=end, duration_seconds=seconds)
    return own, replace(found, windows=(own,))


def answer(made: World, tried: UserAttempts | None, registered: int | None = None) -> UserShare:
    return share(tried, *exact(made), registered)


def test_ids_and_reasons_are_counted_to_the_user(made: World) -> None:
    found = answer(made, made.attempts, registered=20_000)
    assert found.tier == 1
    assert found.affected.value == made.share
    assert found.hit_users.value == made.hit
    assert found.blocked_users.value == made.blocked
    assert found.needs is None
    assert found.expected_active.value == pytest.approx(made.active, rel=0.15)
    assert found.share_of_registered.value == pytest.approx(made.hit / 20_000)
    assert found.share_of_registered.low is not None
    assert found.share_of_expected_active.value == pytest.approx(made.share, abs=0.05)


def test_ids_alone_are_corrected_by_earlier_weeks(made: World) -> None:
    found = answer(made, made.without_reasons())
    assert found.tier == 2
    assert found.affected.value == pytest.approx(made.share, abs=0.03)
    assert found.affected.low is not None
    assert found.affected.high is not None
    assert found.affected.low <= made.share <= found.affected.high
    assert found.needs == "the reason of each failure"
    assert found.experience == "blocked"
    assert found.user_minutes_observed.status == "not_derivable"


def test_ids_alone_without_earlier_weeks_leave_what_counters_tell(made: World) -> None:
    own = made.without_reasons()
    near = own.at(own.between(made.start - 3600, made.end + 3600))
    found = answer(made, near)
    assert found.tier == 3
    assert found.affected.value is None
    assert found.affected.low is not None
    assert found.affected.high is not None
    # One outage of forty has its truth just below the low end; this one nearly is.
    assert found.affected.low - 0.01 <= made.share <= found.affected.high < 0.5


def test_counters_alone_bound_from_below(made: World) -> None:
    found = answer(made, None)
    assert found.tier == 3
    assert found.affected.status == "estimated"
    assert found.affected.value is None
    assert found.affected.high == 1.0
    assert found.affected.low is not None
    assert 0.1 < found.affected.low <= made.share + 0.01
    assert found.hit_users.status == "not_derivable"
    assert found.share_of_registered.status == "not_derivable"


def test_without_two_earlier_weeks_counters_tell_no_share() -> None:
    young = world(Harm(4.0, share=0.25), Habits(a_day=6.0, weeks=1), np.random.default_rng(4))
    found = answer(young, None)
    assert found.tier == 4
    assert found.affected.status == "not_derivable"
    assert found.attempts_share is not None
    assert found.retry_range is not None
    low, high = found.retry_range
    assert high == found.attempts_share.value
    assert low == pytest.approx(high / (high + 8 * (1 - high)))


def test_ids_without_a_past_bound_it_from_above() -> None:
    young = world(Harm(4.0, share=0.25), Habits(a_day=6.0, weeks=1), np.random.default_rng(4))
    own = young.without_reasons()
    found = answer(young, own.at(own.between(young.start - 3600, young.end + 3600)))
    assert found.tier == 3
    assert found.affected.low == 0.0
    assert found.affected.high is not None
    assert young.share <= found.affected.high < 0.5
    assert found.hit_users.status == "not_derivable"


def test_an_error_ratio_alone_is_always_refused(made: World) -> None:
    counts = made.counters()
    ratio = counts.errors / np.maximum(counts.attempts, 1.0)
    series = Levels(counts.start, counts.end, ratio, counts.step, "ratio")
    found = detect(series)
    for one in found.windows:
        refused = share(None, one, found)
        assert refused.affected.status == "not_derivable"
        assert refused.tier is None
        assert refused.attempts_share is None


def test_names_that_never_succeed_are_nobody() -> None:
    rng = np.random.default_rng(8)
    made = world(Harm(2.0, share=0.45, foreign=1500), Habits(a_day=3.0), rng)
    found = answer(made, made.without_reasons())
    assert found.tier == 2
    assert found.affected.value == pytest.approx(made.share, abs=0.04)
    assert answer(made, made.attempts).affected.value == made.share


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda own: replace(own, user=np.full_like(own.user, 7)), "carry the same user id"),
        (
            lambda own: replace(own, outcome=(own.outcome == 0).astype(np.uint16)),
            "are their outcomes reversed",
        ),
        (lambda own: own.at(np.arange(len(own.user)) % 20 == 0), "a sample of attempts tells no"),
        (lambda own: own.at(own.first < own.first.min() + WEEK), "do not reach into the window"),
    ],
)
def test_attempts_that_cannot_be_right_are_not_counted(made: World, spoil, reason: str) -> None:  # type: ignore[no-untyped-def]
    for own in (made.attempts, made.without_reasons()):
        found = answer(made, spoil(own))
        assert found.tier in (3, 4)
        assert found.affected.value is None
        assert reason in (found.hit_users.reason or ""), "a range says why nobody was counted"
        told = share(spoil(own), *_young(made))
        assert told.tier == 4
        assert reason in (told.affected.reason or "")


def _young(made: World) -> tuple[Window, Detection]:
    """The same window where no earlier week is known, so that the refusal shows its reason."""
    own, found = exact(made)
    kept = found.series.start > made.start - 5 * DAY
    series = found.series
    cut = replace(
        series,
        **{name: getattr(series, name)[kept] for name in ("start", "end", "attempts", "errors")},  # type: ignore[arg-type]
        cell=series.cell[kept],  # type: ignore[union-attr]
    )
    return own, replace(found, series=cut)


def test_reversed_outcomes_show_in_the_window_too() -> None:
    mostly = world(Harm(4.0, share=0.9), Habits(a_day=3.0), np.random.default_rng(5))
    inside = mostly.attempts.at(mostly.attempts.between(mostly.start, mostly.end))
    swapped = replace(inside, outcome=np.where(inside.outcome == 0, 2, 0).astype(np.uint16))
    assert answer(mostly, inside).affected.value == mostly.share
    refused = answer(mostly, swapped)
    assert refused.affected.value is None
    assert "are their outcomes reversed" in (refused.hit_users.reason or "")


def test_nobody_served_or_failed_is_said() -> None:
    rows = [(ONSET + 60.0 * i, i, 2) for i in range(50)]
    quiet = replace(window(), attempts=Estimate.exact(50.0, "attempts", "set"))
    found = share(attempts(rows), quiet, detection(quiet))
    assert found.affected.status == "not_derivable"
    assert "nobody in the window" in (found.affected.reason or "")


def test_few_attempts_are_enough_where_they_are_all() -> None:
    rows = [(ONSET + 60.0, 1, SYSTEM), (ONSET + 70.0, 2, DONE)]
    two = replace(window(), attempts=Estimate.exact(2.0, "attempts", "set"))
    assert share(attempts(rows), two, detection(two)).affected.value == 0.5


def test_earlier_weeks_leave_out_those_with_an_outage() -> None:
    span = (10 * WEEK, 10 * WEEK + 3600)
    outage = (9 * WEEK + 1800, 9 * WEEK + 2000)
    found = earlier_weeks(span, 6.5 * WEEK, [outage])
    assert [round(start / WEEK) for start, _ in found] == [8, 7]
    long = (10 * WEEK, 11.5 * WEEK)
    first = earlier_weeks(long, 0.0, [])[0]
    assert first[1] <= long[0]
