# What normal running was learnt from is let go of: no outage begins that would not stir.
from __future__ import annotations

import numpy as np
import pytest

from detector.baseline import read
from detector.calm import Calm, calm_of
from detector.detect import detect
from detector.evidence import local_hours
from detector.grid import grid_of
from detector.model import Options
from detector.series import F64, Counts, Levels, table
from tests.detector.simulated import DAY, EPOCH, counts
from tests.detector.test_detect import silenced

RECENT = 7200.0
HOUR = 3600.0


def between(series: Counts, after: float, until: float) -> Counts:
    own = (series.end > after) & (series.end <= until)
    columns = (series.start, series.end, series.attempts, series.errors, series.cell)
    return Counts(*(column[own] for column in columns), series.step)


def first_seen(series: Counts, judged: float, now: float) -> bool:
    """The slow and obvious way: all is judged anew; whether something new is found in it."""
    windows = detect(between(series, 0.0, now)).windows
    return any(one.until > judged for one in windows)


@pytest.mark.parametrize("seed", range(24))
def test_whatever_all_of_the_data_show_stirs(seed: int) -> None:
    """An outage that begins after the last judgement, seen at each step until it is found."""
    rng = np.random.default_rng(seed)
    step = float(rng.choice([15, 60, 300]))
    days = 3.0 if step == 15 else float(rng.choice([2, 8, 16]))
    judged = EPOCH + (days - 0.5) * DAY + rng.uniform(0, HOUR)
    onset = judged + rng.uniform(-600, 1800)
    series = counts(
        seed, days=days, step=step, mean=float(rng.choice([3, 30, 200])),
        ratio=float(rng.choice([0.001, 0.01, 0.05])),
        dispersion=float(rng.choice([0, 0.005, 0.05])), waves=float(rng.choice([0, 0.3])),
        outages=((onset, onset + DAY, float(rng.choice([0.05, 0.2, 0.8]))),),
    )  # fmt: skip
    calm = calm_of(detect(between(series, 0.0, judged)))
    assert calm is not None
    short = calm.between(judged - RECENT, judged + HOUR)
    assert len(short.usual) <= 8
    for now in np.arange(judged + step, judged + HOUR, max(step, 120.0)):
        stirs = calm.stirs(between(series, now - RECENT, now), judged)
        assert short.stirs(between(series, now - RECENT, now), judged) == stirs
        if first_seen(series, judged, now):
            assert stirs
            break


def test_lost_traffic_stirs() -> None:
    judged = EPOCH + 20.5 * DAY
    series = silenced(counts(1), 0.02, judged, judged + DAY)
    calm = calm_of(detect(between(series, 0.0, judged)))
    assert calm is not None
    found = [
        now
        for now in np.arange(judged + 300, judged + HOUR, 300)
        if first_seen(series, judged, now)
    ]
    assert found
    assert calm.stirs(between(series, found[0] - RECENT, found[0]), judged)
    announced = ((judged - HOUR, judged + DAY),)
    assert not calm.stirs(between(series, found[0] - RECENT, found[0]), judged, announced)


@pytest.mark.parametrize("seed", range(5))
def test_a_quiet_day_stirs_nothing(seed: int) -> None:
    """Also over midnight, when the hours that were judged have ended."""
    series = counts(seed, days=16, step=60.0, dispersion=0.005)
    judged = EPOCH + 15 * DAY - HOUR
    calm = calm_of(detect(between(series, 0.0, judged)))
    assert calm is not None
    steps = np.arange(judged + 60, judged + 4 * HOUR, 60)
    assert sum(calm.stirs(between(series, t - RECENT, t), judged) for t in steps) <= 3


def test_what_is_older_than_the_judgement_does_not_stir() -> None:
    judged = EPOCH + 20 * DAY
    series = counts(3, outages=((judged - 1800, judged - 900, 0.5),))
    calm = calm_of(detect(between(series, 0.0, judged)))
    assert calm is not None
    now = judged + 600
    assert not calm.stirs(between(series, now - RECENT, judged), judged)
    assert not calm.stirs(between(series, now - RECENT, now), judged + 600)


def test_without_attempts_or_judgement_nothing_is_known() -> None:
    start = EPOCH + 60.0 * np.arange(2000)
    assert calm_of(detect(Levels(start, start + 60, np.full(2000, 0.01), 60.0, "ratio"))) is None
    assert calm_of(detect(counts(1, days=0.05))) is None


@pytest.mark.parametrize("zone", ["UTC", "-05:00", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("ends", ["2024-03-31", "2024-11-03", "2024-10-27", "2024-06-01"])
def test_the_hours_that_are_asked_for_are_what_they_were(zone: str, ends: str) -> None:
    """Also where clocks change between the first and the last."""
    rng = np.random.default_rng(7)
    until = np.datetime64(ends, "s").astype(np.int64) + rng.uniform(0, DAY)
    start = np.arange(until - 20 * DAY, until, 300.0)
    attempts = rng.poisson(200, len(start)).astype(float)
    ratio = 0.02 + 0.01 * np.sin(2 * np.pi * start / DAY)
    series = table(start, 300.0, attempts, rng.binomial(attempts.astype(int), ratio) * 1.0)
    calm = calm_of(detect(series, Options(zone=zone)))
    assert calm is not None
    short = calm.between(until - RECENT, until + 2 * HOUR)
    asked = np.arange(until - RECENT, until + 2 * HOUR, 60.0)
    grid = grid_of(table(asked, 60.0, asked * 0 + 1, asked * 0))

    def expected(one: Calm) -> F64:
        at = local_hours(grid, 0, grid.size, one.origin, one.zone)
        return np.stack([read(v, at, 0, len(v)) for v in (one.usual, one.least)])

    assert np.allclose(expected(short), expected(calm), rtol=1e-9)
    assert len(short.usual) < 10
