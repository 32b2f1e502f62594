"""One finding: a lead, the verdict on it, and the figures that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["supported", "not_supported", "not_assessable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A lead and what the data say to it.

    `id` names the lead, `because` gives the figures in words, without the verdict. `evidence` holds
    the figures themselves: numbers, ratios (1 is as usual), or names.
    """

    id: str
    verdict: Verdict
    because: str
    evidence: Mapping[str, float | str] = field(default_factory=dict)


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
