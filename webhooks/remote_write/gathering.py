"""What the series of one request bring, gathered and turned to arrays that are checked at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from webhooks.model import Refused
from webhooks.remote_write import histograms
from webhooks.remote_write.labels import Unsound
from webhooks.remote_write.model import I64, Fault, Known, Write, together
from webhooks.times import NEWEST

MS = 1_000_000
AHEAD = 600_000
"""Milliseconds that a sample may be ahead of our clock."""
MOST_SERIES = 20_000
MOST_SAMPLES = 50_000
"""Of one request, histograms and exemplars among them. Senders put 2,000 into one by default."""
MOST_LABELS = 400_000
"""Of one request, but for series that are known: to read them takes about a second."""
LATE = "expected times from 1970 until ten minutes from now"
TWICE = "expected one value a series and time"


class Gathering:
    """Takes in series one by one; `now` is in nanoseconds."""

    def __init__(self, now: int) -> None:
        self._newest = min(now // MS + AHEAD, NEWEST // MS)
        self._places: dict[Known, int] = {}
        self._of: list[int] = []
        self._from: list[int] = []
        self._ms: list[int] = []
        self._bits: list[int] = []
        self._arrays: list[tuple[I64, I64, I64, np.ndarray]] = []
        self._histograms: dict[int, int] = {}
        self._exemplars: dict[int, int] = {}
        self._faults: list[Fault] = []
        self._size = 0
        self._labels = 0

    def place(self, known: Known) -> int:
        """Where a set of labels stands in the request."""
        return self._places.setdefault(known, len(self._places))

    def count(self, more: int) -> None:
        """Note that there is more; `Refused` when it is too much for one request."""
        self._size += more
        if self._size > MOST_SAMPLES:
            raise Refused("timeseries", f"expected at most {MOST_SAMPLES} samples in a request")

    def count_labels(self, more: int) -> None:
        """As `count`, of labels that must be read one by one."""
        self._labels += more
        if self._labels > MOST_LABELS:
            raise Refused("timeseries", f"expected at most {MOST_LABELS} labels in a request")

    def samples(self, at: int, index: int, samples: Sequence[object]) -> None:
        """The samples of the series message `at`, of the labels at the place `index`."""
        for sample in samples:
            self._of.append(index)
            self._from.append(at)
            self._ms.append(sample.timestamp)  # type: ignore[attr-defined]
            self._bits.append(sample.bits)  # type: ignore[attr-defined]

    def array(self, of: I64, at: I64, ms: I64, bits: np.ndarray) -> None:
        """As `samples`, for many series at once; all of shape (n,)."""
        self._arrays.append((of, at, ms, bits))

    def native(self, at: int, index: int, found: Sequence[bytes]) -> None:
        """The native histograms of a series message."""
        for number, raw in enumerate(found):
            try:
                self._in_time(histograms.timestamp_of(raw))
            except Unsound as why:
                field = f"timeseries[{at}].histograms[{number}]"
                self.fault(Fault(field, str(why), histograms=1))
            else:
                self._histograms[index] = self._histograms.get(index, 0) + 1

    def exemplars(self, at: int, index: int, found: Sequence[int | Unsound]) -> None:
        """The exemplars of a series message: the time of each (ms), or what is wrong with it."""
        for number, one in enumerate(found):
            try:
                if isinstance(one, Unsound):
                    raise one
                self._in_time(one)
            except Unsound as why:
                field = f"timeseries[{at}].exemplars[{number}]"
                self.fault(Fault(field, str(why), exemplars=1))
            else:
                self._exemplars[index] = self._exemplars.get(index, 0) + 1

    def fault(self, fault: Fault) -> None:
        """Note what is refused."""
        self._faults.append(fault)

    def write(self) -> Write:
        """All of it: samples in the order of the request, but for those that are refused."""
        lists = (
            np.array(self._of, np.int64),
            np.array(self._from, np.int64),
            np.array(self._ms, np.int64),
            np.array(self._bits, np.uint64),
        )
        of, at, ms, bits = (
            np.concatenate(column) for column in zip(*self._arrays, lists, strict=True)
        )
        if self._arrays:
            order = np.argsort(at, kind="stable")
            of, at, ms, bits = of[order], at[order], ms[order], bits[order]
        good = self._good(at, (ms >= 0) & (ms <= self._newest), LATE)
        of, at, ms, bits = of[good], at[good], ms[good], bits[good]
        good = self._good(at, ~_contradicting(of, ms, bits), TWICE)
        size = len(self._places)
        return Write(
            tuple(self._places),
            of[good],
            ms[good] * MS,
            bits[good].view(np.float64),
            _counts(self._histograms, size),
            _counts(self._exemplars, size),
            together(self._faults),
        )

    def _in_time(self, ms: int) -> None:
        if not 0 <= ms <= self._newest:
            raise Unsound(LATE)

    def _good(self, at: I64, good: np.ndarray, expected: str) -> np.ndarray:
        bad = np.flatnonzero(~good)
        if len(bad):
            self.fault(Fault(f"timeseries[{at[bad[0]]}].samples", expected, samples=len(bad)))
        return good


def _contradicting(of: I64, ms: I64, bits: np.ndarray) -> np.ndarray:
    """Samples that an earlier one of the same series and time contradicts."""
    bad = np.zeros(len(of), bool)
    if len(of) == 0 or (np.diff(of) > 0).all():  # one sample a series, as is usual
        return bad
    order = np.lexsort((ms, of))  # stable: the first of equals comes first
    of, ms, bits = of[order], ms[order], bits[order]
    new = np.ones(len(of), bool)
    new[1:] = (of[1:] != of[:-1]) | (ms[1:] != ms[:-1])
    first = np.maximum.accumulate(np.where(new, np.arange(len(of)), 0))
    bad[order] = bits != bits[first]
    return bad


def _counts(found: dict[int, int], size: int) -> I64:
    counts = np.zeros(size, np.int64)
    for place, count in found.items():
        counts[place] = count
    return counts
