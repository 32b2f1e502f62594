"""Simulated series for the detector's tests: seasonal traffic, overdispersed errors, outages."""

from __future__ import annotations

import numpy as np

from detector.series import Counts, table

EPOCH = 1_699_833_600.0  # a Monday, 00:00 UTC
DAY = 86_400.0


def counts(
    seed: int,
    *,
    days: float = 21.0,
    step: float = 300.0,
    mean: float = 200.0,
    ratio: float = 0.03,
    dispersion: float = 0.0,
    waves: float = 0.0,
    outages: tuple[tuple[float, float, float], ...] = (),
) -> Counts:
    """Per-interval counts; `outages` are (start, end, extra failing fraction), any real times.

    Traffic has a day cycle of 60 % and the error ratio one of 30 %, and each quarter of an hour its
    own ratio with a spread of `waves`; an attempt falls uniformly into its interval, so an interval
    that an edge cuts is partly hit.
    """
    rng = np.random.default_rng(seed)
    start = EPOCH + step * np.arange(int(days * DAY / step))
    phase = 2 * np.pi * start / DAY
    attempts = rng.poisson(mean * (1 + 0.6 * np.sin(phase)))
    p = np.full(len(start), ratio) * (1 + 0.3 * np.cos(phase))
    if waves:
        quarter = ((start - EPOCH) // 900).astype(int)
        p *= np.exp(waves * rng.standard_normal(quarter[-1] + 1))[quarter]
    if dispersion:
        theta = (1 - dispersion) / dispersion
        p = rng.beta(p * theta, (1 - p) * theta)
    left, errors = attempts.copy(), np.zeros(len(start), dtype=np.int64)
    for begin, end, extra in outages:
        share = np.clip((np.minimum(start + step, end) - np.maximum(start, begin)) / step, 0, 1)
        hit = rng.binomial(left, share)
        left = left - hit
        errors += rng.binomial(hit, p + extra * (1 - p))
    errors += rng.binomial(left, p)
    return table(start, step, attempts.astype(float), errors.astype(float))
