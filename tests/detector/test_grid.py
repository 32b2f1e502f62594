"""The exposure of cells against numerical integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.grid import grid_of
from detector.series import Counts, Levels


def two_targets() -> Counts:
    """Two targets scraped once a minute, 20 s apart: each cell holds one observation of each."""
    start = np.sort(np.concatenate([60.0 * np.arange(5), 60.0 * np.arange(5) + 20.0]))
    attempts = np.tile([30.0, 10.0], 5)
    return Counts(start, start + 60.0, attempts, np.zeros(10), np.repeat(np.arange(5), 2), 60.0)


@given(st.floats(-50, 400), st.floats(0, 200))
def test_exposure_is_the_integral_of_the_ramp(onset: float, ramp: float) -> None:
    grid = grid_of(two_targets())
    ours = grid.exposure(np.array([onset]), np.array([ramp]), 1.0)
    for cell in range(grid.size):
        parts = []
        for obs in range(grid.first[cell], grid.first[cell + 1]):
            t = np.linspace(grid.obs_start[obs], grid.obs_end[obs], 20_001)
            t = (t[1:] + t[:-1]) / 2
            risen = np.clip((t - onset) / ramp, 0, 1) if ramp > 0.01 else (t >= onset)
            parts.append(risen.mean())
        expected = np.average(parts, weights=[30.0, 10.0])
        assert ours[cell] == pytest.approx(expected, abs=2e-3)


def test_a_surge_of_attempts_weighs_the_part_it_falls_into() -> None:
    level = Levels(np.array([0.0]), np.array([60.0]), np.array([0.1]), 60.0, "ratio")
    half = grid_of(level).exposure(np.array([30.0]), np.array([0.0]), 3.0)
    assert half[0] == pytest.approx(0.75)
