"""What is the same for every tier: potential minutes, and shares of other numbers of users."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.estimate import Estimate
from detector.one_more import one_more
from detector.results import UserShare, Window
from detector.users.answer import NEEDS_IDS, Answer
from detector.users.edges import Stretch, minutes
from detector.users.model import UserAttempts
from detector.users.weeks import LEAST_WEEKS


@dataclass(frozen=True, slots=True)
class Expected:
    """How many distinct users earlier weeks make expect: point and 95 % interval."""

    value: float
    low: float
    high: float
    weeks: int


def expected_active(attempts: UserAttempts, earlier: list[Stretch]) -> Expected | None:
    """Distinct users served in the same hours of earlier weeks, by Student's t for one more."""
    if len(earlier) < LEAST_WEEKS:
        return None
    served = attempts.blamed("success")
    counts = [
        len(np.unique(attempts.user[served & attempts.between(*stretch)])) / attempts.fraction
        for stretch in earlier
    ]
    if min(counts) <= 0:
        return None
    mean, reach, _ = one_more(np.log(np.array(counts)))
    value, low, high = (float(np.exp(mean + side * reach)) for side in (0, -1, 1))
    return Expected(value, low, high, len(counts))


def complete(
    answer: Answer, window: Window, expected: Expected | None, registered: int | None
) -> UserShare:
    """Add what is the same for every tier: potential minutes and the secondary denominators."""
    few = Estimate.not_derivable(
        "users", "attempts per user of two earlier weeks are not there", NEEDS_IDS
    )
    active = few
    if expected is not None:
        method = f"distinct users served in the same hours of {expected.weeks} earlier weeks"
        active = Estimate.estimated(
            round(expected.value), expected.low, expected.high, "users", method
        )
    declared = Estimate.not_derivable("users", "nobody declared it", "users: {registered: N}")
    if registered is not None:
        number = float(registered)
        declared = Estimate(number, number, number, "users", "declared", "declared in the settings")
    return UserShare(
        affected=answer.affected,
        tier=answer.tier,
        denominator=answer.denominator,
        hit_users=answer.hit,
        blocked_users=answer.blocked,
        degraded_users=answer.degraded,
        active_users=answer.active,
        user_minutes_observed=answer.observed,
        user_minutes_potential=_potential(answer.hit, window),
        expected_active=active,
        share_of_expected_active=_of(answer.hit, active, "users expected to be active"),
        share_of_registered=_of(answer.hit, declared, "users registered, as declared"),
        experience=answer.experience,
        needs=answer.needs,
        attempts_share=answer.attempts_share,
        retry_range=answer.retry_range,
    )


def _potential(hit: Estimate, window: Window) -> Estimate:
    """Users hit times the duration: what was lost if each would have been there throughout."""
    if hit.low is None or hit.high is None:
        return Estimate.not_derivable(
            "user-minutes", hit.reason or "the users hit are not known", hit.needs
        )
    point, low, high = minutes(window)
    value = None if hit.value is None else hit.value * point
    method = "users hit x duration of the window"
    return Estimate(value, hit.low * low, hit.high * high, "user-minutes", "estimated", method)


def _of(hit: Estimate, denominator: Estimate, name: str) -> Estimate:
    """Users hit as a share of another number of users; it may exceed 1 where that is too small."""
    for part in (hit, denominator):
        if part.low is None or part.high is None:
            return Estimate.not_derivable("ratio", part.reason or "no users", part.needs)
    assert hit.low is not None  # as the loop made sure
    assert hit.high is not None
    assert denominator.low is not None
    assert denominator.high is not None
    value = None
    if hit.value is not None and denominator.value:
        value = hit.value / denominator.value
    low = hit.low / max(denominator.high, 1e-9)
    high = hit.high / max(denominator.low, 1e-9)
    return Estimate(value, low, high, "ratio", "estimated", f"users hit / {name}")
