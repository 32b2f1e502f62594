"""The split of an excess by label, against what was put in."""

from __future__ import annotations

import numpy as np
import pytest

from detector.carriers import carriers


def made(seed: int, extra: dict[str, float]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Errors of each value over 2,000 intervals, `extra` more a step in the last 100."""
    rng = np.random.default_rng(seed)
    usual = {"bad_password": 6.0, "invalid_token": 0.5, "timeout": 0.2}
    errors = np.array([rng.poisson(level, 2000) for level in usual.values()], dtype=float)
    for i, value in enumerate(usual):
        errors[i, -100:] += rng.poisson(extra.get(value, 0.0), 100)
    return list(usual), errors, rng.poisson(200, 2000).astype(float)


INSIDE = np.arange(2000) >= 1900


def test_the_reason_that_was_added_carries_the_excess() -> None:
    held = 0
    for seed in range(40):
        values, errors, attempts = made(seed, {"invalid_token": 20.0})
        first, *others = carriers(values, attempts, errors, INSIDE * 1.0, ~INSIDE)
        assert first.value == "invalid_token"
        assert first.share.value == pytest.approx(1.0, abs=0.1)
        held += first.excess.low <= 2000.0 <= first.excess.high
        assert all(one.share.low < 0.1 for one in others)
    assert held >= 35  # of 40 at 95 %


def test_two_reasons_share_it() -> None:
    values, errors, attempts = made(1, {"invalid_token": 15.0, "timeout": 5.0})
    found = {c.value: c for c in carriers(values, attempts, errors, INSIDE * 1.0, ~INSIDE)}
    for value, share in (("invalid_token", 0.75), ("timeout", 0.25)):
        assert found[value].share.low <= share <= found[value].share.high
    assert sum(c.excess.value or 0 for c in found.values()) == pytest.approx(2000, abs=150)


def test_attempts_by_version_tell_a_version_from_a_rise_in_its_traffic() -> None:
    rng = np.random.default_rng(2)
    attempts = rng.poisson([[100.0], [100.0]], (2, 2000)).astype(float)
    attempts[1, -100:] *= 5
    errors = rng.binomial(attempts.astype(int), 0.02).astype(float)
    errors[0, -100:] += 30
    first, second = carriers(["v1", "v2"], attempts, errors, INSIDE * 1.0, ~INSIDE)
    assert first.value == "v1"
    assert first.share.value == pytest.approx(1.0, abs=0.05)
    assert second.excess.low <= 0 <= second.excess.high


def test_no_excess_has_no_shares() -> None:
    values, errors, attempts = made(3, {})
    for one in carriers(values, attempts, errors, INSIDE * 1.0, ~INSIDE):
        assert one.share.status == "not_derivable"


def test_splitting_and_summing_changes_nothing() -> None:
    values, errors, attempts = made(4, {"timeout": 9.0})
    whole = carriers(["all"], attempts, errors.sum(axis=0), INSIDE * 1.0, ~INSIDE)
    parts = carriers(values, attempts, errors, INSIDE * 1.0, ~INSIDE)
    assert sum(p.excess.value or 0 for p in parts) == pytest.approx(whole[0].excess.value)


def test_what_does_not_fit_is_refused() -> None:
    values, errors, attempts = made(5, {})
    with pytest.raises(ValueError, match="one row of errors a value"):
        carriers(values[:2], attempts, errors, INSIDE * 1.0, ~INSIDE)
    with pytest.raises(ValueError, match="normal running"):
        carriers(values, attempts, errors, INSIDE * 1.0, np.zeros(2000, dtype=bool))
