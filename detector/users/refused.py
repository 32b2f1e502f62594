"""Tier 4: an error ratio tells no share of users; what it does tell instead."""

from __future__ import annotations

from detector.estimate import Estimate
from detector.results import Window
from detector.users.answer import NEEDS_IDS, Answer, without_users

MOST_TRIES = 8


def refused(window: Window, reason: str, needs: str = NEEDS_IDS) -> Answer:
    """Say why, and what the share of attempts would mean for 1 to 8 tries a blocked session."""
    share, tries = attempts_share(window)
    return without_users(
        Estimate.not_derivable("ratio", reason, needs),
        None if share is None else 4,
        reason,
        attempts_share=share,
        retry_range=tries,
        needs=needs,
    )


def attempts_share(window: Window) -> tuple[Estimate | None, tuple[float, float] | None]:
    """Net of the baseline by Abbott's formula (J. Econ. Entomol. 18, 1925): (p - p0) / (1 - p0)."""
    p, p0 = window.error_ratio, window.baseline_error_ratio
    if p.value is None or p.low is None or p.high is None or p0.value is None:
        return None, None
    if window.attempts.value is None:
        return None, None  # a ratio averaged over time is no share of attempts
    value, low, high = (max((x - p0.value) / (1 - p0.value), 0.0) for x in (p.value, p.low, p.high))
    method = "error ratio in excess of the expected one, as a share of attempts (not of users)"
    estimate = Estimate(value, low, high, "ratio", "estimated", method)
    # a = e / (e + m (1 - e)): e of the attempts fail because a of the sessions try m times.
    fewest = value / (value + MOST_TRIES * (1 - value)) if value < 1 else 1.0
    return estimate, (fewest, value)
