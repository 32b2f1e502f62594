"""What a tier answers, before the ladder adds what is the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from detector.estimate import Estimate, Unit
from detector.results import Experience, Tier

NEEDS_IDS = "attempts per user with their outcome and reason"


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of `UserShare` that differ from tier to tier."""

    affected: Estimate
    tier: Tier | None
    denominator: str | None
    hit: Estimate
    blocked: Estimate
    degraded: Estimate
    active: Estimate
    observed: Estimate
    experience: Experience = "not_derivable"
    needs: str | None = None
    attempts_share: Estimate | None = None
    retry_range: tuple[float, float] | None = None


def without_users(
    affected: Estimate,
    tier: Tier | None,
    reason: str,
    denominator: str | None = None,
    attempts_share: Estimate | None = None,
    retry_range: tuple[float, float] | None = None,
    needs: str = NEEDS_IDS,
) -> Answer:
    """An answer that knows no user: every count of them is refused with the same reason."""

    def none(unit: Unit) -> Estimate:
        return Estimate.not_derivable(unit, reason, needs)

    return Answer(
        affected=affected,
        tier=tier,
        denominator=denominator,
        hit=none("users"),
        blocked=none("users"),
        degraded=none("users"),
        active=none("users"),
        observed=none("user-minutes"),
        needs=needs,
        attempts_share=attempts_share,
        retry_range=retry_range,
    )
