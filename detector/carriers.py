"""Which values of a label carry the excess of errors: reasons, versions, regions, instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimate import Estimate, Z
from detector.series import F64, Bool

METHOD = "errors - errors expected from the same value's normal running"


@dataclass(frozen=True, slots=True)
class Carrier:
    """One value of a label: its errors beyond the usual in a window, and its share of all those.

    `share` is not derivable where there is no excess to share.
    """

    value: str
    excess: Estimate
    share: Estimate


def carriers(
    values: Sequence[str], attempts: F64, errors: F64, inside: F64, normal: Bool
) -> tuple[Carrier, ...]:
    """Split the excess of a window by the values of one label, the largest first.

    `errors` has shape (v, n), an interval of the window's service a column. `attempts` has the same
    shape where attempts carry the label (versions, regions), else (n,): a reason has no attempts of
    its own. `inside` (n,) is the share of each interval that lies in the window, `normal` (n,)
    marks intervals of normal running. Missing numbers are 0 in both. The interval is that of
    overdispersed counts; the spread is learnt from normal running, and is Poisson's at least.

    Raises ValueError where shapes do not fit or nothing is normal.
    """
    errors = np.atleast_2d(errors)
    n = np.broadcast_to(attempts, errors.shape)
    if len(values) != len(errors) or inside.shape != normal.shape != errors.shape[1:]:
        raise ValueError("a split wants one row of errors a value and one column an interval")
    if not normal.any():
        raise ValueError("a split wants intervals of normal running")
    usual = errors[:, normal].sum(axis=1) / np.maximum(n[:, normal].sum(axis=1), 1e-9)
    seen = (errors * inside).sum(axis=1)
    expected = usual * (n * inside).sum(axis=1)
    spread = _spread(errors[:, normal], usual[:, None] * n[:, normal])
    # The usual ratio is itself an estimate, from so many errors.
    doubt = expected**2 / np.maximum(errors[:, normal].sum(axis=1), 1.0)
    deviation = np.sqrt(spread * (np.maximum(seen, expected) + doubt))
    excess = seen - expected
    order = sorted(range(len(values)), key=lambda i: (-excess[i], values[i]))
    return tuple(
        Carrier(values[i], _excess(excess[i], deviation[i]), _share(excess, deviation, i))
        for i in order
    )


def _spread(errors: F64, expected: F64) -> F64:
    """How many times as much as a Poisson's each value's errors vary in normal running, (v,)."""
    off = ((errors - expected) ** 2).sum(axis=1)
    spread: F64 = np.maximum(off / np.maximum(expected.sum(axis=1), 1e-9), 1.0)
    return np.where(expected.sum(axis=1) > 0, spread, 1.0)


def _excess(value: float, deviation: float) -> Estimate:
    low, high = value - Z * deviation, value + Z * deviation
    return Estimate.estimated(float(value), float(low), float(high), "errors", METHOD)


def _share(excess: F64, deviation: F64, index: int) -> Estimate:
    """The share of the total excess, by the delta method for own / (own + others)."""
    own, total = float(excess[index]), float(excess.sum())
    noise = float(np.sqrt((deviation**2).sum()))
    if total <= Z * noise:
        return Estimate.not_derivable(
            "ratio", "the window holds no more errors than usual, within the noise"
        )
    part = own / total
    others = float((deviation**2).sum() - deviation[index] ** 2)
    spread = np.sqrt(((1 - part) * deviation[index]) ** 2 + part**2 * others) / total
    low, high = max(part - Z * spread, 0.0), min(part + Z * spread, 1.0)
    value = min(max(part, 0.0), 1.0)
    return Estimate.estimated(
        value, min(low, value), max(high, value), "ratio", "its excess / the excess of all values"
    )
