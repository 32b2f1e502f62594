"""A real Prometheus that evaluates expressions over history: in pieces, two at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeVar

import numpy as np

from outage_window.errors import InputError
from outage_window.sources.pull import PrometheusClient, PullFailed, TooMuch, Unfit
from outage_window.sources.sampled import Sampled

MOST_POINTS = 11_000
"""Prometheus answers with no more points a series."""
AT_ONCE = 2
"""Queries under way: more would take the processors from whoever else asks."""
FEWEST = 60
"""Points below which a piece that is still too much is given up."""

T = TypeVar("T")


class Refused(Exception):
    """The engine refuses an expression: what it says. `syntax`: whatever the samples are."""

    def __init__(self, reason: str, syntax: bool) -> None:
        super().__init__(reason)
        self.syntax = syntax


@dataclass(frozen=True, slots=True)
class Grid:
    """Evaluations at `start`, `start + step`, …: `count` of them, seconds since the epoch."""

    start: float
    step: float
    count: int

    @classmethod
    def within(cls, start: float, end: float, step: float, phase: float = 0.0) -> Grid:
        """The multiples of the step in [start, end), all of them `phase` seconds later."""
        first = int(np.ceil(round((start - phase) / step, 6)))
        last = int(np.ceil(round((end - phase) / step, 6)))
        return cls(first * step + phase, step, max(last - first, 0))

    @property
    def end(self) -> float:
        """The last evaluation."""
        return self.start + (self.count - 1) * self.step

    def places(self, time: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.int64]:
        """Which evaluation each time is."""
        found: np.typing.NDArray[np.int64] = np.rint((time - self.start) / self.step).astype(int)
        return found


class Engine:
    """Evaluates by `query_range` alone; keeps no answer. May be asked by one thread at a time.

    `origin` is what it is called in reports. `owned`: it was started here over samples that are
    given to it, so nobody's recording rules run in it.
    """

    owned = False

    def __init__(self, make: Callable[[], PrometheusClient], origin: str) -> None:
        self.origin = origin
        self._clients: SimpleQueue[PrometheusClient] = SimpleQueue()
        for _ in range(AT_ONCE):
            self._clients.put(make())
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def close(self) -> None:
        """Close its connections; queries under way are waited for."""
        self._pool.shutdown(cancel_futures=True)
        for _ in range(AT_ONCE):
            self._clients.get().close()

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[Sampled]:
        """What an expression gives at the multiples of `step` in [start, end).

        One `Sampled` a set of labels, NaN kept; at evaluations without a result it has no sample.
        Raises `Refused` where the expression is at fault, `InputError` where the engine is.
        """
        return self.evaluated([expr], Grid.within(start, end, step))[0]

    def evaluated(self, exprs: Sequence[str], grid: Grid) -> list[list[Sampled]]:
        """As `query_range`, of several expressions, in their order."""
        return [self._value(one) for one in self.attempted(exprs, grid)]

    def attempted(self, exprs: Sequence[str], grid: Grid) -> list[list[Sampled] | Refused]:
        """As `evaluated`, with what the engine says where it refuses an expression."""
        jobs = []
        for expr in exprs:
            pieces = [
                self._pool.submit(self._piece, expr, part) for part in _parts(grid, MOST_POINTS)
            ]
            jobs.append(pieces)
        found: list[list[Sampled] | Refused] = []
        for pieces in jobs:
            try:
                found.append(_joined([one for piece in pieces for one in piece.result()]))
            except Unfit as error:
                found.append(Refused(error.reason, error.syntax))
            except PullFailed as error:
                self._pool.shutdown(cancel_futures=True)
                raise InputError(self.origin, str(error)) from None
        return found

    def first_of(self, metric: str, grid: Grid) -> bool:
        """Whether a metric has any sample that the evaluations of a grid could see."""
        return any(len(one.time) for one in self.present(metric, grid))

    def present(self, metric: str, grid: Grid) -> list[Sampled]:
        """At which evaluations a metric has samples: `count` of its series, nothing without."""
        return self.evaluated([f'count({{__name__="{metric}"}})'], grid)[0]

    def evaluation_interval(self) -> float | None:
        """The engine's own, seconds, where it tells."""
        try:
            return self._with(lambda client: client.evaluation_interval())
        except PullFailed as error:
            raise InputError(self.origin, str(error)) from None

    def _value(self, found: list[Sampled] | Refused) -> list[Sampled]:
        if isinstance(found, Refused):
            raise found
        return found

    def _with(self, work: Callable[[PrometheusClient], T]) -> T:
        client = self._clients.get()
        try:
            return work(client)
        finally:
            self._clients.put(client)

    def _piece(self, expr: str, part: Grid) -> list[Sampled]:
        """One piece, in halves where it is too much."""
        try:
            return self._with(
                lambda client: client.evaluated(expr, part.start, part.end, part.step)
            )
        except TooMuch:
            if part.count <= FEWEST:
                raise
        halves = _parts(part, -(-part.count // 2))
        return [one for half in halves for one in self._piece(expr, half)]


def _parts(grid: Grid, most: int) -> Iterator[Grid]:
    for begin in range(0, grid.count, most):
        count = min(most, grid.count - begin)
        yield Grid(grid.start + begin * grid.step, grid.step, count)


def _joined(parts: Sequence[Sampled]) -> list[Sampled]:
    """The pieces of each series put together, in order of labels."""
    found: dict[tuple[tuple[str, str], ...], list[Sampled]] = {}
    for one in parts:
        found.setdefault(tuple(sorted(one.labels.items())), []).append(one)
    return [
        Sampled(
            ones[0].labels,
            np.concatenate([one.time for one in ones]),
            np.concatenate([one.value for one in ones]),
        )
        for _, ones in sorted(found.items())
    ]
