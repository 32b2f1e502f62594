"""Tier 2: ids without reasons, so failures are held against the same users' earlier weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from detector.estimate import Estimate, Z
from detector.one_more import one_more
from detector.results import Window
from detector.series import F64, I64, Bool
from detector.users.answer import Answer
from detector.users.edges import Stretch, inner, outer
from detector.users.model import UserAttempts, experience_of
from detector.users.roster import Roster, wilson

DENOMINATOR = "users who tried in the window, and succeeded at some time outside it"
METHOD = (
    "Abbott's formula on the hazard: 1 - (1 - p)/(1 - p0), p0 of the same users in {weeks} earlier"
    " weeks, in groups of like activity; interval by Student's t over the weeks (tier 2)"
)
GROUPS = 4
LEAST_USERS = 20
"""Fewer users than this in a window or an earlier week tell no share."""


def corrected(attempts: UserAttempts, window: Window, earlier: Sequence[Stretch]) -> Answer | str:
    """Estimate the users that a window hit from who failed in it and in earlier weeks, or say why
    that cannot be.

    A user is whoever succeeded at some time outside the stretch looked at: names that never succeed
    are nobody's. Of these p failed in the window and p0 would have in a usual week; with failures
    of their own and of the system's independent, a share a = 1 - (1 - p)/(1 - p0) was hit (Abbott,
    J. Econ. Entomol. 18, 1925). Active users fail more by either, so that is done within groups of
    like activity. -log(1 - p0), the hazard, varies by a factor between weeks; its logarithm over
    `earlier` gives, by Student's t for one more week, the interval. Where failure is intermittent
    the two are not independent, since who mistypes tries again and may then be failed: that is
    added (`_missed`). Assumes that those who succeed at other times are hit as the others.
    """
    roster = Roster.of(attempts)
    marks = (attempts.blamed("success"), ~attempts.blamed("success"))
    weeks = [_seen(roster, marks, stretch) for stretch in earlier]
    here = _seen(roster, marks, (window.onset, window.until))
    fewest = min([here.size, *(week.size for week in weeks)])
    if fewest < LEAST_USERS:
        return f"only {fewest} users with a success before are in one of the weeks compared"
    hit = _share(here, weeks, "failed", attempts.fraction)
    lost = _share(here, weeks, "lost", attempts.fraction)
    edges = [_seen(roster, marks, stretch) for stretch in (inner(window), outer(window))]
    around = [_share(one, weeks, "failed", attempts.fraction) for one in edges if one.size]
    missed = _missed(hit[0], lost[0], weeks)
    low, high = (f(s[i] for s in (hit, *around)) for i, f in ((1, min), (2, max)))
    value = min(hit[0] + missed, 1.0)
    hit = (value, min(low + missed, value), min(high + missed, 1.0))
    strangers = len(np.unique(roster.number[attempts.between(window.onset, window.until)]))
    return _answer(hit, lost, here.size, strangers, len(weeks), attempts.fraction)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The known users who tried in a stretch, arrays of shape (size,): how active each is
    otherwise, who failed at all, and who was never served (`lost`); and how often all tried."""

    activity: F64
    failed: Bool
    lost: Bool
    tries: float

    @property
    def size(self) -> int:
        return len(self.activity)


def _seen(roster: Roster, marks: tuple[Bool, Bool], stretch: Stretch) -> _Seen:
    good, bad = marks
    inside = roster.attempts.between(*stretch)
    activity = roster.count(good & ~inside)
    tried = roster.any(inside) & (activity > 0)
    failed, served = roster.any(bad & inside), roster.any(good & inside)
    tries = float(roster.count(inside)[tried].sum())
    return _Seen(activity[tried], failed[tried], (failed & ~served)[tried], tries)


Share = tuple[float, float, float]


