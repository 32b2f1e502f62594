"""Columns in as few bytes as hold every value exactly: most are small whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = {"<u1": 2.0**8, "<u2": 2.0**16, "<u4": 2.0**32}
"""The types that are tried, and what is beyond them."""

Column = NDArray[Any]


def narrow(column: Column) -> Column:
    """The column, shape (n,), in the narrowest type that gives all its bits back.

    Shape (1,) where all rows are the same. `widened` is the way back; not-a-number, negative zero
    and fractions stay what they are.
    """
    bits = column.view(f"u{column.itemsize}")
    if len(bits) and bits[0] == bits[-1] and (bits == bits[0]).all():
        return column[:1]
    top = column.max(initial=0)  # not-a-number is below nothing
    kind = next((kind for kind, beyond in KINDS.items() if top < beyond), None)
    if kind is None or np.dtype(kind).itemsize >= column.itemsize:
        return column
    with np.errstate(invalid="ignore"):  # what does not fit is seen by the bits
        small = column.astype(kind)
    same = bool((small.astype(column.dtype).view(bits.dtype) == bits).all())
    return small if same else column


def widened(parts: list[Column], kind: str) -> Column:
    """Parts one after another, in the type that they had."""
    if len(parts) == 1:
        return parts[0].astype(kind, copy=False)
    return np.concatenate(parts, dtype=kind)
