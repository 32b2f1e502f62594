"""Windows between edges that people propose, against what was found and against plain sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.lab.people import Habits, Harm, world
from detector.basis import Basis, basis_in, basis_of, dispersion
from detector.between import measured_between, measured_in, proposed, replacing, unmeasured
from detector.budget import Objective, budget_burnt
from detector.cells import Cells
from detector.detect import detect
from detector.model import Detection
from detector.results import Window
from detector.series import Counts, Levels
from detector.users.ladder import share
from tests.detector.simulated import DAY, EPOCH, counts

ONSET, END = EPOCH + 9 * DAY + 1000.0, EPOCH + 9 * DAY + 8000.0
LATER = EPOCH + 16 * DAY
COUNTED = ("attempts", "errors", "excess_errors", "error_ratio", "baseline_error_ratio")
MEASURED = (*COUNTED, "peak_error_ratio")


def targets(seed: int) -> Counts:
    """Two targets scraped at different offsets: two observations a cell."""
    one = counts(seed, step=60, mean=60, outages=((ONSET, END, 0.3),))
    two = counts(seed + 1, step=60, mean=30, outages=((ONSET, END, 0.3),))
    both = [
        np.stack([getattr(one, f), getattr(two, f) + (17 if f in ("start", "end") else 0)], 1)
        for f in ("start", "end", "attempts", "errors")
    ]
    return Counts(*(b.ravel() for b in both), np.repeat(one.cell, 2), 60.0)


FOUND = {
    "minutes": detect(counts(1, step=60, dispersion=0.002, outages=((ONSET, END, 0.3),))),
    "five minutes": detect(counts(2, outages=((ONSET, END, 0.2), (LATER, LATER + 5000, 0.6)))),
    "two targets": detect(targets(3)),
    "until now": detect(counts(4, days=14, outages=((EPOCH + 13.9 * DAY, EPOCH + 15 * DAY, 0.5),))),
}


def cells_of(found: Detection) -> Cells:
    assert found.cells is not None
    return found.cells


def slow(cells: Cells, start: float, end: float) -> tuple[float, float, float]:
    """Attempts, errors and expected errors of [start, end), a cell at a time, an observation each.

    A cell that an edge cuts has had its usual errors outside, if it has had that many.
    """
    attempts = errors = expected = 0.0
    for i in range(len(cells.start)):
        length = cells.end[i] - cells.start[i]
        inside = (min(cells.end[i], end) - max(cells.start[i], start)) / length
        if inside <= 0:
            continue
        n, k, p = cells.attempts[i], cells.errors[i], cells.expected[i]
        attempts += n * inside
        expected += n * inside * p
        errors += min(max(k - p * n * (1 - inside), 0.0), n * inside)
    return attempts, errors, expected


@pytest.mark.parametrize("name", FOUND)
def test_at_the_edges_that_were_found_it_is_what_was_found(name: str) -> None:
    found = FOUND[name]
    for window in found.windows:
        end = window.end.value
        again = measured_between(found, window.onset, end)
        assert (again.status, again.kind, again.as_of) == (
            window.status, window.kind, window.as_of,
        )  # fmt: skip
        assert again.duration_seconds.value == pytest.approx(window.duration_seconds.value)
        for field in MEASURED:
            ours, theirs = getattr(again, field), getattr(window, field)
            assert ours.value == pytest.approx(theirs.value), field
            assert theirs.low - 1e-9 <= ours.low <= ours.value <= ours.high <= theirs.high + 1e-9
        assert again.start.status == "declared"
        assert again.start.low == again.start.high == window.onset
        kept = measured_between(found, window.start, None if end is None else window.end)
        assert (kept.start, kept.end) == (window.start, window.end)
        if end is None:
            assert kept.duration_seconds == window.duration_seconds
            assert kept.provisional_end == window.provisional_end
        assert kept.attempts.low == pytest.approx(window.attempts.low)
        assert kept.error_ratio.high == pytest.approx(window.error_ratio.high)


@settings(max_examples=60)
@given(
    st.sampled_from(["minutes", "five minutes"]),
    st.floats(8.9, 9.3),
    st.floats(0.001, 0.4),
)
def test_the_sums_are_those_of_a_slow_loop(name: str, day: float, lasting: float) -> None:
    found = FOUND[name]
    start, end = EPOCH + day * DAY, EPOCH + (day + lasting) * DAY
    window = measured_between(found, start, end)
    near = found.between(start - 900, end + 900)
    assert near is not None
    attempts, errors, expected = slow(near, start, end)
    assert window.attempts.value == pytest.approx(attempts)
    assert window.errors.value == pytest.approx(errors, abs=1e-6)
    assert window.excess_errors.value == pytest.approx(errors - expected, abs=1e-6)
    if attempts:
        assert window.error_ratio.value == pytest.approx(errors / attempts)
    assert window.duration_seconds == replace(
        proposed(end - start), unit="seconds", method=window.duration_seconds.method
    )
    assert window.attempts.low == window.attempts.value == window.attempts.high
    assert len(window.phases) == 1
    assert window.impaired_seconds == window.duration_seconds


@settings(max_examples=40)
@given(
    st.sampled_from(["minutes", "five minutes"]),
    st.floats(8.7, 9.3),
    st.floats(0.001, 0.4),
)
def test_cells_alone_tell_what_all_the_data_tell(name: str, day: float, lasting: float) -> None:
    found = FOUND[name]
    start, end = EPOCH + day * DAY, EPOCH + (day + lasting) * DAY
    kept = found.between(EPOCH + 8 * DAY, EPOCH + 11 * DAY)
    assert kept is not None
    ours = measured_in(basis_in(kept, "counts"), start, end)
    theirs = measured_between(found, start, end)
    for field in MEASURED:
        a, b = getattr(ours, field), getattr(theirs, field)
        assert [a.value, a.low, a.high] == pytest.approx([b.value, b.low, b.high]), field


def test_the_usual_band_tells_the_overdispersion() -> None:
    for name in ("minutes", "five minutes", "two targets"):
        found = FOUND[name]
        assert found.evidence is not None
        assert dispersion(cells_of(found)) == pytest.approx(found.evidence.rho, abs=1e-9)
    quiet = found.between(0.0, 1.0)
    assert quiet is not None
    assert dispersion(quiet) == 0.0


@pytest.mark.parametrize("quantity", ["ratio", "level"])
def test_without_attempts_it_says_what_it_says_of_windows(quantity: str) -> None:
    rng = np.random.default_rng(5)
    value = np.minimum(rng.gamma(4.0, 0.005, 4000), 1.0)
    value[1500:1700] = np.minimum(value[1500:1700] + 0.3, 1.0)
    start = EPOCH + 60.0 * np.arange(4000)
    found = detect(Levels(start, start + 60, value, 60.0, quantity))  # type: ignore[arg-type]
    (window,) = found.windows
    bases = (basis_in(cells_of(found), quantity), basis_of(found.evidence))  # type: ignore[arg-type]
    for basis in bases:
        again = measured_in(basis, window.onset, window.until, "errors")
        for field in MEASURED:
            ours, theirs = getattr(again, field), getattr(window, field)
            assert ours.value == (None if theirs.value is None else pytest.approx(theirs.value))
            assert ours.reason == theirs.reason


@settings(max_examples=60)
@given(st.floats(-3, 25), st.floats(-3, 25))
def test_it_is_refused_or_whole(one: float, other: float) -> None:
    found = FOUND["five minutes"]
    start, end = EPOCH + one * DAY, EPOCH + other * DAY
    if start >= end or end <= EPOCH or start >= EPOCH + 21 * DAY:
        with pytest.raises(ValueError, match=r"after the start|no data"):
            measured_between(found, start, end)
        return
    window = measured_between(found, start, end)
    part = start < EPOCH - 300 or end > EPOCH + 21 * DAY + 300
    assert (window.attempts.value is None) == part
    assert (window.peak_error_ratio.status == "not_derivable") == part
    assert window.duration_seconds.value == pytest.approx(end - start)
    if part:
        assert "data at hand" in (window.errors.reason or "")


def test_no_data_are_told_as_such() -> None:
    found = FOUND["minutes"]
    with pytest.raises(ValueError, match="do not reach"):
        measured_between(found, EPOCH + 30 * DAY, None)
    series = found.series
    assert isinstance(series, Counts)
    hole = (series.start < ONSET + DAY) | (series.start > ONSET + 2 * DAY)
    kept = {f: getattr(series, f)[hole] for f in ("start", "end", "attempts", "errors", "cell")}
    gap = detect(replace(series, **kept))
    with pytest.raises(ValueError, match="no data of that time"):
        measured_between(gap, ONSET + 1.2 * DAY, ONSET + 1.5 * DAY)
    assert measured_between(gap, ONSET + 0.9 * DAY, ONSET + 1.5 * DAY).attempts.value
    few = detect(counts(1, days=0.05))
    assert few.not_assessed
    with pytest.raises(ValueError, match="too little data"):
        measured_between(few, EPOCH, EPOCH + 60)


def test_without_data_the_edges_are_told_alone() -> None:
    window = unmeasured(ONSET, END, END + 60, "nobody kept them")
    assert window.duration_seconds.value == END - ONSET
    assert window.errors.reason == "nobody kept them"
    ongoing = unmeasured(ONSET, None, END, "nobody kept them")
    assert (ongoing.status, ongoing.until) == ("ongoing", END)
    with pytest.raises(ValueError, match="after the start"):
        unmeasured(END, END, END, "nobody kept them")


def test_it_takes_the_place_of_what_it_overlaps() -> None:
    found = FOUND["five minutes"]
    first, second = found.windows
    beside = measured_between(found, first.onset + 600, first.until - 600)
    there = replacing(found, beside)
    assert [one is beside for one in there.windows] == [True, False]
    assert there.windows[1] is second
    assert there.replaced == (first,)
    across = replacing(found, measured_between(found, first.onset, second.onset + 60))
    assert len(across.windows) == 1
    assert across.replaced == (first, second)
    quiet = measured_between(found, EPOCH + 3 * DAY, EPOCH + 3 * DAY + 600)
    assert replacing(found, quiet).windows == (quiet, first, second)
    assert quiet.kind == "errors"
    moved = replacing(found, quiet, first)
    assert (moved.windows, moved.replaced) == ((quiet, second), (first,))


@pytest.mark.parametrize("shift", [0.0, 600.0, -600.0])
def test_the_users_hit_between_its_edges_are_counted(shift: float) -> None:
    made = world(Harm(4.0, share=0.25), Habits(a_day=3.0), np.random.default_rng(3))
    found = detect(made.counters())
    (own,) = found.windows
    window = measured_between(found, own.onset + shift, own.until)
    there = replacing(found, window)
    tier_one = share(made.attempts, window, there)
    assert tier_one.tier == 1
    inside = made.attempts.between(window.onset, window.until)
    system = inside & made.attempts.blamed("system")
    hit = len(np.unique(made.attempts.user[system]))
    assert tier_one.hit_users.value == hit
    assert tier_one.affected.low == tier_one.affected.high
    ids = share(made.without_reasons(), window, there)
    assert ids.tier == 2
    counters = share(None, window, there)
    measured = share(None, own, found)
    assert counters.tier == measured.tier == 3
    assert counters.affected.low == pytest.approx(measured.affected.low, abs=0.1)


def test_a_wider_one_burns_no_less_of_the_budget() -> None:
    found = FOUND["minutes"]
    (own,) = found.windows
    objective = Objective(0.999, 14 * DAY)

    def burnt(window: Window) -> float:
        value = budget_burnt(found.series, window, objective).value
        assert value is not None
        return value

    at = burnt(measured_between(found, own.onset, own.until))
    assert at == pytest.approx(burnt(own))
    assert burnt(measured_between(found, own.onset + 1800, own.until)) < 0.9 * at
    early = measured_between(found, EPOCH - DAY, own.until)
    refused = budget_burnt(found.series, early, objective)
    assert refused.reason == "the data at hand begin after the start"


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(9.0, 9.09), st.floats(0.01, 0.2))
def test_of_any_series_the_parts_add_up(seed: int, day: float, lasting: float) -> None:
    found = detect(counts(seed, days=12, step=300, mean=80, outages=((ONSET, END, 0.4),)))
    assume(found.evidence is not None)
    start, end = EPOCH + day * DAY, EPOCH + (day + lasting) * DAY
    middle = EPOCH + 300 * round((start + end - 2 * EPOCH) / 600)  # no interval is cut in two
    assume(start < middle < end)
    whole = measured_between(found, start, end)
    parts = [measured_between(found, start, middle), measured_between(found, middle, end)]
    for field in ("attempts", "errors", "excess_errors"):
        values = [getattr(one, field).value for one in parts]
        assert getattr(whole, field).value == pytest.approx(sum(values), abs=1e-6)


def test_a_basis_is_cut_like_any_other() -> None:
    whole: Basis = basis_in(cells_of(FOUND["minutes"]), "counts")
    part = whole.near(ONSET, ONSET + 600)
    assert 10 <= part.grid.size <= 16
