"""Stretches with their edges, and how they join into windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from detector.boundaries import edges
from detector.edge import Edge, Edges, apart
from detector.evidence import Likelihood
from detector.search import Elevated, settled
from detector.series import F64
from detector.stack import Row

Cause = Literal["errors", "traffic_loss"]


class Cells(Likelihood, Protocol):
    """Successive cells that can be scored as well as weighed."""

    def score(self, effect: F64) -> F64:
        """See `search.Scores`."""


class Evidenced(Protocol):
    """One row beside what is expected of it."""

    @property
    def row(self) -> Row:
        """The row."""

    @property
    def part(self) -> Callable[[int, int], Cells]:
        """The cells from the first to the second (exclusive)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch with both edges; `settled` once the recovery is certain; what it consists of."""

    edges: Edges
    settled: bool
    causes: tuple[Cause, ...]

    @property
    def start(self) -> Edge:
        """The onset."""
        return self.edges.start

    @property
    def end(self) -> Edge:
        """The recovery."""
        return self.edges.end


def stretches_of(
    found: Sequence[Elevated],
    evidence: Evidenced,
    penalty: float,
    cause: Cause = "errors",
) -> list[Stretch]:
    """Find the edges of each stretch, between its neighbours."""
    size = evidence.row.grid.size
    result = []
    for i, one in enumerate(found):
        floor = found[i - 1].stop if i else 0
        last = i + 1 == len(found)
        ceiling = size if last else found[i + 1].start
        found_edges = edges(evidence.part, floor, one.start, one.stop, ceiling, size)
        over = not last or settled(evidence.part, one, size, penalty)
        result.append(Stretch(found_edges, over, (cause,)))
    return result


def merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Put stretches that overlap, of errors and of lost traffic, into one; in order of time."""
    result: list[Stretch] = []
    for one in sorted(stretches, key=lambda stretch: stretch.start.point):
        if result and one.start.point < result[-1].end.point:
            before = result[-1]
            end = max(before.end, one.end, key=lambda edge: edge.point)
            causes = tuple(sorted({*before.causes, *one.causes}))
            over = before.settled and one.settled
            both = apart(before.start, end)
            result[-1] = replace(before, edges=both, causes=causes, settled=over)
        else:
            result.append(one)
    return result


def joined(stretches: Sequence[Stretch], gap: float) -> list[list[Stretch]]:
    """Put stretches closer than `gap` seconds, by their point estimates, into one window."""
    groups: list[list[Stretch]] = []
    for stretch in stretches:
        if groups and stretch.start.point - groups[-1][-1].end.point < gap:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return groups


def lasts(group: Sequence[Stretch]) -> float:
    """Seconds that joined stretches last or more, with a probability of 99 %."""
    if len(group) == 1:
        return group[0].edges.least
    return apart(group[0].start, group[-1].end).least
