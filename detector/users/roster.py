"""Users numbered from 0, so that what happened to each in any stretch is one flag a user."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from detector.estimate import Estimate, Z
from detector.series import F64, I64, Bool
from detector.users.model import UserAttempts


@dataclass(frozen=True, slots=True)
class Roster:
    """Attempts with numbered users: `number` (n,) is the user of each record, below `size`."""

    attempts: UserAttempts
    number: I64
    size: int

    @classmethod
    def of(cls, attempts: UserAttempts) -> Roster:
        """Number the users of these attempts in the order of their first record."""
        import pandas as pd  # takes as long as many an analysis

        number, users = pd.factorize(attempts.user)
        return cls(attempts, number.astype(np.int64), len(users))

    def any(self, records: Bool) -> Bool:
        """Which users have any of these records, shape (size,)."""
        found = np.zeros(self.size, bool)
        found[self.number[records]] = True
        return found

    def count(self, records: Bool) -> F64:
        """How many attempts of these records each user has, shape (size,)."""
        weights = self.attempts.attempts[records].astype(np.float64)
        found: F64 = np.bincount(self.number[records], weights=weights, minlength=self.size).astype(
            np.float64
        )
        return found


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct users of a stretch: `active` were served or failed by the system, `hit` failed by
    it, `blocked` hit and not served."""

    active: int
    hit: int
    blocked: int

    @property
    def degraded(self) -> int:
        """Hit, and served as well."""
        return self.hit - self.blocked


def tally(roster: Roster, failed: Bool, served: Bool, start: float, end: float) -> Tally:
    """Count distinct users in [`start`, `end`); `failed`, `served` (n,) mark records of either."""
    inside = roster.attempts.between(start, end)
    bad, good = roster.any(failed & inside), roster.any(served & inside)
    hit = int(np.count_nonzero(bad))
    return Tally(
        active=int(np.count_nonzero(bad | good)),
        hit=hit,
        blocked=hit - int(np.count_nonzero(bad & good)),
    )


def wilson(hits: float, n: float, fraction: float) -> tuple[float, float]:
    """The 95 % interval of a share seen as `hits` of the `n` users that a sample by hash holds.

    Wilson (J. Am. Stat. Assoc. 22, 1927) with the correction for a finite population: what was
    counted whole (`fraction` 1) has no interval.
    """
    if n <= 0:
        return 0.0, 1.0
    z2 = Z * Z * (1 - fraction)
    p = hits / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(centre - reach, 0.0), min(centre + reach, 1.0)


def people(counts: tuple[int, ...], fraction: float, method: str) -> Estimate:
    """A number of users from counts at the point, inner and outer edges of a window.

    Of a sample by hash it is scaled up, with the sampling error of each count.
    """
    reach = [Z * sqrt(n * (1 - fraction)) for n in counts]
    low = min(n - r for n, r in zip(counts, reach, strict=True)) / fraction
    high = max(n + r for n, r in zip(counts, reach, strict=True)) / fraction
    if fraction < 1:
        value = round(counts[0] / fraction)
        text = f"{method}; a sample of {fraction:.3g} of the users, scaled up"
        return Estimate.estimated(value, max(low, 0.0), high, "users", text)
    return Estimate(float(counts[0]), low, high, "users", "measured", method)
