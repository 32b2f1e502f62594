"""How long failures held users: from a system failure to the same user's next attempt."""

from __future__ import annotations

import numpy as np

from detector.series import Bool
from detector.users.model import UserAttempts


def held_minutes(
    attempts: UserAttempts, failed: Bool, start: float, end: float
) -> tuple[float, float]:
    """Minutes between a system failure and the same user's next attempt in [`start`, `end`).

    `failed` (n,) marks records of system failures. Low and high: inside a record that stands for
    several attempts it is not known whether others came between; of single attempts both agree.
    """
    inside = attempts.between(start, end)
    user, bad = attempts.user[inside], failed[inside]
    first = np.maximum(attempts.first[inside], start)
    last = np.minimum(attempts.last[inside], end)
    order = np.lexsort((first, user))
    user, first, last, bad = user[order], first[order], last[order], bad[order]
    same = user[1:] == user[:-1]
    between = float(np.maximum(first[1:] - last[:-1], 0.0)[same & bad[:-1]].sum())
    within = float((last - first)[bad].sum())
    return between / 60.0, (between + within) / 60.0
