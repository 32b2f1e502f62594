"""What a remote-write request holds, once checked, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = tuple[tuple[str, str], ...]
"""(name, value) of each label, sorted by name: the identity of a series."""

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A set of labels that was checked. Equal sets are one object throughout a request."""

    labels: Labels


@dataclass(frozen=True, slots=True)
class Fault:
    """What was refused for one reason: the first place of it, what was expected, and how much."""

    field: str
    expected: str
    samples: int = 0
    histograms: int = 0
    exemplars: int = 0

    def __add__(self, other: Fault) -> Fault:
        return Fault(
            self.field,
            self.expected,
            self.samples + other.samples,
            self.histograms + other.histograms,
            self.exemplars + other.exemplars,
        )


@dataclass(frozen=True, slots=True)
class Write:
    """The good part of a request, and the faults of the rest.

    `series` are the k sets of labels. Samples are arrays of shape (n,): `of` the place of their
    series, `time` in nanoseconds, `value` with every bit as sent (stale markers and NaN included).
    One (series, time) may repeat, with the same bits. `histograms` and `exemplars`, shape (k,), are
    counts: of native histograms and exemplars nothing else is read than whether they are sound.
    """

    series: Sequence[Known]
    of: I64
    time: I64
    value: NDArray[np.float64]
    histograms: I64
    exemplars: I64
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Written:
    """How much of a request was accepted, and what of it was refused for lack of room or sense.

    What no service asks for is accepted, too: the sender has nothing to mend about it.
    """

    samples: int
    histograms: int
    exemplars: int
    faults: Sequence[Fault] = ()


def together(faults: Sequence[Fault]) -> list[Fault]:
    """One fault a reason, in the order in which the reasons first appear."""
    found: dict[str, Fault] = {}
    for fault in faults:
        known = found.get(fault.expected)
        found[fault.expected] = fault if known is None else known + fault
    return list(found.values())
