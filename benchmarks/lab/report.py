"""What a part of the benchmark comes to, how it becomes a table, and how its work is spread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Task = TypeVar("Task")
Answer = TypeVar("Answer")

TUNING, REPORTING = 1000, 1
"""Seeds for tuning and for reporting; nothing was tuned on the second."""


@dataclass(frozen=True, slots=True)
class Line:
    """One target: what was measured, what was asked, and whether it is met (None: no target)."""

    name: str
    asked: str
    seen: str
    met: bool | None
    note: str = ""


def table(lines: Iterable[Line]) -> str:
    """The lines as a Markdown table."""
    words = {True: "yes", False: "**no**", None: "–"}
    rows = [f"| {x.name} | {x.asked} | {x.seen} | {words[x.met]} | {x.note} |" for x in lines]
    return "\n".join(["| what | target | seen | met | |", "| --- | --- | --- | --- | --- |", *rows])


def rng_of(seed: int, *names: int | float) -> np.random.Generator:
    """Random numbers for one repetition, the same whatever else runs."""
    return np.random.default_rng([seed, *(round(name * 1000) for name in names)])


def spread(work: Callable[[Task], Answer], tasks: Sequence[Task], workers: int) -> Iterator[Answer]:
    """Do all tasks, in order, in so many processes."""
    if workers == 1:
        yield from map(work, tasks)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, tasks)
