"""Simulated users with a known truth: habits, wrong passwords, retries, growth, and an outage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.series import F64, Bool, Counts, table
from detector.users import SUCCESS, Outcome, UserAttempts

DAY, WEEK = 86_400.0, 604_800.0
MONDAY = 1_704_067_200.0
"""2024-01-01T00:00:00Z, a Monday: where the weeks are counted from."""

OUTCOMES = (SUCCESS, Outcome("bad_password", "user"), Outcome("backend", "system"))
NO_REASONS = (SUCCESS, Outcome("", "unclassified"), Outcome("", "unclassified"))
DONE, MISTYPED, FAILED = 0, 1, 2
TRIES = 8
AGAIN = 0.85
"""The chance of another try at once by somebody who mistyped."""
PAUSE = np.array([0.0, 12.0, 45.0])
NIGHT = 0.35
"""Traffic at four in the morning, as a share of that at four in the afternoon."""


@dataclass(frozen=True, slots=True)
class Harm:
    """An outage of `hours` in the last week: `share` of the users locked out, or any attempt of
    anybody failing with the chance `failing`; who is failed tries again with the chance `patience`.

    `foreign` names that are nobody's are tried with wrong passwords from `few` sources; `flood` is
    how many times as many sessions as usual come from sources of their own, and are failed; `lost`
    is the share of sessions that stay away. Of those who give up, a share `deferred` comes back
    within hours of the end.
    """

    hours: float
    share: float = 0.0
    failing: float = 0.0
    patience: float = 0.65
    foreign: int = 0
    few: int = 20
    flood: float = 0.0
    lost: float = 0.0
    deferred: float = 0.3


@dataclass(frozen=True, slots=True)
class Habits:
    """Who the users are: sessions a day on average with a gamma spread of `shape`, the chance of a
    wrong password and how much it varies from week to week, how much traffic varies from day to
    day (both lognormal), and growth a week."""

    users: int = 10_000
    a_day: float = 1.5
    shape: float = 1.0
    wrong: float = 0.06
    weekly: float = 0.2
    traffic: float = 0.03
    growth: float = 0.02
    weeks: int = 4


@dataclass(frozen=True, slots=True)
class World:
    """All attempts of the weeks, the window [`start`, `end`) and what it really did."""

    attempts: UserAttempts
    start: float
    end: float
    active: int
    hit: int
    blocked: int

    @property
    def share(self) -> float:
        """Users hit, of those who were served or failed by the system."""
        return self.hit / self.active

    def without_reasons(self) -> UserAttempts:
        """The attempts as a sender gives them that knows no reasons."""
        own = self.attempts
        plain = np.minimum(own.outcome, 1).astype(np.uint16)
        return UserAttempts.single(own.first, own.user, plain, NO_REASONS[:2], own.source)

    def counters(self, step: float = 300.0) -> Counts:
        """What counters show: attempts and errors a step, over all the weeks."""
        own = self.attempts
        cells = int((MONDAY + 5 * WEEK - MONDAY) // step)
        cell = ((own.first - MONDAY) // step).astype(np.int64)
        kept = (cell >= 0) & (cell < cells)
        n = np.bincount(cell[kept], minlength=cells).astype(np.float64)
        bad = kept & (own.outcome != DONE)
        k = np.bincount(cell[bad], minlength=cells).astype(np.float64)
        used = np.arange(cells) < int((own.first.max() - MONDAY) // step)
        return table(MONDAY + step * np.arange(cells)[used], step, n[used], k[used])


def world(harm: Harm, habits: Habits, rng: np.random.Generator) -> World:
    """Let users come and go for the weeks of history and the week of the outage."""
    start = MONDAY + habits.weeks * WEEK + DAY + 10 * 3600.0
    end = start + 3600.0 * harm.hours
    time, user = _sessions(habits, end + DAY, rng)
    away = (time >= start) & (time < end) & (rng.random(len(time)) < harm.lost)
    time, user = time[~away], user[~away]
    again = np.array([0.0, AGAIN, harm.patience])
    locked = np.zeros(int(user.max()) + 1, bool)
    locked[rng.random(len(locked)) < harm.share] = True
    wrong = habits.wrong * rng.lognormal(-(habits.weekly**2) / 2, habits.weekly, habits.weeks + 2)
    tries: list[tuple[F64, np.ndarray, np.ndarray]] = []
    for _ in range(TRIES):
        outcome = np.zeros(len(time), np.uint16)
        week = ((time - MONDAY) // WEEK).astype(np.int64)
        outcome[rng.random(len(time)) < np.minimum(wrong[week], 0.5)] = MISTYPED
        inside = (time >= start) & (time < end)
        outcome[inside & (locked[user] | (rng.random(len(time)) < harm.failing))] = FAILED
        tries.append((time, user, outcome))
        stays = rng.random(len(time)) < again[outcome]
        given_up = (outcome == FAILED) & ~stays & (rng.random(len(time)) < harm.deferred)
        late = user[given_up]
        back = end + rng.exponential(3600.0, len(late))
        tries.append((back, late, np.zeros(len(late), np.uint16)))
        time = time[stays] + rng.exponential(PAUSE[outcome[stays]])
        user = user[stays]
    t, u, o = (np.concatenate(part) for part in zip(*tries, strict=True))
    rows = (t, u, o, u.astype(np.int64))
    usual = int(np.count_nonzero((t >= start - WEEK) & (t < end - WEEK)))
    first = int(u.max()) + 1
    stuffed = _stuffed(harm, first, (start, end), rng)
    flooded = _flooded(harm, usual, first + len(stuffed[0]), (start, end), rng)
    t, u, o, s = (np.concatenate(part) for part in zip(rows, stuffed, flooded, strict=True))
    return _counted((t, u, o, s), start, end)


def _sessions(habits: Habits, until: float, rng: np.random.Generator) -> tuple[F64, np.ndarray]:
    """When whose sessions begin; users join as the service grows."""
    weeks = habits.weeks + 1
    everyone = round(habits.users * (1 + habits.growth) ** weeks)
    joined = np.zeros(everyone)
    joined[habits.users :] = rng.uniform(0, weeks * WEEK, everyone - habits.users)
    rate = habits.a_day / DAY * rng.gamma(habits.shape, 1 / habits.shape, everyone)
    span = until - MONDAY
    level = rng.lognormal(0, habits.traffic, int(span // DAY) + 1)
    count = rng.poisson(rate * span * level.max())
    user = np.repeat(np.arange(everyone), count)
    time = rng.uniform(0, span, len(user))
    hour = time % DAY / 3600.0
    busy = NIGHT + (1 - NIGHT) * (0.5 - 0.5 * np.cos(2 * np.pi * (hour - 4) / 24))
    chance = busy * level[(time // DAY).astype(np.int64)] / level.max()
    kept = (rng.random(len(user)) < chance) & (time >= joined[user])
    return MONDAY + time[kept], user[kept]


Rows = tuple[F64, np.ndarray, np.ndarray, np.ndarray]
"""Time, user, outcome and source of attempts."""


def _stuffed(harm: Harm, first: int, window: tuple[float, float], rng: np.random.Generator) -> Rows:
    """Names that are nobody's, each tried a few times with a wrong password, from few sources."""
    tries = rng.integers(1, 4, harm.foreign)
    names = np.repeat(np.arange(harm.foreign), tries) + first
    when = rng.uniform(*window, len(names))
    source = first + rng.integers(0, harm.few, len(names))
    return when, names, np.full(len(names), MISTYPED, np.uint16), source


