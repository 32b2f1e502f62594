"""NDJSON: one JSON object a line, its keys the columns; keys may come and go between lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.arrow import Cell
from outage_window.sources.files import Head, Source
from webhooks.bodies import clean, load_text
from webhooks.model import Refused

PLAIN = {int, float, str}
EXPECTED = "expected one JSON object a line"


def claims(head: Head) -> bool:
    """Whether a file, which is no other kind of JSON, begins with an object."""
    return head.first.startswith(b"{")


def names(source: Source) -> tuple[str, ...]:
    """Every key of every line, in the order in which they first appear."""
    found: dict[str, None] = {}
    for row in _rows(source)[0]:
        found.update(dict.fromkeys(row))
    return tuple(found)


def columns(
    source: Source, wanted: Mapping[str, Cell]
) -> tuple[dict[str, Any], Callable[[int], str]]:
    """The wanted columns, as numbers where all of one are, else as text; absent and null alike."""
    rows, lines = _rows(source)

    def place(row: int) -> str:
        return source.place(lines[row])

    return {name: _column([row.get(name) for row in rows], name, place) for name in wanted}, place


def _column(values: list[Any], name: str, place: Callable[[int], str]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {int}:
        try:
            return pa.array(values, pa.int64())
        except (pa.ArrowInvalid, OverflowError):
            kinds = {int, str}
    if kinds <= {int, float} and kinds:
        try:
            return pa.array(values, pa.float64())
        except (pa.ArrowInvalid, OverflowError):  # an integer that no float holds: text, then
            kinds = {int, str}
    if not kinds <= PLAIN:
        row = next(i for i, v in enumerate(values) if v is not None and type(v) not in PLAIN)
        raise InputError(f"{place(row)}, {name}", "expected a number or text")
    return pa.array([v if v is None else clean(str(v)) for v in values], pa.string())


@lru_cache(maxsize=1)  # the keys and then the values of one file are asked for
def _rows(source: Source) -> tuple[list[dict[str, Any]], list[int]]:
    """The objects and the line of each."""
    text = source.text()
    numbered = [(i, line) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    lines = [line for _, line in numbered]
    try:  # all at once is twice as fast as line by line, which is for naming the one at fault
        rows = load_text(f"[{','.join(lines)}]", "")
    except Refused:
        rows = [_row(source, number, line) for number, line in numbered]
    if len(rows) != len(lines) or not all(isinstance(row, dict) for row in rows):
        rows = [_row(source, number, line) for number, line in numbered]
    return rows, [number for number, _ in numbered]


def _row(source: Source, number: int, line: str) -> dict[str, Any]:
    try:
        row = load_text(line, "")
    except Refused as error:
        reason = error.expected.replace("expected JSON; line 1: ", "").replace("\n", " ")
        raise InputError(source.place(number), f"{EXPECTED}: {reason}") from None
    if not isinstance(row, dict):
        raise InputError(source.place(number), EXPECTED)
    return row
