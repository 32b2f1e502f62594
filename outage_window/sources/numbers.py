"""A column of numbers to floats: NaN where there is none, an error that names the line else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detector.series import F64
from outage_window.errors import InputError
from outage_window.sources import arrow, formatted
from outage_window.sources.formatted import Unit

_MISSING = ("", "NAN", "NULL", "NONE", "NA", "N/A", "-")
_NUMBER = r"^[+-]?((\d+(\.\d*)?|\.\d+)(E[+-]?\d+)?|INF|INFINITY)$"
_WRONG = {
    "%": "a percentage; expected plain numbers, or --ratio-column for error ratios",
    "/s": "a value per second; expected counts, or selectors such as",
}


def floats(
    column: Any, name: str, place: Callable[[int], str], unit: Unit = ""
) -> tuple[F64, Unit]:
    """Convert an Arrow column, shape (n,), of plain numbers or such as have the unit; which.

    Empty, null and NaN are NaN: a value that is not there. Percentages come as ratios, and `0,5` as
    a half; text whose meaning would be a guess is an `InputError`, see `formatted.parse`.
    """
    values, found = shown(column, name, place)
    if found not in ("", unit):
        more = f' {{column="{name}"}}' if found == "/s" else ""
        raise InputError(f"{place(0)}, {name}", _WRONG[found] + more)
    return values, found


def shown(column: Any, name: str, place: Callable[[int], str]) -> tuple[F64, Unit]:
    """As `floats`, for a column of any unit, which is told."""
    import pyarrow as pa

    try:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column, plain = _cleaned(column)
            if not plain:
                return formatted.parse(column.to_pylist(), name, place)
        return arrow.floats(column), ""
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"{place(0)}, {name}", f"expected numbers, not {column.type}") from None


def _cleaned(column: Any) -> tuple[Any, bool]:
    """Blanks trimmed, the usual words for a missing value made null; whether the rest is plain."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.utf8_trim_whitespace(column.cast(pa.string()))
    upper = pc.utf8_upper(column)
    missing = pc.is_in(upper, value_set=pa.array(_MISSING))
    good = pc.or_(pc.match_substring_regex(upper, _NUMBER), missing)
    plain = pc.index(good, False).as_py() < 0
    found = pc.if_else(missing, pa.scalar(None, pa.string()), upper if plain else column)
    return found, plain
