"""An onset or a recovery with its interval, and how it is read off a posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.estimate import Z
from detector.series import F64

ONE_SIDED = 2.326 / Z
"""From half a central 95 % interval to the one-sided 99 %."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An onset or recovery in seconds since the epoch, with its 95 % interval.

    `at_limit`: the data begin (or end) inside the stretch, so the true edge may lie beyond them.
    """

    point: float
    low: float
    high: float
    at_limit: bool = False


@dataclass(frozen=True, slots=True)
class Edges:
    """Both edges of a stretch; it lasts `least` seconds or more with a probability of 99 %."""

    start: Edge
    end: Edge
    least: float


def apart(start: Edge, end: Edge) -> Edges:
    """Put together two edges that know nothing of each other."""
    doubt = ((start.high - start.point) ** 2 + (end.point - end.low) ** 2) ** 0.5
    return Edges(start, end, end.point - start.point - ONE_SIDED * doubt)


def limit(time: float) -> Edge:
    """An edge that lies at or beyond the first or last data."""
    return Edge(time, time, time, at_limit=True)


def summary(places: F64, mass: F64) -> Edge:
    """The median and the central 95 % of places (p,), rising, of the given mass (p,)."""
    below = (np.cumsum(mass) - mass / 2) / mass.sum()
    at = np.interp([0.5, 0.025, 0.975], below, places)
    return Edge(float(at[0]), float(at[1]), float(at[2]))
