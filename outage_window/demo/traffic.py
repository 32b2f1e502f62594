"""When people come: sessions a minute with day and week cycles, and an ordinary day's errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

MINUTE = 60.0
DAY = 86_400.0
NIGHT, NOON = 95.0, 165.0
"""Sessions a minute at the quietest and the busiest time of a working day."""
WEEKEND = 0.9
QUIET_HOUR = 4.0
CROWDING = 0.05
"""Spread of the traffic beyond Poisson: meetings, newsletters, rain."""
WRONG_PASSWORD = 0.036
MOOD = 0.12
"""Spread of the share of wrong passwords from one quarter of an hour to the next."""
HICCUP = 0.001
"""Share of attempts that the system fails on any ordinary day."""
THURSDAY = 3
"""The weekday of 1970-01-01, Monday being 0."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Minute by minute, from `begin` on: sessions, and the chance of a wrong password."""

    begin: float
    sessions: NDArray[np.int64]
    wrong_password: F64

    @property
    def end(self) -> float:
        """Where the last minute stops."""
        return self.begin + MINUTE * len(self.sessions)


def weather(
    begin: float, end: float, utc_offset: float, rng: np.random.Generator, mood: float = MOOD
) -> Weather:
    """Draw sessions and wrong passwords for each minute of [`begin`, `end`)."""
    minutes = int((end - begin) // MINUTE)
    local = begin + MINUTE * np.arange(minutes) + utc_offset * 3600.0
    hour = local % DAY / 3600.0
    weekend = (local // DAY + THURSDAY) % 7 >= 5
    day = 0.5 - 0.5 * np.cos(2 * np.pi * (hour - QUIET_HOUR) / 24.0)
    usual = (NIGHT + (NOON - NIGHT) * day) * np.where(weekend, WEEKEND, 1.0)
    crowd = rng.gamma(1 / CROWDING**2, CROWDING**2, minutes)
    quarters = np.exp(mood * rng.standard_normal(minutes // 15 + 1))
    morning = 1.0 + 0.25 * np.exp(-(((hour - 8.5) / 1.5) ** 2)) * ~weekend
    wrong = WRONG_PASSWORD * morning * np.repeat(quarters, 15)[:minutes]
    return Weather(begin, rng.poisson(usual * crowd), wrong)
