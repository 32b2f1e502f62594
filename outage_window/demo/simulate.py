"""The physical truth, attempt by attempt: who tried when, with what outcome, in and out of outages.

Shares neither code nor constants with the detector: nothing here knows how a window is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outage_window.demo.model import Intermittent, LockOut, Outage
from outage_window.demo.traffic import HICCUP, MINUTE, MOOD, Weather, weather

F64 = NDArray[np.float64]
I8 = NDArray[np.int8]
I32 = NDArray[np.int32]

SUCCESS, WRONG_PASSWORD, HICCUPPED, OUTAGE, SLOW = 0, 1, 2, 3, 4
"""What became of an attempt; `SLOW` is a success that took too long."""

NOBODY = -1
"""The user of attempts far from the outage: nobody asks who it was."""

MAX_TRIES = 8
SECOND_TYPO = 0.22
"""Who mistyped once mistypes again that often, whatever the hour."""
PATIENCE = {WRONG_PASSWORD: 0.85, HICCUPPED: 0.8, OUTAGE: 0.65}
"""The chance that somebody tries again at once, by what went wrong."""
PAUSE = {WRONG_PASSWORD: 12.0, HICCUPPED: 8.0, OUTAGE: 45.0}
"""Mean seconds before trying again."""
SELDOM_SLOW = 0.002
ACTIVITY_SHAPE = 2.0
"""Gamma shape of how active users are: a few come all day, many now and then."""
AROUND = 3600.0
"""Seconds around the outage in which attempts carry their user."""
HISTORY = 10.5 * 86_400.0
"""Seconds of normal running before, and after, the outage."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Every attempt of [`begin`, `end`), in no order: time, outcome, pod, and user near the outage.

    Arrays of shape (n,).
    """

    begin: float
    end: float
    time: F64
    outcome: I8
    pod: I8
    user: I32


def simulate(outage: Outage, seed: int, history: float = HISTORY, mood: float = MOOD) -> Attempts:
    """Let people come and go for `history` seconds before and after the outage, and through it.

    `mood` is the spread of the share of wrong passwords between quarters of an hour.
    """
    rng = np.random.default_rng([seed, *outage.id.encode()])
    begin = np.floor((outage.start - history) / MINUTE) * MINUTE
    sky = weather(begin, outage.end + history, outage.utc_offset, rng, mood)
    minute = np.repeat(np.arange(len(sky.sessions)), sky.sessions)
    time = sky.begin + MINUTE * (minute + rng.random(len(minute)))
    user = _who(outage, time, rng)
    locked = _locked(outage, rng)
    tries: list[tuple[F64, I8, I32]] = []
    typo = sky.wrong_password[minute]
    for _ in range(MAX_TRIES):
        outcome = _fate(outage, time, user, typo, locked, rng)
        tries.append((time, outcome, user))
        time, user, typo = _again(sky, time, outcome, user, rng)
    times, outcomes, users = (np.concatenate(part) for part in zip(*tries, strict=True))
    pod = rng.integers(0, outage.pods, len(times), dtype=np.int8)
    return Attempts(sky.begin, sky.end, times, outcomes, pod, users)


def _who(outage: Outage, time: F64, rng: np.random.Generator) -> I32:
    """Draw who came, near the outage: the active come more often."""
    user = np.full(len(time), NOBODY, dtype=np.int32)
    near = np.flatnonzero((time > outage.start - AROUND) & (time < outage.end + AROUND))
    share = np.cumsum(rng.gamma(ACTIVITY_SHAPE, size=outage.users))
    user[near] = np.searchsorted(share, rng.random(len(near)) * share[-1])
    return user


def _locked(outage: Outage, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose whom a lock-out shuts out, however active they are."""
    locked = np.zeros(outage.users, dtype=bool)
    if isinstance(outage.harm, LockOut):
        locked[: round(outage.harm.share * outage.users)] = True
        rng.shuffle(locked)
    return locked


def _fate(
    outage: Outage,
    time: F64,
    user: I32,
    typo: F64,
    locked: NDArray[np.bool_],
    rng: np.random.Generator,
) -> I8:
    """Decide what becomes of each attempt: the outage first, then the usual mishaps."""
    luck = rng.random(len(time))
    outcome = np.zeros(len(time), dtype=np.int8)
    outcome[luck < typo + HICCUP + SELDOM_SLOW] = SLOW
    outcome[luck < typo + HICCUP] = HICCUPPED
    outcome[luck < typo] = WRONG_PASSWORD
    during = np.flatnonzero((time >= outage.start) & (time < outage.end))
    if isinstance(outage.harm, Intermittent):
        chance = rng.random(len(during))
        slow = (chance < outage.harm.slow) & (outcome[during] == SUCCESS)
        outcome[during[slow]] = SLOW
        failed = rng.random(len(during)) < outage.harm.failing
        outcome[during[failed]] = OUTAGE
    else:
        outcome[during[locked[user[during]]]] = OUTAGE
    return outcome


def _again(
    sky: Weather, time: F64, outcome: I8, user: I32, rng: np.random.Generator
) -> tuple[F64, I32, F64]:
    """Let those who failed try again: when, who, and how likely they are to mistype."""
    failed = np.flatnonzero((outcome != SUCCESS) & (outcome != SLOW))
    why = outcome[failed]
    patience, pause = np.zeros(5), np.zeros(5)
    for kind, chance in PATIENCE.items():
        patience[kind], pause[kind] = chance, PAUSE[kind]
    stays = rng.random(len(failed)) < patience[why]
    failed, why = failed[stays], why[stays]
    later = time[failed] + rng.exponential(pause[why])
    inside = later < sky.end
    failed, why, later = failed[inside], why[inside], later[inside]
    minute = ((later - sky.begin) // MINUTE).astype(np.int64)
    typo = np.where(why == WRONG_PASSWORD, SECOND_TYPO, sky.wrong_password[minute])
    return later, user[failed], typo


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened to people in [`start`, `end`), counted on the attempts themselves."""

    start: float
    end: float
    active: int
    hit: int
    blocked: int

    @property
    def share(self) -> float:
        """Users hit, of those who succeeded or met a failure of the system."""
        return self.hit / self.active


def truth(outage: Outage, attempts: Attempts) -> Truth:
    """Count whom the outage hit: at least one failure of the system inside it."""
    during = (attempts.time >= outage.start) & (attempts.time < outage.end)
    user, outcome = attempts.user[during], attempts.outcome[during]
    failed = np.zeros(outage.users, dtype=bool)
    passed = np.zeros(outage.users, dtype=bool)
    failed[user[(outcome == OUTAGE) | (outcome == HICCUPPED)]] = True
    passed[user[(outcome == SUCCESS) | (outcome == SLOW)]] = True
    return Truth(
        outage.start,
        outage.end,
        active=int((failed | passed).sum()),
        hit=int(failed.sum()),
        blocked=int((failed & ~passed).sum()),
    )