def _flooded(
    harm: Harm, usual: int, first: int, window: tuple[float, float], rng: np.random.Generator
) -> Rows:
    """Sessions from sources of their own, all of them failed by a system that is overrun."""
    names = np.arange(round(harm.flood * usual)) + first
    when = rng.uniform(*window, len(names))
    return when, names, np.full(len(names), FAILED, np.uint16), names


def _counted(rows: Rows, start: float, end: float) -> World:
    """Count the truth on the attempts themselves, and give everybody a pseudonym."""
    t, u, o, s = rows
    inside = (t >= start) & (t < end)
    size = int(u.max()) + 1
    failed = _any(u, inside & (o == FAILED), size)
    served = _any(u, inside & (o == DONE), size)
    names = np.random.default_rng(7).integers(1, 2**63, size, dtype=np.uint64)
    attempts = UserAttempts.single(
        t, names[u], o.astype(np.uint16), OUTCOMES, (s + 1).astype(np.uint32)
    )
    return World(
        attempts,
        start,
        end,
        active=int((failed | served).sum()),
        hit=int(failed.sum()),
        blocked=int((failed & ~served).sum()),
    )


def _any(user: np.ndarray, where: Bool, size: int) -> Bool:
    found = np.zeros(size, bool)
    found[user[where]] = True
    return found
