"""The share of users that a window hit: by the highest tier that the input supports."""

from __future__ import annotations

import numpy as np

from detector.model import Detection
from detector.results import UserShare, Window
from detector.series import Counts
from detector.users.abbott import corrected
from detector.users.answer import Answer
from detector.users.counted import counted
from detector.users.deficit import bounded
from detector.users.doubts import doubt, outside_of
from detector.users.edges import Stretch, outer
from detector.users.model import UserAttempts
from detector.users.refused import refused
from detector.users.roster import Roster
from detector.users.secondary import complete, expected_active
from detector.users.weeks import LEAST_WEEKS, earlier_weeks

NOTHING_GIVEN = "no attempts per user were given"
FEW_WEEKS = (
    "failures carry no reason, and the same users' attempts of two earlier weeks are not there"
)


def share(
    attempts: UserAttempts | None,
    window: Window,
    detection: Detection,
    registered: int | None = None,
    missing: str = NOTHING_GIVEN,
) -> UserShare:
    """Count, estimate or bound the users that a window hit, or refuse.

    `detection` is what the window was found in, or put in place of others in: its series is what
    counters tell, its other windows and those that were replaced are no normal running.
    `registered` is the declared number of users, `missing` why there are no attempts, where there
    are none. Which tier is right is told by the input alone; the answer says which it was and what
    would raise it.
    """
    outages = [outer(one) for one in detection.windows]
    if attempts is None:
        answer = _by_counters(missing, window, detection, outages)
        return complete(answer, window, None, registered)
    replaced = [outer(one) for one in detection.replaced]
    normal = outside_of(attempts.first, attempts.last, [*outages, *replaced])
    wrong = doubt(attempts, normal, window, detection)
    if wrong is not None:
        answer = _by_counters(wrong, window, detection, outages)
        return complete(answer, window, None, registered)
    others = [
        stretch
        for one, stretch in zip(detection.windows, outages, strict=True)
        if one is not window
    ]
    earlier = earlier_weeks(outer(window), float(attempts.first.min()), others)
    answer = _by_ids(attempts, normal, earlier, window, detection, outages)
    expected = expected_active(attempts, earlier)
    return complete(answer, window, expected, registered)


def _by_ids(
    attempts: UserAttempts,
    normal: np.ndarray,
    earlier: list[Stretch],
    window: Window,
    detection: Detection,
    outages: list[Stretch],
) -> Answer:
    near = attempts.at(attempts.between(*outer(window)))
    if near.has_reasons or not (near.attempts[near.blamed("unclassified")]).any():
        # What is usual is only asked of reasons that nobody classified; to gather it takes longest.
        usual = normal if near.blamed("unclassified").any() else np.zeros(0, np.int64)
        found = counted(near, window, attempts.at(usual))
        reason = "nobody in the window was served or failed by the system"
        return found or refused(window, reason)
    if len(earlier) >= LEAST_WEEKS:
        estimate = corrected(attempts, window, earlier)
        if isinstance(estimate, Answer):
            return estimate
        return _by_counters(estimate, window, detection, outages)
    return _by_counters(FEW_WEEKS, window, detection, outages, _failed_at_all(near))


def _failed_at_all(near: UserAttempts) -> float:
    """The share of users of the window who failed at least once, whoever's doing that was."""
    roster = Roster.of(near)
    failed = roster.any(~near.blamed("success"))
    return float(np.count_nonzero(failed)) / roster.size


def _by_counters(
    reason: str,
    window: Window,
    detection: Detection,
    outages: list[Stretch],
    most: float | None = None,
) -> Answer:
    """Tier 3 where successes can be forecast, else tier 4; both with why no user is counted."""
    series = detection.series
    if isinstance(series, Counts):
        own = outer(window)
        others = [one for one in outages if one != own]
        found = bounded(series, window, others, reason, most)
        if isinstance(found, Answer):
            return found
    return refused(window, reason)
