"""Noise in waves, measured for many rows at once, against one stretch after another."""

from __future__ import annotations

import numpy as np
import pytest

from detector.baseline import Baseline, first_look
from detector.series import Bool
from detector.stack import Stack, row_of, stack_of
from detector.waves import DOUBT, LEAST_STRETCHES, SCALES, inflations
from tests.detector.simulated import counts


def slow(stack: Stack, baseline: Baseline, normal: Bool, row: int) -> list[float]:
    """The factor of every scale, slow and obvious."""
    blocks = range(stack.first[row], stack.first[row + 1])
    p = baseline.of_blocks(stack)
    factors = []
    for scale in SCALES:
        ratios = []
        for begin in range(0, len(blocks) - scale + 1, scale):
            own = [blocks[begin + i] for i in range(scale)]
            if all(normal[b] and stack.n[b] > 0 for b in own):
                off = sum(stack.k[b] - stack.n[b] * p[b] for b in own)
                spread = [stack.n[b] + baseline.rho[row] * (stack.nn[b] - stack.n[b]) for b in own]
                usual = sum(p[b] * (1 - p[b]) * s for b, s in zip(own, spread, strict=True))
                ratios.append(off**2 / usual)
        mean, error = np.mean(ratios or [0]), np.std(ratios or [0]) / np.sqrt(len(ratios) or 1)
        plain = len(ratios) >= LEAST_STRETCHES and mean - DOUBT * error > 1
        factors.append(float(mean) if plain else 1.0)
    return factors


def test_waves_of_many_rows_are_those_of_one_stretch_after_another() -> None:
    series = [
        counts(seed, days=days, step=60, mean=150, ratio=0.04, waves=waves)
        for seed, days, waves in ((1, 3.0, 0.2), (2, 2.3, 0.0), (3, 4.1, 0.1), (4, 0.2, 0.3))
    ]
    stack = stack_of([row_of(one) for one in series], "UTC")
    baseline = first_look(stack)
    normal = np.random.default_rng(5).random(len(stack.row)) > 0.02
    rows = [0, 2, 3]
    seen = inflations(stack, baseline, normal, rows)
    for row, found in zip(rows, seen, strict=True):
        assert found.factor == pytest.approx(slow(stack, baseline, normal, row))
    assert max(seen[0].factor) > 1.5
    assert inflations(stack, baseline, normal, []) == []


def test_a_stretch_is_judged_by_the_worst_scale_up_to_twice_its_length() -> None:
    stack = stack_of([row_of(counts(1, days=3, step=60, mean=150, ratio=0.04, waves=0.2))], "UTC")
    (found,) = inflations(stack, first_look(stack), np.ones(len(stack.row), dtype=bool), [0])
    assert found(1) <= found(10) <= found(1000)
    assert found(1000) == max(found.factor)
