"""Parquet: the columns as they are typed in the file; rows are numbered from 1 in errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.arrow import Cell
from outage_window.sources.files import Source


def names(source: Source) -> tuple[str, ...]:
    """The names of the columns."""
    return tuple(_open(source).schema_arrow.names)


def columns(
    source: Source, wanted: Mapping[str, Cell]
) -> tuple[dict[str, Any], Callable[[int], str]]:
    """The wanted columns; a damaged file is an `InputError`."""
    import pyarrow as pa

    try:
        table = _open(source).read(columns=list(wanted))
        found = {name: _plain(table[name]) for name in wanted}
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(source.name, f"expected a readable Parquet file: {reason}") from None
    return found, lambda row: f"{source.name}: row {row + 1}"


def _plain(column: Any) -> Any:
    """The same values without dictionary encoding, decimals as floats."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column


def _open(source: Source) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(pa.BufferReader(source.data))
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(source.name, f"expected a whole Parquet file: {reason}") from None
