"""The intervals around closed incidents, in full: kept beside them, compact, and quick to read."""

from __future__ import annotations

import struct
from typing import Any

import cramjam
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from detector.cells import Cells
from detector.series import F64, I64
from outage_window.store.dialects import insert
from outage_window.store.schema import cells as table

TICKS = 1_000_000
"""Times are kept to the microsecond, which is all that a float of this century holds."""
NEAR = 1e-7
"""What is expected is kept in half the bytes where no value moves by more than this share."""
LEVEL = 3
_HEAD = struct.Struct("<Bd")
_WHOLE = ("u1", "<u2", "<u4", "<u8")
_SAME, _HALF, _FULL, _RATIO = 10, 11, 12, 13
"""Kinds of columns besides whole numbers, whose kind is their place in `_WHOLE`."""
Column = tuple[int, float, bytes]
"""The kind of a column, the number that it begins from, and the bytes of the rest."""


def keep(connection: Connection, identity: str, size: int, data: bytes) -> None:
    """Keep the cells around an incident, which `pack` made, in place of those that are there."""
    values = {"size": size, "data": data}
    row = insert(connection, table).values(values | {"incident_id": identity})
    connection.execute(row.on_conflict_do_update(index_elements=["incident_id"], set_=values))


def of(connection: Connection, identity: str) -> tuple[int, bytes] | None:
    """How many cells are kept of an incident, and what `unpack` makes them from."""
    query = select(table.c.size, table.c.data).where(table.c.incident_id == identity)
    row = connection.execute(query).first()
    return None if row is None else (row.size, bytes(row.data))


def pack(cells: Cells) -> bytes:
    """The cells, at least one, as bytes: attempts, errors and ratios to the bit, NaN as such.

    Times are rounded to the microsecond; expected ratios and the usual band to seven digits.
    """
    start, end = (np.rint(time * TICKS).astype(np.int64) for time in (cells.start, cells.end))
    columns = [
        _whole(_steps(start)),
        _whole(end - start),
        _counts(cells.attempts),
        _counts(cells.errors),
        _ratio(cells),
        *(_rounded(values) for values in (cells.expected, cells.low, cells.high)),
    ]
    head = b"".join(_HEAD.pack(kind, number) for kind, number, _ in columns)
    body = b"".join(data for _, _, data in columns)
    return head + struct.pack("<d", start[0]) + bytes(cramjam.zstd.compress(body, LEVEL))


def unpack(data: bytes, size: int) -> Cells:
    """What `pack` was given."""
    heads = [_HEAD.unpack_from(data, _HEAD.size * i) for i in range(8)]
    at = _HEAD.size * 8
    (first,) = struct.unpack_from("<d", data, at)
    body = memoryview(cramjam.zstd.decompress(memoryview(data)[at + 8 :]))
    found: list[Any] = []
    for kind, number in heads:
        values, used = _values(kind, number, body, size)
        found.append(values)
        body = body[used:]
    steps, length, attempts, errors, ratio, expected, low, high = found
    ticks = first + np.cumsum(steps) - steps
    start, end = ticks / TICKS, (ticks + length) / TICKS
    if ratio is None:
        ratio = _divided(errors, attempts)
    return Cells(start, end, attempts, errors, ratio, expected, low, high)


def _values(kind: int, number: float, body: memoryview, size: int) -> tuple[F64 | None, int]:
    """The values of a column at the beginning of `body`, and the bytes that they take."""
    if kind == _SAME:
        return np.full(size, number), 0
    if kind == _RATIO:
        return None, 0
    if kind in (_HALF, _FULL):
        width = 4 if kind == _HALF else 8
        return _unplanes(body[: width * size], width).astype(np.float64), width * size
    stored = np.frombuffer(body, _WHOLE[kind], size)
    return stored + np.float64(number), stored.nbytes


def _steps(start: I64) -> I64:
    """From each to the next; what follows the last is of no account, and as far as from before."""
    steps = np.diff(start)
    return np.append(steps, steps[-1:] if len(steps) else 0)


def _whole(values: I64) -> Column:
    """Whole numbers in as few bytes each as they need above the least of them."""
    least = int(values.min())
    span = int(values.max()) - least
    if not span:
        return _SAME, float(least), b""
    kind = next(k for k, name in enumerate(_WHOLE) if span <= np.iinfo(name).max)
    return kind, float(least), (values - least).astype(_WHOLE[kind]).tobytes()


def _counts(values: F64) -> Column:
    """Attempts or errors: whole numbers, if they are, and else as they are."""
    if np.isfinite(values).all() and not (values % 1).any() and (np.abs(values) < 2**53).all():
        return _whole(values.astype(np.int64))
    return _full(values)


def _ratio(cells: Cells) -> Column:
    """Nothing, where it is errors / attempts to the bit."""
    if np.array_equal(cells.ratio, _divided(cells.errors, cells.attempts), equal_nan=True):
        return _RATIO, 0.0, b""
    return _full(cells.ratio)


def _divided(errors: F64, attempts: F64) -> F64:
    ratio = np.full(len(attempts), np.nan)
    np.divide(errors, attempts, out=ratio, where=attempts > 0)
    return ratio


def _rounded(values: F64) -> Column:
    with np.errstate(over="ignore"):
        half = values.astype("<f4")
    if np.allclose(half, values, rtol=NEAR, atol=0.0, equal_nan=True):
        return _HALF, 0.0, _planes(half, 4)
    return _full(values)


def _full(values: F64) -> Column:
    if (values.view(np.int64) == values.view(np.int64)[0]).all():
        return _SAME, float(values[0]), b""
    return _FULL, 0.0, _planes(values.astype("<f8"), 8)


def _planes(values: NDArray[Any], width: int) -> bytes:
    """Bytes of equal weight side by side: neighbours differ in the low ones only."""
    return values.view(np.uint8).reshape(-1, width).T.tobytes()


def _unplanes(raw: memoryview, width: int) -> NDArray[Any]:
    table = np.frombuffer(raw, np.uint8).reshape(width, -1)
    whole = np.empty((table.shape[1], width), np.uint8)
    for place, plane in enumerate(table):
        whole[:, place] = plane
    return whole.reshape(-1).view(f"<f{width}")
