"""What is usual among hours that outages may have touched, of many rows at once."""

from __future__ import annotations

import numpy as np

from detector.series import F64, I64, Bool
from detector.sums import rolling, tally

CALM_HOURS = 12
LEAST_CALM = 0.05
"""Stretches of half a day that are clearly some times above the lowest such stretch are not calm:
an outage of days. Where less than a twentieth is calm, the lowest was no normal running but a fault
of the data."""

LEAST_GROUPS = 12
"""Stretches, at the least: of one or two an outage would be the middle."""


def calm_hours(n: F64, k: F64, rise: F64) -> Bool:
    """Hours (rows, days, 24) that no outage of days can have touched.

    `rise` (rows,) is how many times the lowest half-day the seasons of a day and a week reach.
    """
    shape = n.shape
    n, k = n.reshape(shape[0], -1), k.reshape(shape[0], -1)
    seen = n > 0
    around = [rolling(values, CALM_HOURS) for values in (n, k)]
    attempts, errors = np.maximum(around[0], 1e-9), around[1]
    noise = 2 * np.sqrt(errors)
    lowest = np.where(seen, (errors + noise + 4) / attempts, np.inf).min(axis=1)
    calm = seen & ((errors - noise) / attempts <= (rise * lowest)[:, None])
    few = calm.sum(axis=1) < LEAST_CALM * seen.sum(axis=1)
    few |= _span(seen) < 2 * CALM_HOURS
    calm[few] = seen[few]
    hours: Bool = calm.reshape(shape)
    return hours


def _span(seen: Bool) -> I64:
    """Columns up to the last that was seen, by row."""
    columns = seen.shape[1]
    span: I64 = columns - np.argmax(seen[:, ::-1], axis=1)
    return span


def middle_of_stretches(n: F64, k: F64) -> F64:
    """The middle third of stretches that hold about ten errors each, by row."""
    n, k = n.reshape(len(n), -1), k.reshape(len(k), -1)
    rows, hours = n.shape
    span = _span(n > 0)
    groups = np.maximum(k.sum(axis=1) / 10.0, LEAST_GROUPS).astype(np.int64)
    groups = np.minimum(groups, span)
    most = int(groups.max())
    group = np.minimum(np.arange(hours) * groups[:, None] // span[:, None], groups[:, None] - 1)
    flat = (np.arange(rows)[:, None] * most + group).ravel()
    return middle(*(tally(flat, values.ravel(), rows, most) for values in (n, k)))


def middle(n: F64, k: F64) -> F64:
    """Pool the third of the last axis whose ratio is neither high nor low."""
    known = n > 0
    order = np.argsort(np.where(known, k / np.where(known, n, 1.0), np.inf), axis=-1, kind="stable")
    count = known.sum(axis=-1, keepdims=True)
    third = count // 3
    rank = np.arange(n.shape[-1])
    inside = (rank >= third) & (rank < count - third)
    n, k = (np.take_along_axis(v, order, axis=-1) for v in (n, k))
    pooled: F64 = ((k * inside).sum(axis=-1) + 0.5) / ((n * inside).sum(axis=-1) + 1.0)
    return pooled


def median(values: F64, known: Bool) -> F64:
    """The (upper) median of what is known in each row, over all its further axes; 0 of nothing."""
    rows = len(values)
    flat = np.sort(np.where(known, values, np.inf).reshape(rows, -1), axis=1)
    count = known.reshape(rows, -1).sum(axis=1)
    found = flat[np.arange(rows), count // 2 - (count > 0) * (1 - count % 2)]
    return np.where(count > 0, found, 0.0)
