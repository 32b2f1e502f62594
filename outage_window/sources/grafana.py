"""Delimited text whose columns are series named by their headers, as Grafana exports panels."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from detector.series import F64, I64
from outage_window.errors import InputError
from outage_window.sources import arrow, columns, delimited
from outage_window.sources.arrow import Cell
from outage_window.sources.files import Source
from outage_window.sources.formatted import Unit
from outage_window.sources.numbers import shown
from outage_window.sources.reading import Quantity, Reading
from outage_window.sources.sampled import Sampled, SampleFile, Told
from outage_window.sources.times import seconds

COLUMN = "column"
"""The label that holds the text of a column's header."""

LONG = ("series", "time", "value")
"""The header of one row a series and time, lower case."""

_PAIR = r'([a-zA-Z_][a-zA-Z0-9_.]*)="([^"]*)"'
_LABELS = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)?\{{({_PAIR}(?:, ?{_PAIR})*)\}}")
_QUANTITY: dict[Unit, Quantity | None] = {"": None, "%": "ratio", "/s": "rate"}

Place = Callable[[int], str]


@dataclass(slots=True)
class _Found:
    """The series read so far, and whether any came as it was shown to people."""

    series: list[Sampled] = field(default_factory=list)
    rounded: bool = False


def claims(source: Source, reading: Reading) -> bool:
    """Whether the columns of a delimited file are series rather than those of one table.

    They are where a header is a set of labels, where frames follow each other after blank lines,
    and where a selector names the label `column`.
    """
    names = delimited.names(source)
    if _is_long(names, reading) or any(_LABELS.fullmatch(name) for name in names):
        return True
    selectors = (reading.attempts_selector, reading.errors_selector)
    if any(m.label == COLUMN for selector in selectors if selector for m in selector.matchers):
        return True
    return len(_frames(source)) > 1


def read(source: Source, reading: Reading) -> SampleFile:
    """Read every column that the reading may want: all, unless it names or selects some.

    A series has the label `column`, its header, and the labels that the header writes. What a
    display unit tells (`%`, `req/s`) is told; an empty cell is no sample. `InputError` where there
    is no column of times, where two columns have the same header, and see `formatted.parse`.
    """
    frames = [(frame, delimited.names(frame)) for frame in _frames(source)]
    every = [name for _, names in frames for name in names]
    if not _is_long(frames[0][1], reading):
        for role in ("attempts", "errors", "ratio"):
            columns.find(every, role, getattr(reading, f"{role}_column"), source.name)
    found = _Found()
    for frame, names in frames:
        if len(frames) > 1 and frame.data.strip().count(b"\n") == 0:
            continue  # a series without values has a header only
        _read_frame(frame, names, reading, found)
    series = [one.labels[COLUMN] for one in found.series]
    again = next((name for name in series if series.count(name) > 1), None)
    if again is not None:
        raise InputError(
            source.name,
            f"two columns {again[:40]!r}; expected headers that tell the series apart"
            " (Grafana: Inspect, Data, Data options, Series joined by time)",
        )
    notes = (f"{source.name}: percentages and rates are as rounded as they were shown",)
    rows = sum(len(one.time) for one in found.series)
    return SampleFile(source.origin(rows), tuple(found.series), notes if found.rounded else ())


def _read_frame(frame: Source, names: tuple[str, ...], reading: Reading, found: _Found) -> None:
    again = next((name for name in names if names.count(name) > 1), None)
    if again is not None:
        raise InputError(frame.place(1), f"two columns {again[:40]!r}; expected one")
    time_name = columns.find(names, "time", reading.time_column, frame.name)
    if time_name is None:
        raise InputError(frame.place(1), "no column of times; expected Time, or --time-column")
    if _is_long(names, reading):
        _read_long(frame, names, reading, found)
        return
    wanted = [n for n in names if n != time_name and _wanted(labels_of(n), reading)]
    kinds: dict[str, Cell] = dict.fromkeys(wanted, "number")
    table, place = delimited.columns(frame, kinds | {time_name: "time"})
    time = _times(table[time_name], place, reading)
    for name in wanted:
        _add(found, name, time, *shown(arrow.flat(table[name]), name, place))


def _read_long(frame: Source, names: tuple[str, ...], reading: Reading, found: _Found) -> None:
    """A row a series and time; the series is named in a column of its own."""
    name, time_name, value_name = names
    table, place = delimited.columns(frame, {name: "word", time_name: "time", value_name: "number"})
    codes, words = arrow.codes(arrow.flat(table[name]))
    time = _times(table[time_name], place, reading)
    for code, word in enumerate(words):
        if _wanted(labels_of(word), reading):
            rows = np.flatnonzero(codes == code)
            at = _placed(place, rows)
            column = arrow.flat(table[value_name]).take(_indices(rows))
            _add(found, word, time[rows], *shown(column, word, at))
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise InputError(place(row), "no series; expected its name")


def _indices(rows: I64) -> Any:
    import pyarrow as pa

    return pa.array(rows)


def _placed(place: Place, rows: I64) -> Place:
    return lambda row: place(int(rows[row]))


def _times(column: Any, place: Place, reading: Reading) -> F64:
    return seconds(arrow.flat(column), place, reading.time_zone, reading.time_unit)


def _add(found: _Found, name: str, time: F64, value: F64, unit: Unit) -> None:
    known = ~np.isnan(value)
    told = Told(_QUANTITY[unit], None, COLUMN)
    found.rounded = found.rounded or unit != ""
    found.series.append(Sampled(labels_of(name), time[known], value[known], told))


def labels_of(name: str) -> dict[str, str]:
    """The labels that a header writes, if it writes any, and the header itself under `column`."""
    match = _LABELS.fullmatch(name)
    if match is None:
        return {COLUMN: name}
    labels = {} if match[1] is None else {"__name__": match[1]}
    return labels | dict(re.findall(_PAIR, match[2])) | {COLUMN: name}


def _wanted(labels: dict[str, str], reading: Reading) -> bool:
    """Whether a column may be asked for: what nobody asks for need not hold numbers."""
    selectors = [s for s in (reading.attempts_selector, reading.errors_selector) if s is not None]
    named = [
        name.casefold()
        for name in (reading.attempts_column, reading.errors_column, reading.ratio_column)
        if name is not None
    ]
    if selectors:
        return any(selector.matches(labels) for selector in selectors)
    return not named or labels[COLUMN].casefold() in named


def _is_long(names: tuple[str, ...], reading: Reading) -> bool:
    """Whether there is a row a series and time, and no option that takes it for a table's."""
    asked = (reading.attempts_column, reading.errors_column, reading.ratio_column)
    return tuple(name.casefold() for name in names) == LONG and not {*names} & {*asked}


def _frames(source: Source) -> list[Source]:
    """The parts that begin with a header after a blank line; mostly the file is the only one."""
    name = delimited.names(source)[0].encode()
    if not name or source.data.find(name, source.data.find(name) + 1) < 0:
        return [source]  # told at once, since nearly every table is one
    first = re.escape(name)
    begins = re.compile(rb'\n\r?\n(?="?' + first + rb'"?[,;\t|])')
    cuts = [0, *(match.end() for match in begins.finditer(source.data)), len(source.data)]
    whole = [(begin, end) for begin, end in pairwise(cuts) if source.data[begin:end].strip()]
    return [
        replace(source, data=source.data[begin:end], above=source.data.count(b"\n", 0, begin))
        for begin, end in whole
    ]
