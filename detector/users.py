"""Share of affected users from attempts per user: counted where possible, else refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.estimate import Estimate, Unit
from detector.model import Window
from detector.series import F64, Bool

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


NEEDS_IDS = "attempts per user with their outcome and reason"
DENOMINATOR = "users with at least one success or system failure in the window"
MOST_TRIES = 8
MOSTLY = 0.8
"""Of the users hit, the share above which the experience is called by the one word."""


def share(attempts: UserAttempts | None, window: Window) -> UserShare:
    """Count the users that a window hit, or refuse with the reason and what can be said instead.

    Hit: at least one system failure in the window. Blocked: hit, and no success in it. The
    denominator is everyone with a success or a system failure in it: names seen only with bad
    credentials are no users. The interval is that of the window's edges; at given edges the count
    is exact.
    """
    if attempts is None:
        return _refused(window, "no attempts per user were given")
    start, end = window.onset, window.until
    at = _count(attempts, start, end)
    if at.active == 0:
        return _refused(window, "the attempts per user do not reach into the window")
    if not attempts.has_reasons:
        return _refused(window, "failures carry no reason, so wrong passwords cannot be told apart")
    if attempts.unclassified:
        names = ", ".join(attempts.unclassified)
        return _refused(window, f"reasons neither system nor user: {names}")
    inner, outer = _inner(window), _outer(window)
    minutes = [_observed(attempts, *edges) for edges in ((start, end), inner, outer)]
    return _counted(
        at, _count(attempts, *inner), _count(attempts, *outer), minutes, _minutes(window)
    )


@dataclass(frozen=True, slots=True)
class _Count:
    active: int
    hit: int
    blocked: int

    @property
    def degraded(self) -> int:
        return self.hit - self.blocked


def _inner(window: Window) -> tuple[float, float]:
    start = window.start.high if window.start.high is not None else window.onset
    end = window.end.low if window.end.low is not None else window.until
    return start, max(start, end)


def _outer(window: Window) -> tuple[float, float]:
    start = window.start.low if window.start.low is not None else window.onset
    return start, window.end.high if window.end.high is not None else window.until


def _count(attempts: UserAttempts, start: float, end: float) -> _Count:
    """Count distinct users in [`start`, `end`) by what happened to them."""
    inside = (attempts.time >= start) & (attempts.time < end)
    failed = np.unique(attempts.user[inside & (attempts.outcome == SYSTEM_FAILURE)])
    served = np.unique(attempts.user[inside & (attempts.outcome == SUCCESS)])
    both = len(np.intersect1d(failed, served, assume_unique=True))
    return _Count(len(failed) + len(served) - both, len(failed), len(failed) - both)


def _observed(attempts: UserAttempts, start: float, end: float) -> float:
    """Minutes between a system failure and the same user's next attempt, inside the window."""
    inside = (attempts.time >= start) & (attempts.time < end)
    user, time, outcome = (a[inside] for a in (attempts.user, attempts.time, attempts.outcome))
    order = np.lexsort((time, user))
    user, time, outcome = user[order], time[order], outcome[order]
    held: Bool = (user[1:] == user[:-1]) & (outcome[:-1] == SYSTEM_FAILURE)
    return float(np.diff(time)[held].sum() / 60.0)


def _minutes(window: Window) -> tuple[float, float, float]:
    """Take the duration of the window in minutes: point, low, high."""
    lasted = window.duration_seconds
    seconds = (lasted.value, lasted.low, lasted.high)
    point, low, high = (0.0 if s is None else s / 60.0 for s in seconds)
    return point, low, high


def _counted(
    at: _Count,
    inner: _Count,
    outer: _Count,
    observed: Sequence[float],
    minutes: tuple[float, float, float],
) -> UserShare:
    def people(name: Literal["active", "hit", "blocked", "degraded"], method: str) -> Estimate:
        values = [float(getattr(c, name)) for c in (at, inner, outer)]
        return Estimate(values[0], min(values), max(values), "users", "measured", method)

    ratios = [c.hit / c.active for c in (at, inner, outer) if c.active]
    method = "distinct users with a system failure / distinct users served or failed (tier 1)"
    return UserShare(
        affected=Estimate(ratios[0], min(ratios), max(ratios), "ratio", "measured", method),
        tier=1,
        denominator=DENOMINATOR,
        hit_users=people("hit", "distinct users with a system failure in the window"),
        blocked_users=people("blocked", "hit, without a success in the window"),
        degraded_users=people("degraded", "hit, with a success as well"),
        active_users=people("active", DENOMINATOR),
        user_minutes_observed=Estimate(
            observed[0],
            min(observed),
            max(observed),
            "user-minutes",
            "measured",
            "from a system failure to the same user's next attempt",
        ),
        user_minutes_potential=Estimate.estimated(
            at.hit * minutes[0],
            at.hit * minutes[1],
            at.hit * minutes[2],
            "user-minutes",
            "users hit x duration of the window",
        ),
        experience=_experience(at),
    )


def _experience(at: _Count) -> Experience:
    if at.hit == 0:
        return "not_derivable"
    blocked = at.blocked / at.hit
    if blocked >= MOSTLY:
        return "blocked"
    return "intermittent" if blocked <= 1 - MOSTLY else "mixed"


def _refused(window: Window, reason: str) -> UserShare:
    """Say why, and what the share of attempts would mean for 1 to 8 tries a blocked session."""

    def none(unit: Unit) -> Estimate:
        return Estimate.not_derivable(unit, reason, NEEDS_IDS)

    share_of_attempts, tries = _attempts_share(window)
    return UserShare(
        affected=none("ratio"),
        tier=None if share_of_attempts is None else 4,
        denominator=None,
        hit_users=none("users"),
        blocked_users=none("users"),
        degraded_users=none("users"),
        active_users=none("users"),
        user_minutes_observed=none("user-minutes"),
        user_minutes_potential=none("user-minutes"),
        experience="not_derivable",
        attempts_share=share_of_attempts,
        retry_range=tries,
    )


def _attempts_share(window: Window) -> tuple[Estimate | None, tuple[float, float] | None]:
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
