"""Tables of attempts that are read whole: CSV, NDJSON, and whatever else `tabular` reads."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from outage_window.errors import InputError
from outage_window.reasons import Reasons
from outage_window.sources import tabular
from outage_window.sources.arrow import Cell, flat, texts
from outage_window.sources.columns import USUAL
from outage_window.sources.files import Source
from outage_window.sources.kinds import kind_of
from outage_window.sources.reading import Reading
from outage_window.sources.times import seconds
from outage_window.sources.users.kept import Kept, Rows
from outage_window.sources.users.roles import TEXTS, recognise
from outage_window.sources.users.spans import Spans, placed

Columns = dict[str, Any]
"""Arrow arrays of equal length by role; `time` is always there."""


def read(source: Source, reading: Reading, known: Reasons, spans: Spans, kept: Kept) -> int:
    """Keep the wanted attempts of a table; how many rows it has."""
    columns = None
    if kind_of(source) == "ndjson" and not (reading.time_column or reading.service_column):
        columns = quick(source)
    if columns is not None:
        try:
            return keep(columns, _each_line(source), reading, known, spans, kept)
        except InputError:
            pass  # the slow road names the line; nothing of the file has been kept
    columns, place = slow(source, reading)
    return keep(columns, place, reading, known, spans, kept)


def keep(
    columns: Columns,
    place: tabular.Place,
    reading: Reading,
    known: Reasons,
    spans: Spans,
    kept: Kept,
) -> int:
    """Keep the rows whose time is wanted; how many rows there are."""
    time = seconds(columns["time"], place, reading.time_zone, reading.time_unit)
    words = {role: columns.get(role) for role in TEXTS}
    wanted, count = spans.wanted(time), len(time)
    if wanted is not None:
        import pyarrow as pa

        rows = np.flatnonzero(wanted)
        time, place, index = time[rows], placed(place, rows), pa.array(rows)
        words = {role: None if one is None else one.take(index) for role, one in words.items()}
    kept.add(Rows(time, place=place, **words), known)
    return count


def slow(source: Source, reading: Reading) -> tuple[Columns, tabular.Place]:
    """The columns by way of `tabular`, which says what is wrong and where."""
    roles = recognise(tabular.names(source), reading, source.name)
    wanted: dict[str, Cell] = {
        name: "time" if role == "time" else "word" for role, name in roles.items()
    }
    table = tabular.load(source, wanted)
    found = {role: table.columns[name] for role, name in roles.items()}
    words = {role: _words(one) for role, one in found.items() if role != "time"}
    return words | {"time": found["time"]}, table.place


def _words(column: Any) -> Any:
    """Text, or a dictionary of text: ids may be numbers."""
    import pyarrow as pa

    return column if pa.types.is_dictionary(column.type) else texts(column)


def _each_line(source: Source) -> tabular.Place:
    return lambda row: source.place(row + 1)


def quick(source: Source) -> Columns | None:
    """NDJSON with the usual keys and no others, one object on every line; None for all else.

    What it does not refuse it reads as the slow road does, at many times its speed.
    """
    import pyarrow as pa
    from pyarrow import json as arrow_json

    time = _time_key(source)
    lines = source.data.rstrip(b"\n").count(b"\n") + 1
    if time is None or source.data.rstrip(b"\n").count(b"}\n{") != lines - 1:
        return None
    name, kind = time
    schema = pa.schema([(name, kind), *((role, pa.string()) for role in TEXTS)])
    try:
        source.data.decode()
        table = arrow_json.read_json(
            pa.BufferReader(source.data),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=schema,
                newlines_in_values=False,
                unexpected_field_behavior="error",
            ),
        )
    except (pa.ArrowException, ValueError):
        return None
    if table.num_rows != lines:
        return None
    found = {role: flat(table[role]) for role in TEXTS}
    return found | {"time": flat(table[name])}


def _time_key(source: Source) -> tuple[str, Any] | None:
    """The key of the time in the first line, and the type that all lines are to have."""
    import pyarrow as pa

    if b"\\u0000" in source.data:  # which the slow road replaces
        return None
    try:
        first = json.loads(source.data.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return None
    names = [name for name in USUAL["time"] if isinstance(first, dict) and name in first]
    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    if len(names) != 1 or type(first[names[0]]) not in kinds:
        return None
    return names[0], kinds[type(first[names[0]])]