def _share(here: _Seen, weeks: Sequence[_Seen], event: str, fraction: float) -> Share:
    """Abbott's share for who `failed` at all, or was `lost`: point, low, high."""
    cuts = np.quantile(here.activity, np.linspace(0, 1, GROUPS + 1)[1:-1])
    n, hazard = _hazards(here, event, cuts)
    by_group = [_hazards(week, event, cuts) for week in weeks]
    sizes = np.array([size for size, _ in by_group])
    usual = (sizes * np.array([h for _, h in by_group])).sum(axis=0) / np.maximum(sizes.sum(0), 1)
    overall = [-np.log1p(-(getattr(w, event).sum() + 0.5) / (w.size + 1.0)) for w in weeks]
    centre, reach, _ = one_more(np.log(np.array(overall) / np.mean(overall)))

    def at(shift: float) -> float:
        hit = n * (1 - np.exp(-(hazard - np.exp(shift) * usual)))
        return float(hit.sum() / n.sum())

    value, low, high = at(centre), at(centre + reach), at(centre - reach)
    # Fewer users than in a whole week are left to fail on their own: their number is noisier.
    p0 = 1 - np.exp(-float((n * usual).sum() / n.sum()))
    share = min(max(value, 0.0), 0.99)
    chance = Z * (1 - share) * sqrt(p0 / (1 - p0) / here.size * share / (1 - share))
    sampled = wilson(share * here.size, here.size, fraction)
    down, up = (max(abs(bound - share), chance) for bound in sampled)
    low, high = value - np.hypot(value - low, down), value + np.hypot(high - value, up)
    return (min(max(value, 0.0), 1.0), max(low, 0.0), min(max(high, 0.0), 1.0))


def _missed(hit: float, lost: float, weeks: Sequence[_Seen]) -> float:
    """The share that independence misses: hit only on trying again after a failure of their own.

    Of the users not hit yet, a usual week's hazard h fail on their own; r of these try again, and a
    try is failed with the chance f. In earlier weeks r is who of them was served after all, and the
    users degraded, d = 1 - (1 - f)^k for the k tries of a usual user, tell f. None where everybody
    hit is locked out: then no try of the others fails.
    """
    failed, size = sum(int(w.failed.sum()) for w in weeks), sum(w.size for w in weeks)
    if failed == 0:
        return 0.0
    hazard = -np.log1p(-failed / (size + 1))
    again = 1 - sum(int(w.lost.sum()) for w in weeks) / failed
    degraded = min(max(hit - lost, 0.0) / max(1 - lost, 0.01), 0.99)
    chance = 1 - (1 - degraded) ** (size / max(sum(w.tries for w in weeks), 1.0))
    return float(max(1 - hit, 0.0) * hazard * again * chance)


def _hazards(seen: _Seen, event: str, cuts: F64) -> tuple[I64, F64]:
    """The users of each group of activity, and -log(1 - the share of them to whom it happened)."""
    group = np.searchsorted(cuts, seen.activity, side="right")
    happened = getattr(seen, event)
    n = np.bincount(group, minlength=GROUPS)
    spared = np.maximum(n - np.bincount(group[happened], minlength=GROUPS), 0.5)
    return n, -np.log(spared / np.maximum(n, 0.5))


def _answer(hit: Share, lost: Share, known: int, tried: int, weeks: int, fraction: float) -> Answer:
    def users(share: Share, method: str) -> Estimate:
        value, low, high = (s * known / fraction for s in share)
        return Estimate.estimated(value, low, max(high, value), "users", method)

    method = METHOD.format(weeks=weeks)
    lost = (min(lost[0], hit[0]), min(lost[1], hit[0]), min(lost[2], hit[2]))
    kept = (hit[0] - lost[0], max(hit[1] - lost[2], 0.0), max(hit[2] - lost[1], 0.0))
    reason = "without reasons nobody knows which failures were the system's"
    return Answer(
        affected=Estimate.estimated(*hit, "ratio", method),
        tier=2,
        denominator=DENOMINATOR,
        hit=users(hit, "share hit x users who tried and are known"),
        blocked=users(lost, "the same formula on who was never served in the window"),
        degraded=users(kept, "users hit - users blocked"),
        active=Estimate.estimated(
            known / fraction, known / fraction, tried / fraction, "users", DENOMINATOR
        ),
        observed=Estimate.not_derivable("user-minutes", reason, "the reason of each failure"),
        experience=experience_of(hit[0], lost[0]) if hit[1] > 0 else "not_derivable",
        needs="the reason of each failure",
    )
