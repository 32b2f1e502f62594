"""CSV and its cousins with `;` or tabs: header, then a row a line, quoted as RFC 4180 has it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.files import Source

DELIMITERS = (",", ";", "\t")


def names(source: Source) -> tuple[str, ...]:
    """The header's names, without the blanks around them."""
    return _header(source)[0]


def columns(source: Source, wanted: Sequence[str]) -> tuple[dict[str, Any], Callable[[int], str]]:
    """The wanted columns as text, and the line of each row. Blank lines are no rows.

    A row with more or fewer cells than the header, and text that is not UTF-8, is an `InputError`.
    """
    import pyarrow as pa
    import pyarrow.csv as arrow

    found, delimiter, lines = _header(source)
    place = _places(source, delimiter)
    if not source.data.rstrip(b"\r\n").count(b"\n", 0) >= lines:
        raise InputError(source.name, "no rows after the header; expected at least one")
    keys = {f"c{found.index(name)}": name for name in wanted}
    try:
        table = arrow.read_csv(
            pa.BufferReader(source.data),
            arrow.ReadOptions(column_names=[f"c{i}" for i in range(len(found))], skip_rows=lines),
            arrow.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in source.data),
            arrow.ConvertOptions(
                include_columns=list(keys),
                column_types=dict.fromkeys(keys, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise _located(source, delimiter, len(found), str(error)) from None
    return {name: table[key] for key, name in keys.items()}, place


def _header(source: Source) -> tuple[tuple[str, ...], str, int]:
    """The names, the delimiter, and how many lines the header ends after.

    The delimiter is the one that splits the header into the most names.
    """
    start = io.StringIO(source.data[:65536].decode("utf-8", "replace"), newline="")
    splits = []
    for delimiter in DELIMITERS:
        start.seek(0)
        rows = csv.reader(start, delimiter=delimiter)
        try:
            header = next(row for row in rows if row)
        except (csv.Error, StopIteration):
            raise InputError(source.place(1), "expected a header with column names") from None
        splits.append((tuple(name.strip() for name in header), delimiter, rows.line_num))
    return max(splits, key=lambda split: len(split[0]))


def _records(source: Source, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row after the header with the line that it starts on: slow, for naming a line only."""
    text = io.StringIO(source.data.decode("utf-8", "replace"), newline="")
    rows = csv.reader(text, delimiter=delimiter)
    started, header = 1, True
    for row in rows:
        if row and not header:
            yield started, row
        header = header and not row
        started = rows.line_num + 1


def _places(source: Source, delimiter: str) -> Callable[[int], str]:
    def place(row: int) -> str:
        for index, (line, _) in enumerate(_records(source, delimiter)):
            if index == row:
                return source.place(line)
        return source.name

    return place


def _located(source: Source, delimiter: str, width: int, reason: str) -> InputError:
    """Find the line that the fast reader stumbled over."""
    try:
        source.text()
        for line, row in _records(source, delimiter):
            if len(row) != width:
                return InputError(
                    source.place(line), f"{len(row)} cells; expected {width} as in the header"
                )
    except csv.Error as error:
        return InputError(source.name, f"expected CSV: {error}")
    except InputError as error:
        return error
    return InputError(source.name, f"expected CSV: {' '.join(reason.split())}")
