"""The number that everything derived is: a value with its interval, status, method and origin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["measured", "estimated", "declared", "not_derivable"]

Unit = Literal[
    "time",
    "seconds",
    "ratio",
    "attempts",
    "errors",
    "level",
    "users",
    "user-minutes",
    "per-week",
]
"""`time` is seconds since 1970-01-01T00:00:00Z; `ratio` is a fraction from 0 to 1; `level` is
whatever unit a series without attempts came in."""

LEVEL = 0.95
"""The coverage that every interval of the program aims at."""

Z = 1.959964
"""The normal quantile of such an interval: so many standard deviations each way."""


def percent(share: float, digits: int = 0) -> str:
    """A share as text: `34 %`."""
    return f"{100 * share:.{digits}f} %"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a number came from: a file or query, by name, with the hash of what was read."""

    name: str
    sha256: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, its interval [`low`, `high`] (both ends inclusive), and how it was come by.

    `not_derivable` has neither value nor interval, and says why (`reason`) and what input would
    help (`needs`). A range without a point has `value` None, `low` and `high` set.
    """

    value: float | None
    low: float | None
    high: float | None
    unit: Unit
    status: Status
    method: str
    level: float = LEVEL
    inputs: tuple[Origin, ...] = ()
    reason: str | None = None
    needs: str | None = None

    @classmethod
    def exact(cls, value: float, unit: Unit, method: str) -> Estimate:
        """A number that was counted: its interval is the number itself."""
        return cls(value, value, value, unit, "measured", method)

    @classmethod
    def estimated(cls, value: float, low: float, high: float, unit: Unit, method: str) -> Estimate:
        """A number inferred from data, with its 95 % interval."""
        return cls(value, low, high, unit, "estimated", method)

    @classmethod
    def not_derivable(
        cls, unit: Unit, reason: str, needs: str | None = None, method: str = "none"
    ) -> Estimate:
        """A number that the input cannot give: refused with the reason rather than guessed."""
        return cls(None, None, None, unit, "not_derivable", method, reason=reason, needs=needs)

    def from_inputs(self, inputs: tuple[Origin, ...]) -> Estimate:
        """The same estimate, naming the files or queries that it was derived from."""
        return replace(self, inputs=inputs)
