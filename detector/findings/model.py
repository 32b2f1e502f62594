"""A multiple of what was expected, with its interval: what findings rest on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """Something seen as a multiple of what was expected: point and 95 % interval, 1 is as usual."""

    value: float
    low: float
    high: float

    def above(self, level: float) -> bool | None:
        """Whether it is above a level: None where the interval holds the level."""
        if self.low > level:
            return True
        return False if self.high < level else None

    @property
    def words(self) -> str:
        """`x 1.71 (1.60 to 1.83)`."""
        return f"× {self.value:.2f} ({self.low:.2f} to {self.high:.2f})"
