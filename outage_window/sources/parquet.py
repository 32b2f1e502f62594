"""Parquet: the columns as they are typed in the file; rows are numbered from 1 in errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.arrow import Cell, texts
from outage_window.sources.files import Head, Source

MOST_ROWS = 2**26
"""A few bytes of Parquet can stand for any number of equal rows: more than this fill memory."""


def claims(head: Head) -> bool:
    """Whether a file is Parquet, by its mark."""
    return head.data.startswith(b"PAR1")


def names(source: Source) -> tuple[str, ...]:
    """The names of the columns."""
    return tuple(_open(source).schema_arrow.names)


def columns(
    source: Source, wanted: Mapping[str, Cell]
) -> tuple[dict[str, Any], Callable[[int], str]]:
    """The wanted columns; a damaged file, or one that claims too many rows, is an `InputError`."""
    import pyarrow as pa

    file = _open(source)
    if file.metadata.num_rows > MOST_ROWS:
        raise InputError(
            source.name, f"{file.metadata.num_rows} rows; expected at most {MOST_ROWS} in one file"
        )
    try:
        table = file.read(columns=list(wanted))
        found = {name: _plain(table[name], cell) for name, cell in wanted.items()}
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(source.name, f"expected a readable Parquet file: {reason}") from None
    return found, lambda row: f"{source.name}: row {row + 1}"


def _plain(column: Any, cell: Cell) -> Any:
    """The same values without dictionary encoding, decimals as floats, words as text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if cell == "word" or not _is_scalar(column.type):
        return texts(column)
    return column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column


def _is_scalar(kind: Any) -> bool:
    """Whether a number or a time may be read from it: nothing nested, and no bare bytes."""
    import pyarrow as pa

    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return not (pa.types.is_nested(kind) or binary)


def _open(source: Source) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(pa.BufferReader(source.data))
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(source.name, f"expected a whole Parquet file: {reason}") from None
