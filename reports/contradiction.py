"""One thing that does not fit in an incident, and the bounds that all checks hold times against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detector.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One thing that does not fit. `statement` is plain text, `evidence` the figures behind it."""

    id: str
    statement: str
    evidence: Mapping[str, str | float]


def bounds(edge: Estimate) -> tuple[float, float]:
    """From when to when an edge may lie; an edge without an interval is taken as it is."""
    assert edge.value is not None
    low = edge.value if edge.low is None else edge.low
    return low, edge.value if edge.high is None else edge.high
