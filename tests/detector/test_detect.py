"""Windows end to end on simulated counts: what must be found, and how exactly it is told."""

from __future__ import annotations

import numpy as np
import pytest

from detector.detect import detect
from detector.estimate import Estimate
from detector.model import Options
from detector.results import Window
from detector.series import Counts, table
from tests.detector.simulated import DAY, EPOCH, counts

ONSET = EPOCH + 9 * DAY + 10_000.0


def only(series: Counts, options: Options | None = None) -> Window:
    windows = detect(series, options).windows
    assert len(windows) == 1
    return windows[0]


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


def off(estimate: Estimate, truth: float) -> float:
    assert estimate.value is not None
    return abs(estimate.value - truth)


@pytest.mark.parametrize(
    ("step", "mean", "extra", "hours"),
    [(60, 60, 0.3, 2), (300, 200, 0.1, 3), (15, 20, 0.6, 0.5), (300, 20, 0.5, 91)],
)
def test_both_edges_are_found_and_held_by_their_intervals(
    step: float, mean: float, extra: float, hours: float
) -> None:
    held = 0
    for seed in range(6):
        start = ONSET + 777.7 * seed
        end = start + hours * 3600
        series = counts(
            seed, step=step, mean=mean, outages=((start, end, extra),), dispersion=0.002
        )
        window = only(series)
        held += holds(window.start, start) + holds(window.end, end)
        assert off(window.start, start) <= 2 * step
        assert off(window.end, end) <= 2 * step
        assert window.status == "closed"
        assert window.pattern == "continuous"
    assert held >= 10  # 12 edges at 95 %: fewer than 10 has a chance of 2 %


def test_the_outage_does_not_become_the_baseline() -> None:
    whole = counts(3, outages=((ONSET, ONSET + 91 * 3600, 0.3),), mean=60, step=60)
    for hours in (12, 48, 91):
        until = int((ONSET - EPOCH + hours * 3600) / 60)
        part = table(whole.start[:until], 60.0, whole.attempts[:until], whole.errors[:until])
        window = only(part)
        assert off(window.start, ONSET) < 60
        assert window.status == "ongoing"
        assert window.end.status == "not_derivable"
        assert window.baseline_error_ratio.value == pytest.approx(0.03, abs=0.005)


def test_an_ended_window_is_provisional_until_the_quiet_is_certain() -> None:
    end = EPOCH + 5 * DAY
    whole = counts(4, outages=((end - 7200, end, 0.1),), mean=10, step=60, days=6)

    def until(seconds: float) -> Window:
        n = int((end - EPOCH + seconds) / 60)
        return only(table(whole.start[:n], 60.0, whole.attempts[:n], whole.errors[:n]))

    early, late = until(600), until(7200)
    assert early.status == "ongoing"
    assert early.provisional_end == pytest.approx(end, abs=900)
    assert late.status == "closed"
    assert off(late.end, end) < 900


def test_stretches_join_by_the_gap_rule_and_stay_as_phases() -> None:
    outages = ((ONSET, ONSET + 1800, 0.4), (ONSET + 2400, ONSET + 4200, 0.4))
    series = counts(5, outages=outages, step=60)
    window = only(series)
    assert window.pattern == "phased"
    assert [round((p.end - p.start) / 60) for p in window.phases] == [30, 30]
    assert off(window.duration_seconds, 4200) < 60
    assert off(window.impaired_seconds, 3600) < 90
    apart = detect(series, Options(join_gap=300.0)).windows
    assert [w.pattern for w in apart] == ["continuous", "continuous"]


def test_a_short_stretch_is_a_blip() -> None:
    found = detect(counts(6, step=15, outages=((ONSET, ONSET + 60, 0.9),)))
    assert found.windows == ()
    assert len(found.blips) == 1
    assert found.blips[0].start == pytest.approx(ONSET, abs=15)
    longer = detect(
        counts(6, step=15, outages=((ONSET, ONSET + 60, 0.9),)), Options(min_duration=30)
    )
    assert len(longer.windows) == 1


