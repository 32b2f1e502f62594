"""Share of affected users from attempts per user: counted where possible, else refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.estimate import Estimate
from detector.series import F64, I64

Experience = Literal["blocked", "intermittent", "mixed", "not_derivable"]

SUCCESS, SYSTEM_FAILURE, USER_FAILURE, UNCLASSIFIED = 0, 1, 2, 3
"""Outcome codes: a success; a failure that is the service's; one that is the user's own (a wrong
password); a failure whose reason nobody has classified."""


@dataclass(frozen=True, slots=True)
class UserAttempts:
    """Authentication attempts with pseudonymous user ids; arrays of shape (n,), in any order.

    `time` in seconds since the epoch, `user` a 64-bit keyed hash, `outcome` one of the codes above.
    `has_reasons` tells whether failures came with a reason at all; `unclassified` names the reasons
    seen that are classified as neither system nor user.
    """

    time: F64
    user: NDArray[np.uint64]
    outcome: NDArray[np.int8]
    has_reasons: bool
    unclassified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserShare:
    """Users hit by a window, as a fraction of those who tried, with how that was come by.

    `tier` 1: ids and reasons, counted. 4: only an error ratio, the share is not derivable, and
    `attempts_share` with `retry_range` (low, high: the share of users it would mean at 8 tries and
    at 1 try a blocked session) is all that can be said. None: nothing at all is known.
    """

    affected: Estimate
    tier: int | None
    denominator: str | None
    hit_users: Estimate
    blocked_users: Estimate
    degraded_users: Estimate
    active_users: Estimate
    user_minutes_observed: Estimate
    user_minutes_potential: Estimate
    experience: Experience
    attempts_share: Estimate | None = None
    retry_range: tuple[float, float] | None = None


__all__ = ["F64", "I64", "Experience", "UserAttempts", "UserShare"]
