"""Arrow arrays to numpy without Arrow's own road, which imports pandas on its way."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Cell = Literal["time", "number", "word"]
"""What a column should hold; words come from a small set or are wanted as numbers."""


def flat(column: Any) -> Any:
    """One Arrow array instead of chunks."""
    import pyarrow as pa

    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def integers(column: Any) -> NDArray[np.int64]:
    """Whole numbers, or what Arrow stores as such, shape (n,); there must be no null."""
    import pyarrow as pa

    return _view(column if column.type == pa.int64() else column.cast(pa.int64()), np.int64)


def floats(column: Any) -> NDArray[np.float64]:
    """Numbers, shape (n,), with NaN for null; whatever does not convert raises `ArrowInvalid`."""
    import pyarrow as pa

    numbers = column if column.type == pa.float64() else column.cast(pa.float64(), safe=False)
    values = _view(numbers, np.float64)
    if numbers.null_count:
        values = values.copy()
        values[nulls(numbers)] = np.nan
    return values


def truths(column: Any) -> NDArray[np.bool_]:
    """Booleans, shape (n,); null is False."""
    import pyarrow as pa

    known = column.fill_null(False) if column.null_count else column
    return _view(known.cast(pa.uint8()), np.uint8).astype(np.bool_)


def nulls(column: Any) -> NDArray[np.bool_]:
    """Where there is no value, shape (n,)."""
    import pyarrow as pa

    return _view(column.is_null().cast(pa.uint8()), np.uint8).astype(np.bool_)


def texts(column: Any) -> Any:
    """The column as Arrow strings; `ArrowInvalid` for what is no text: nested, or not UTF-8."""
    import pyarrow as pa

    try:
        found = column.cast(pa.string())
        found.validate(full=True)
    except pa.ArrowNotImplementedError:
        raise pa.ArrowInvalid(f"expected text, not {column.type}") from None
    return found


def codes(column: Any) -> tuple[NDArray[np.int64], list[str]]:
    """The number of each row's text among the distinct ones, -1 for null, and the distinct ones."""
    import pyarrow as pa

    encoded = column
    if not pa.types.is_dictionary(column.type):
        encoded = texts(column).dictionary_encode()
    numbers = encoded.indices.fill_null(-1) if encoded.null_count else encoded.indices
    return integers(numbers), encoded.dictionary.to_pylist()


def _view(column: Any, kind: Any) -> NDArray[Any]:
    """The array's own memory, read-only."""
    buffer = column.buffers()[1]
    if buffer is None:
        return np.empty(0, dtype=kind)
    return np.frombuffer(buffer, dtype=kind)[column.offset : column.offset + len(column)]
