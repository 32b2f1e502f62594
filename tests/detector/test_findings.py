"""Findings against causes that were put in: leads, labels that carry an excess, error budgets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.lab.causes import CAUSES, INPUTS, judged
from benchmarks.lab.people import Habits, Harm, world
from detector.budget import Objective, budget_burnt
from detector.detect import detect
from detector.estimate import Estimate
from detector.findings.carrying import Breakdown, by_reason, carrying, inside_of
from detector.findings.crowd import Crowd
from detector.findings.findings import judge
from detector.findings.forecast import against, comparables, of_series
from detector.findings.leads import leads
from detector.findings.model import Ratio
from detector.findings.splits import splits
from detector.results import Finding
from detector.series import Levels
from tests.detector.simulated import DAY, EPOCH, counts
from tests.detector.users.made import DONE, END, ONSET, SYSTEM, USER, attempts, window

USUAL = Ratio(1.0, 0.93, 1.08)
MORE, MUCH = Ratio(1.7, 1.6, 1.8), Ratio(4.0, 3.6, 4.4)
OPEN = Ratio(1.4, 0.9, 2.1)


def verdicts(seen: Crowd) -> dict[str, str]:
    return {found.id: found.verdict for found in leads(seen, window())}


def test_incidents_of_known_cause_are_never_wrongly_supported() -> None:
    cases = [case for seed in range(len(CAUSES) * len(INPUTS)) for case in judged(seed)]
    assert len(cases) > 100
    for case in cases:
        if case.truth is not None and case.verdict != "not_assessable":
            assert case.verdict == ("supported" if case.truth else "not_supported"), case
    known = [c for c in cases if c.given == "ids and history" and c.finding == "retry_storm"]
    assert {c.verdict for c in known} >= {"supported", "not_supported"}


@pytest.mark.parametrize(
    ("seen", "flood", "storm"),
    [
        (Crowd(), "not_assessable", "not_assessable"),
        (Crowd(USUAL), "not_supported", "not_supported"),
        (Crowd(MORE), "not_assessable", "not_assessable"),
        (Crowd(OPEN, USUAL, tries=MORE), "not_supported", "not_assessable"),
        (Crowd(MORE, USUAL, tries=MORE), "not_supported", "supported"),
        (Crowd(MUCH, MUCH, tries=USUAL), "not_assessable", "not_assessable"),
        (
            Crowd(MUCH, MUCH, tries=Ratio(0.9, 0.88, 0.92), new_sources=0.8, usual_new=0.05),
            "supported",
            "not_supported",
        ),
        (
            Crowd(MUCH, MUCH, tries=Ratio(0.9, 0.88, 0.92), new_sources=0.06, usual_new=0.05),
            "not_supported",
            "not_supported",
        ),
    ],
)
def test_who_came_decides_between_flood_and_storm(seen: Crowd, flood: str, storm: str) -> None:
    found = verdicts(seen)
    assert (found["flood_from_new_sources"], found["retry_storm"]) == (flood, storm)


def test_attempts_that_cannot_be_right_have_no_say() -> None:
    made = world(Harm(4.0, share=0.4), Habits(a_day=3.0), np.random.default_rng(3))
    found = detect(made.counters())
    some = made.attempts.at(np.arange(len(made.attempts.user)) % 20 == 0)
    told = judge(some, found.windows[0], found).findings
    assert told == judge(None, found.windows[0], found).findings
    assert told != judge(made.attempts, found.windows[0], found).findings


@pytest.mark.parametrize(
    ("names", "seen", "verdict"),
    [
        (None, 0, "not_assessable"),
        (USUAL, 400, "not_supported"),
        (MUCH, 400, "supported"),
        (MUCH, 20, "not_supported"),
        (Ratio(2.2, 1.5, 3.0), 400, "not_assessable"),
    ],
)
def test_names_that_never_succeed_decide_stuffing(
    names: Ratio | None, seen: int, verdict: str
) -> None:
    found = verdicts(Crowd(USUAL, strangers=names, strangers_seen=seen))
    assert found["credential_stuffing"] == verdict


def test_lost_traffic_is_what_the_detector_or_comparable_days_say() -> None:
    assert verdicts(Crowd(Ratio(0.5, 0.45, 0.55)))["traffic_loss"] == "supported"
    assert verdicts(Crowd(USUAL))["traffic_loss"] == "not_supported"
    assert verdicts(Crowd(Ratio(0.8, 0.6, 1.1)))["traffic_loss"] == "not_assessable"
    lost = replace(window(), kind="traffic_loss")
    found = {one.id: one.verdict for one in leads(Crowd(), lost)}
    assert found["traffic_loss"] == "supported"


def test_comparable_hours_are_of_weeks_if_there_are_three_and_meet_no_outage() -> None:
    span, extent = (30 * DAY, 30 * DAY + 3600), (0.0, 60 * DAY)
    weeks = comparables(span, extent, [])
    assert [round(start / DAY) for start, _ in weeks[:4]] == [23, 37, 16, 44]
    spoilt = comparables(span, extent, [(16 * DAY, 16.5 * DAY)])
    assert all(round(start / DAY) != 16 for start, _ in spoilt)
    days = comparables(span, (25 * DAY, 35 * DAY), [])
    assert [round(start / DAY) for start, _ in days[:3]] == [29, 31, 28]


def test_what_was_expected_is_expected() -> None:
    series = counts(4)
    amount = of_series(series, series.attempts)
    span = (EPOCH + 15 * DAY + 600.0, EPOCH + 15 * DAY + 7300.0)
    ratio = against(amount, span, comparables(span, (EPOCH, EPOCH + 21 * DAY), []))
    assert ratio is not None
    assert ratio.low <= 1.0 <= ratio.high
    assert ratio.high < 1.25
    assert amount((EPOCH - DAY, EPOCH + 600.0)) is None
    assert against(amount, span, [(EPOCH, EPOCH + 6700.0)]) is None


def split(extra: tuple[float, ...], seed: int = 1) -> Breakdown:
    """Ten days of errors by region in bins of 300 s; `extra` errors a bin each in the window."""
    rng = np.random.default_rng(seed)
    start = EPOCH + 300.0 * np.arange(int(10 * DAY / 300))
    inside = (start >= ONSET) & (start < END)
    errors = np.array([rng.poisson(3.0 + more * inside) for more in extra], dtype=float)
    names = tuple(f"r{i}" for i in range(len(extra)))
    tried = rng.poisson(100, (len(extra), len(start))).astype(float)
    return Breakdown("region", "region", names, start, 300.0, tried, errors)


def verdict(given: Breakdown | None) -> Finding:
    found = carrying([] if given is None else [given], window(), [(ONSET, END)])
    return next(one for one in found if one.id == "one_region_carries_the_excess")


def test_a_region_that_has_all_the_excess_carries_it() -> None:
    found = verdict(split((0.0, 60.0, 0.0)))
    assert found.verdict == "supported"
    assert found.evidence["value"] == "r1"
    assert verdict(split((40.0, 40.0, 40.0))).verdict == "not_supported"


def test_what_one_region_alone_or_no_excess_tells() -> None:
    assert verdict(None).verdict == "not_assessable"
    assert verdict(split((60.0,))).verdict == "not_assessable"
    assert verdict(split((0.0, 0.0))).verdict == "not_assessable"
    big = split((0.0, 60.0))
    lopsided = replace(big, attempts=big.attempts * np.array([[0.1], [2.0]]))
    assert verdict(lopsided).verdict == "not_assessable"
    young = replace(
        big,
        start=big.start[-300:],
        attempts=big.attempts[:, -300:],
        errors=big.errors[:, -300:],
    )
    assert carrying([young], window(), [(EPOCH, END + DAY)])[2].verdict == "not_assessable"
    with pytest.raises(ValueError, match="a row of errors"):
        replace(big, errors=big.errors[:1])


def test_reasons_come_from_attempts_where_counters_have_none() -> None:
    rng = np.random.default_rng(2)
    when = EPOCH + rng.uniform(8 * DAY, 10 * DAY, 60_000)
    inside = (when >= ONSET) & (when < END)
    luck = rng.random(len(when))
    outcome = np.where(inside & (luck < 0.4), SYSTEM, np.where(luck > 0.95, USER, DONE))
    rows = list(zip(when.tolist(), range(len(when)), outcome.tolist(), strict=True))
    given = by_reason(attempts(rows))
    assert given is not None
    assert set(given.values) == {"backend", "bad_password"}
    assert given.errors.sum() == (outcome != DONE).sum()
    found = carrying([given], window(), [(ONSET, END)])[0]
    assert (found.verdict, found.evidence["value"]) == ("supported", "backend")
    assert by_reason(attempts([(ONSET, 1, DONE)])) is None


def test_the_budget_burnt_is_the_excess_over_what_is_allowed() -> None:
    objective = Objective(0.95, 9 * DAY)
    series = counts(3, outages=((ONSET, END, 0.5),))
    own = detect(series).windows[0]
    burnt = budget_burnt(series, own, objective)
    inside = (series.start >= own.until - 9 * DAY) & (series.start < own.until)
    allowed = 0.05 * series.attempts[inside].sum()
    assert own.excess_errors.value is not None
    assert burnt.value == pytest.approx(own.excess_errors.value / allowed, rel=0.02)
    assert burnt.low is not None
    assert burnt.high is not None
    assert burnt.low <= burnt.value <= burnt.high


def test_a_budget_of_thirty_days_from_nine_says_so_and_is_wider() -> None:
    series = counts(3, outages=((ONSET, END, 0.5),))
    own = detect(series).windows[0]
    short, long = (budget_burnt(series, own, Objective(0.95, n * DAY)) for n in (9, 30))
    assert "9.0 days have data" in long.method
    assert short.value is not None
    assert long.value == pytest.approx(short.value * 9 / 30, rel=0.05)

    def width(found: Estimate) -> float:
        assert found.low is not None
        assert found.high is not None
        assert found.value is not None
        return (found.high - found.low) / found.value

    assert width(long) > width(short)


def test_a_budget_needs_attempts_and_two_days() -> None:
    series = counts(3, outages=((ONSET, END, 0.5),))
    own = detect(series).windows[0]
    ratio = series.errors / np.maximum(series.attempts, 1.0)
    levels = Levels(series.start, series.end, ratio, series.step, "ratio")
    assert budget_burnt(levels, own, Objective(0.95, 9 * DAY)).status == "not_derivable"
    early = replace(own, end=replace(own.end, value=EPOCH + DAY))
    assert budget_burnt(series, early, Objective(0.95, 30 * DAY)).status == "not_derivable"


def test_errors_by_label_are_the_sums_over_the_window() -> None:
    given = split((0.0, 60.0, 5.0))
    (found,) = splits([given], window(), [(ONSET, END)])
    assert [one.value for one in found.values] == ["r1", "r2", "r0"]
    for one in found.values:
        row = given.errors[given.values.index(one.value)]
        slow = sum(
            errors * max(min(start + 300.0, END) - max(start, ONSET), 0.0) / 300.0
            for start, errors in zip(given.start, row, strict=True)
        )
        assert one.errors == pytest.approx(slow)
        assert one.expected == pytest.approx(3.0 * (END - ONSET) / 300.0, rel=0.2)
    shares = [one.share.value for one in found.values]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1.0, abs=0.02)


def test_of_many_values_those_with_the_most_are_listed_and_the_rest_is_summed() -> None:
    given = split(tuple(float(n) for n in range(14)))
    (found,) = splits([given], window(), [(ONSET, END)])
    assert (len(found.values), found.others) == (10, 4)
    inside = inside_of(given, window())
    listed = sum(one.errors for one in found.values)
    assert listed + found.other_errors == pytest.approx((given.errors * inside).sum())


def test_without_normal_running_errors_are_counted_and_nothing_is_expected() -> None:
    (found,) = splits([split((0.0, 60.0))], window(), [(EPOCH, EPOCH + 11 * DAY)])
    assert [one.value for one in found.values] == ["r1", "r0"]
    assert all(one.expected is None and one.share.status == "not_derivable" for one in found.values)
    assert splits([], window(), []) == ()
