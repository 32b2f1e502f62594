"""Parquet: the columns as they are typed in the file; rows are numbered from 1 in errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.arrow import Cell, flat, texts
from outage_window.sources.files import Head, Source

MOST_ROWS = 2**26
"""A few bytes of Parquet can stand for any number of equal rows: more than this fill memory."""


def claims(head: Head) -> bool:
    """Whether a file is Parquet, by its mark."""
    return head.data.startswith(b"PAR1")


def too_many(name: str, rows: int) -> InputError:
    """More rows than memory is meant for."""
    return InputError(name, f"{rows} rows; expected at most {MOST_ROWS} in one file")


def names(source: Source) -> tuple[str, ...]:
    """The names of the columns."""
    with _open(source) as file:
        return tuple(file.schema_arrow.names)


def columns(
    source: Source, wanted: Mapping[str, Cell]
) -> tuple[dict[str, Any], Callable[[int], str]]:
    """The wanted columns; a damaged file, or one that claims too many rows, is an `InputError`."""
    with _open(source) as file, _readable(source.name):
        if file.metadata.num_rows > MOST_ROWS:
            raise too_many(source.name, file.metadata.num_rows)
        table = file.read(columns=list(wanted))
        found = {name: _plain(flat(table[name]), cell) for name, cell in wanted.items()}
    return found, lambda row: f"{source.name}: row {row + 1}"


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of a file's columns, and how many rows each row group has."""

    names: tuple[str, ...]
    groups: tuple[int, ...]


def shape(name: str, file: Any) -> Shape:
    """The shape of an open file, as `pyarrow.OSFile` is one."""
    with _opened(name, file) as opened:
        meta = opened.metadata
        sizes = tuple(meta.row_group(index).num_rows for index in range(meta.num_row_groups))
        return Shape(tuple(opened.schema_arrow.names), sizes)


def batches(
    name: str, file: Any, groups: Sequence[int], wanted: Mapping[str, Cell], rows: int
) -> Iterator[dict[str, Any]]:
    """The wanted columns of row groups of an open file, so many rows at a time."""
    with _opened(name, file) as opened:
        words = [column for column, cell in wanted.items() if cell == "word"]
        words = [word for word in words if _is_text(opened.schema_arrow.field(word).type)]
    with _opened(name, file, words) as opened, _readable(name):
        # One thread: the parts of a file are read side by side.
        parts = opened.iter_batches(
            rows, row_groups=list(groups), columns=list(wanted), use_threads=False
        )
        for part in parts:
            yield {column: _plain(part[column], cell) for column, cell in wanted.items()}


@contextmanager
def _opened(name: str, file: Any, words: Sequence[str] = ()) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        opened = parquet.ParquetFile(file, read_dictionary=list(words))
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(name, f"expected a whole Parquet file: {reason}") from None
    with opened:
        yield opened


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """A file that cannot be read further is an `InputError`."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(name, f"expected a readable Parquet file: {reason}") from None


def _plain(column: Any, cell: Cell) -> Any:
    """The same values without dictionary encoding, decimals as floats, words as text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        if cell == "word" and column.type.value_type == pa.string():
            column.dictionary.validate(full=True)
            return column
        column = column.cast(column.type.value_type)
    if cell == "word" or not _is_scalar(column.type):
        return texts(column)
    return column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _is_scalar(kind: Any) -> bool:
    """Whether a number or a time may be read from it: nothing nested, and no bare bytes."""
    import pyarrow as pa

    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return not (pa.types.is_nested(kind) or binary)


def _open(source: Source) -> Any:
    import pyarrow as pa

    return _opened(source.name, pa.BufferReader(source.data))
