"""Labelled counters to errors by reason, version, region and instance, in bins of minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detector.findings.carrying import BIN, KINDS, MOST_VALUES, Breakdown, Kind
from detector.increase import Counter, rises
from detector.series import F64

LABELS: Mapping[Kind, tuple[str, ...]] = {
    "reason": ("reason", "error", "error_code", "code", "status"),
    "version": ("version", "release", "build", "revision"),
    "region": ("region", "zone", "datacenter", "dc", "az", "cluster"),
    "instance": ("instance", "pod", "host"),
}
"""The labels that say each, the first that is there with more than one value."""

Labelled = tuple[Mapping[str, str], Counter]


def breakdowns(attempts: Sequence[Labelled], errors: Sequence[Labelled]) -> tuple[Breakdown, ...]:
    """The errors of one service by each kind of label that its counters carry.

    Increases are taken per series, as for the sums, and put into the bin of the sample that first
    shows them. A label with more than fifty values keeps those with the most errors.
    """
    # A series may be there without a sample: all of its values were stale.
    attempts, errors = ([one for one in part if len(one[1].time)] for part in (attempts, errors))
    if not errors or not attempts:
        return ()
    every = [*attempts, *errors]
    first = min(float(counter.time[0]) for _, counter in every)
    last = max(float(counter.time[-1]) for _, counter in every)
    begin = np.floor(first / BIN) * BIN
    start = begin + BIN * np.arange(int((last - begin) // BIN) + 1)
    rows = [
        (labels, _binned(counter, rise, start))
        for (labels, counter), rise in zip(every, rises([c for _, c in every]), strict=True)
    ]
    tried, failed = rows[: len(attempts)], rows[len(attempts) :]
    found = (_by(kind, tried, failed, start) for kind in KINDS)
    return tuple(one for one in found if one is not None)


Row = tuple[Mapping[str, str], F64]


def _by(kind: Kind, tried: Sequence[Row], failed: Sequence[Row], start: F64) -> Breakdown | None:
    label = next((name for name in LABELS[kind] if len(_values(name, failed)) > 1), None)
    label = label or next((name for name in LABELS[kind] if _values(name, failed)), None)
    if label is None:
        return None
    values = _values(label, failed)
    carried = kind != "reason" and set(_values(label, tried)) >= set(values)
    total = np.sum([row for _, row in tried], axis=0)
    return Breakdown(
        kind,
        label,
        values,
        start,
        BIN,
        _summed(label, values, tried, len(start)) if carried else total,
        _summed(label, values, failed, len(start)),
    )


def _values(label: str, rows: Sequence[Row]) -> tuple[str, ...]:
    """The values of a label, those with the most first, at most fifty."""
    total: dict[str, float] = {}
    for labels, row in rows:
        if labels.get(label):
            total[labels[label]] = total.get(labels[label], 0.0) + float(row.sum())
    return tuple(sorted(total, key=lambda value: (-total[value], value))[:MOST_VALUES])


def _summed(label: str, values: Sequence[str], rows: Sequence[Row], bins: int) -> F64:
    found = np.zeros((len(values), bins))
    place = {value: index for index, value in enumerate(values)}
    for labels, row in rows:
        if labels.get(label) in place:
            found[place[labels[label]]] += row
    return found


def _binned(counter: Counter, rise: F64, start: F64) -> F64:
    at = np.clip(((counter.time - start[0]) // BIN).astype(np.int64), 0, len(start) - 1)
    return np.bincount(at, weights=rise, minlength=len(start)).astype(np.float64)
