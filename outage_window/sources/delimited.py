"""CSV and its cousins with `;` or tabs: header, then a row a line, quoted as RFC 4180 has it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.arrow import Cell
from outage_window.sources.files import Source

DELIMITERS = (",", ";", "\t")
_DECLARED = re.compile(r'\s*"?sep=([,;|\t])"?[ ]*\r?\n')
ROW = re.compile(rb"[^\r\n]")
_QUOTED = re.compile(r'(^|[,;\t|])"(?:[^"]|"")*"', re.MULTILINE)


def names(source: Source) -> tuple[str, ...]:
    """The header's names, without the blanks around them."""
    return _header(source)[0]


def columns(
    source: Source, wanted: Mapping[str, Cell]
) -> tuple[dict[str, Any], Callable[[int], str]]:
    """The wanted columns, and the line of each row. Blank lines are no rows.

    They come converted when every row converts, else as text. A row with more or fewer cells than
    the header, and text that is not UTF-8, is an `InputError`.
    """
    import pyarrow as pa

    found, delimiter, lines = _header(source)
    place = _places(source, delimiter)
    if ROW.search(source.data, _end_of(source.data, lines)) is None:
        raise InputError(source.name, "no rows after the header; expected at least one")
    types = {"time": pa.timestamp("ns", tz="UTC"), "number": pa.float64()}
    types["word"] = pa.dictionary(pa.int32(), pa.string())
    ideal = {name: types[cell] for name, cell in wanted.items()}
    layout = (found, delimiter, lines)
    try:
        table = _read(source, layout, ideal)
    except pa.ArrowInvalid:
        try:
            table = _read(source, layout, dict.fromkeys(wanted, pa.string()))
        except pa.ArrowInvalid as error:
            raise _located(source, delimiter, len(found), str(error)) from None
    return {name: table[f"c{found.index(name)}"] for name in wanted}, place


Layout = tuple[tuple[str, ...], str, int]
"""The names, the delimiter, and how many lines the header ends after."""


def _read(source: Source, layout: Layout, types: Mapping[str, Any]) -> Any:
    """Columns are numbered, since names may repeat among those that nobody wants."""
    import pyarrow as pa
    import pyarrow.csv as arrow

    names, delimiter, lines = layout
    numbered = {f"c{names.index(name)}": kind for name, kind in types.items()}
    return arrow.read_csv(
        pa.BufferReader(source.data),
        arrow.ReadOptions(column_names=[f"c{i}" for i in range(len(names))], skip_rows=lines),
        arrow.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in source.data),
        arrow.ConvertOptions(
            include_columns=list(numbered),
            column_types=numbered,
            null_values=["", "NaN", "nan", "null", "NULL"],
            strings_can_be_null=False,
        ),
    )


def head(source: Source) -> bytes:
    """What comes before the first row."""
    return source.data[: _end_of(source.data, _header(source)[2])]


def _end_of(data: bytes, lines: int) -> int:
    """Where so many lines end."""
    end = 0
    for _ in range(lines):
        end = data.find(b"\n", end) + 1
        if not end:
            return len(data)
    return end


def _header(source: Source) -> Layout:
    """Read the header, after a line `sep=` such as Excel wants, if there is one."""
    start = source.data[:65536].decode("utf-8", "replace")
    declared, above = _declared(start)
    skipped, start = start.count("\n", 0, above), start[above:]
    delimiter = _delimiter(start, declared)
    rows = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
    try:
        header = next(row for row in rows if row)
    except (csv.Error, StopIteration):
        raise InputError(source.place(1), "expected a header with column names") from None
    return tuple(name.strip() for name in header), delimiter, skipped + rows.line_num


def _declared(start: str) -> tuple[str, int]:
    """The delimiter that a line `sep=` names, and how many characters end with that line."""
    match = _DECLARED.match(start)
    return ("", 0) if match is None else (match[1], match.end())


def _delimiter(start: str, declared: str) -> str:
    """The one that is most often in the header outside of quotes; of equals the first to come."""
    start = start.lstrip("\r\n")
    bare = start.split("\n", 1)[0]
    if '"' in bare:
        bare = _QUOTED.sub(r"\1", start).split("\n", 1)[0]
    known: list[str] = [*declared, *DELIMITERS]
    return max(known, key=lambda one: (bare.count(one), one == declared, -(bare + one).index(one)))


def _records(source: Source, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row after the header with the line that it starts on: slow, for naming a line only."""
    text = source.data.decode("utf-8", "replace")
    above = _declared(text)[1]
    before = text[:above].count("\n")
    rows = csv.reader(io.StringIO(text[above:], newline=""), delimiter=delimiter)
    started, header = 1, True
    for row in rows:
        if row and not header:
            yield started + before, row
        header = header and not row
        started = rows.line_num + 1


def _places(source: Source, delimiter: str) -> Callable[[int], str]:
    starts: list[int] = []

    def place(row: int) -> str:
        if not starts:  # once for all: many services may be at fault
            starts.extend(line for line, _ in _records(source, delimiter))
        return source.place(starts[row]) if row < len(starts) else source.name

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