def test_missing_scrapes_are_no_recovery_and_nothing_is_imputed() -> None:
    whole = counts(7, step=60, outages=((ONSET, ONSET + 7200, 0.4),))
    rng = np.random.default_rng(7)
    keep = rng.random(len(whole.start)) > 0.3
    keep &= ~((whole.start > ONSET + 3000) & (whole.start < ONSET + 5000))
    series = Counts(
        whole.start[keep],
        whole.end[keep],
        whole.attempts[keep],
        whole.errors[keep],
        np.arange(keep.sum()),
        60.0,
    )
    window = only(series)
    assert window.pattern == "continuous"
    assert off(window.start, ONSET) < 180
    assert off(window.end, ONSET + 7200) < 180
    assert window.attempts.value == pytest.approx(
        whole.attempts[keep & (whole.start > ONSET) & (whole.end < ONSET + 7200)].sum(), rel=0.05
    )


def test_counts_of_the_window_are_those_of_its_rows() -> None:
    start, end = EPOCH + 9 * DAY, EPOCH + 9 * DAY + 3600
    series = counts(8, step=60, outages=((start, end, 0.5),))
    window = only(series)
    rows = (series.start >= start) & (series.end <= end)
    assert window.attempts.value == pytest.approx(series.attempts[rows].sum(), rel=0.01)
    assert window.errors.value == pytest.approx(series.errors[rows].sum(), rel=0.01)
    assert window.error_ratio.value == pytest.approx(0.515, abs=0.02)
    assert window.excess_errors.value is not None
    assert holds(window.excess_errors, window.errors.value - 0.0387 * window.attempts.value)


def test_data_that_begin_inside_the_outage_say_so() -> None:
    whole = counts(9, step=60, outages=((ONSET, ONSET + 7200, 0.5),))
    keep = whole.start > ONSET + 600
    window = only(table(whole.start[keep], 60.0, whole.attempts[keep], whole.errors[keep]))
    assert "begin inside the outage" in window.start.method


@pytest.mark.parametrize("ratio", [0.0005, 0.03, 0.2])
@pytest.mark.parametrize(("step", "mean"), [(300.0, 3.0), (300.0, 200.0), (60.0, 30.0)])
def test_quiet_weeks_hold_no_window(ratio: float, step: float, mean: float) -> None:
    for seed in range(4):
        for dispersion in (0.0, 0.004, 0.05):
            series = counts(seed, step=step, mean=mean, ratio=ratio, dispersion=dispersion)
            assert detect(series).windows == ()


@pytest.mark.parametrize(("step", "mean"), [(60.0, 150.0), (15.0, 40.0)])
def test_waves_of_wrong_passwords_are_no_outage(step: float, mean: float) -> None:
    # Judged cell by cell alone, most of these weeks would hold a window.
    found = [
        window
        for seed in range(8)
        for window in detect(
            counts(seed, days=7, step=step, mean=mean, ratio=0.04, waves=0.18)
        ).windows
    ]
    assert found == []


def test_an_outage_among_waves_is_found() -> None:
    end = ONSET + 1800
    for seed in range(4):
        series = counts(
            seed, step=60, mean=150, ratio=0.04, waves=0.18, outages=((ONSET, end, 0.3),)
        )
        window = only(series)
        assert off(window.start, ONSET) < 60
        assert off(window.end, end) < 60


def test_a_spike_of_traffic_without_errors_is_no_outage() -> None:
    series = counts(11, step=60)
    spike = (series.start > ONSET) & (series.start < ONSET + 3600)
    more = np.where(spike, series.attempts * 8, series.attempts)
    errors = np.where(spike, series.errors * 8, series.errors)
    rng = np.random.default_rng(11)
    drawn = rng.binomial(more.astype(int), errors.sum() / more.sum())
    calm = table(series.start, 60.0, more, np.where(spike, drawn, series.errors))
    assert detect(calm).windows == ()


