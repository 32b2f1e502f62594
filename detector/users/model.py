"""What is known of users: their attempts as arrays, and what those who were hit met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.results import Experience
from detector.series import F64, I64, Bool

Blame = Literal["success", "system", "user", "unclassified"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to: whose doing, and the reason as the sender wrote it ("": none).

    `unclassified` is a failure whose reason nobody has put under `system` or `user`.
    """

    reason: str
    blame: Blame


SUCCESS = Outcome("", "success")


@dataclass(frozen=True, slots=True)
class UserAttempts:
    """Attempts of one service with pseudonymous ids; arrays of shape (n,), in any order.

    A record stands for `attempts` of one user with one outcome from one source, the first and the
    last of them at `first` and `last` (seconds since the epoch, both inclusive), no further apart
    than `interval` (0: a record is one attempt). `user` is a 64-bit keyed hash, `outcome` an index
    of `outcomes`, `source` a 32-bit keyed hash of the address, 0 where none was given. `fraction`
    is the share of all users that is here at all: those with the lowest hashes.
    """

    user: NDArray[np.uint64]
    first: F64
    last: F64
    attempts: NDArray[np.uint32]
    outcome: NDArray[np.uint16]
    source: NDArray[np.uint32]
    outcomes: tuple[Outcome, ...]
    fraction: float = 1.0
    interval: float = 0.0

    @classmethod
    def single(
        cls,
        time: F64,
        user: NDArray[np.uint64],
        outcome: NDArray[np.uint16],
        outcomes: tuple[Outcome, ...],
        source: NDArray[np.uint32] | None = None,
        fraction: float = 1.0,
    ) -> UserAttempts:
        """A record an attempt."""
        n = len(time)
        none = np.zeros(n, np.uint32)
        return cls(
            user,
            time,
            time,
            np.ones(n, np.uint32),
            outcome,
            none if source is None else source,
            outcomes,
            fraction,
        )

    def blamed(self, *blames: Blame) -> Bool:
        """Which records have an outcome of one of these kinds, shape (n,)."""
        wanted = np.array([outcome.blame in blames for outcome in self.outcomes], bool)
        return wanted[self.outcome]

    def between(self, start: float, end: float) -> Bool:
        """Which records have an attempt in [`start`, `end`), shape (n,).

        Exact for any stretch at least as long as `interval`; in a shorter one a record that spans
        it counts as inside.
        """
        inside: Bool = (self.first < end) & (self.last >= start)
        return inside

    def at(self, rows: I64 | Bool) -> UserAttempts:
        """The same with these records only."""
        return UserAttempts(
            self.user[rows],
            self.first[rows],
            self.last[rows],
            self.attempts[rows],
            self.outcome[rows],
            self.source[rows],
            self.outcomes,
            self.fraction,
            self.interval,
        )

    @property
    def has_reasons(self) -> bool:
        """Whether any failure here came with a reason."""
        given = np.array([bool(o.reason) and o.blame != "success" for o in self.outcomes], bool)
        return bool(given[self.outcome].any())


MOSTLY = 0.8
"""Of the users hit, the share above which the experience is called by the one word."""


def experience_of(hit: float, blocked: float) -> Experience:
    """What the users hit met, in a word: `blocked` of `hit` had no success in the window."""
    if hit <= 0:
        return "not_derivable"
    if blocked >= MOSTLY * hit:
        return "blocked"
    return "intermittent" if blocked <= (1 - MOSTLY) * hit else "mixed"
