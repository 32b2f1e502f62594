"""What every kind of table gives its readers: named columns, and the line behind each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from outage_window.errors import InputError
from outage_window.sources import arrow, delimited, ndjson, parquet
from outage_window.sources.arrow import Cell, flat
from outage_window.sources.files import Source
from outage_window.sources.kinds import SAMPLES, kind_of

Place = Callable[[int], str]
"""Row number (from 0) to how an error names it: file and line."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read: `columns` are Arrow arrays of equal length, by name."""

    columns: dict[str, Any]
    rows: int
    place: Place

    def texts(self, name: str | None) -> list[str]:
        """A column of words, one a row, without blanks around them; "" where there is none."""
        if name is None:
            return [""] * self.rows
        codes, found = arrow.codes(self.columns[name])
        words = [*((word or "").strip() for word in found), ""]
        return [words[code] for code in codes]


def names(source: Source) -> tuple[str, ...]:
    """The names of the columns that a table has, in their order."""
    found: tuple[str, ...] = _kind(source).names(source)
    return found


def load(source: Source, wanted: Mapping[str, Cell]) -> Table:
    """The wanted columns of a table; a table without rows is an `InputError`.

    What each column should hold is a hint that lets some kinds convert while they read; a column
    that does not convert as a whole comes as text.
    """
    columns, place = _kind(source).columns(source, wanted)
    columns = {name: flat(column) for name, column in columns.items()}
    rows = len(next(iter(columns.values())))
    if rows == 0:
        raise InputError(source.name, "no rows after the header; expected at least one")
    return Table(columns, rows, place)


def _kind(source: Source) -> Any:
    kinds = {"delimited": delimited, "ndjson": ndjson, "parquet": parquet}
    kind = kind_of(source)
    if kind not in kinds:
        found = "samples of series" if kind in SAMPLES else f"{kind} data"
        raise InputError(source.name, f"{found}; expected a table: CSV, NDJSON or Parquet")
    return kinds[kind]