def silenced(series: Counts, keep: float, start: float, end: float) -> Counts:
    """The same with a share `keep` of the attempts between `start` and `end`."""
    rng = np.random.default_rng(12)
    inside = (series.start >= start) & (series.start < end)
    left = rng.binomial(series.attempts.astype(int), keep)
    failed = rng.binomial(left, series.errors / np.maximum(series.attempts, 1))
    attempts = np.where(inside, left, series.attempts)
    return table(series.start, series.step, attempts, np.where(inside, failed, series.errors))


@pytest.mark.parametrize("keep", [0.0, 0.1])
def test_attempts_that_stop_while_data_arrives_are_a_loss_of_traffic(keep: float) -> None:
    start, end = ONSET - ONSET % 60, ONSET - ONSET % 60 + 7200
    window = only(silenced(counts(12, step=60), keep, start, end))
    assert window.kind == "traffic_loss"
    assert off(window.start, start) < 60
    assert off(window.end, end) < 60


def test_no_data_is_neither_loss_of_traffic_nor_outage() -> None:
    series = counts(12, step=60)
    keep = (series.start < ONSET) | (series.start > ONSET + 7200)
    left = table(series.start[keep], 60.0, series.attempts[keep], series.errors[keep])
    assert detect(left).windows == ()


def test_a_holiday_and_quiet_weekends_are_no_loss_of_traffic() -> None:
    series = counts(13, days=28, step=60, mean=50)
    day = (series.start - EPOCH) // DAY
    for keep, days in ((0.5, (9,)), (0.25, (5, 6, 12, 13, 19, 20, 26, 27))):
        rng = np.random.default_rng(13)
        quiet = np.isin(day, days)
        attempts = np.where(quiet, rng.binomial(series.attempts.astype(int), keep), series.attempts)
        calm = table(series.start, 60.0, attempts, rng.binomial(attempts.astype(int), 0.03) * 1.0)
        assert detect(calm).windows == ()


def test_too_short_a_history_tells_nothing_of_traffic() -> None:
    series = silenced(counts(12, days=2.5, step=60), 0.0, EPOCH + 2 * DAY, EPOCH + 2.2 * DAY)
    assert detect(series).windows == ()


def test_errors_and_lost_traffic_that_overlap_are_one_window() -> None:
    start = ONSET - ONSET % 60
    series = counts(14, step=60, outages=((start, start + 5400, 0.5),))
    window = only(silenced(series, 0.05, start + 1800, start + 7200))
    assert window.kind == "errors_and_traffic_loss"
    assert off(window.start, start) < 60
    assert off(window.end, start + 7200) < 60
    assert len(window.phases) == 1


@pytest.mark.parametrize("outage_cells", [5, 8, 12, 40, 130])
def test_a_short_history_is_never_called_an_outage_as_a_whole(outage_cells: int) -> None:
    onset = EPOCH + 50.0
    series = counts(
        1, days=(50 + outage_cells) / DAY, step=1.0, mean=50, outages=((onset, onset + 9999, 0.6),)
    )
    found = detect(series, Options(min_duration=0.0))
    for window in found.windows:
        assert window.onset == pytest.approx(onset, abs=2)


@pytest.mark.parametrize(("days", "lasts"), [(6, 2), (6, 5), (21, 5)])
def test_an_outage_of_days_is_one_window(days: int, lasts: int) -> None:
    onset = EPOCH + 0.6 * DAY
    series = counts(1, days=days, step=300, outages=((onset, onset + lasts * DAY, 0.3),))
    window = only(series)
    assert off(window.start, onset) < 300
    assert off(window.end, onset + lasts * DAY) < 300


def test_where_nearly_all_of_the_data_look_elevated_nothing_is_claimed() -> None:
    onset = EPOCH + 0.5 * DAY
    series = counts(1, days=7, step=300, outages=((onset, onset + 6.1 * DAY, 0.9),))
    found = detect(series)
    assert found.windows == ()
    assert "too little normal running" in (found.not_assessed or "")
