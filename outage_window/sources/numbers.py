"""A column of numbers to floats: NaN where there is none, an error that names the line else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detector.series import F64
from outage_window.errors import InputError
from outage_window.sources import arrow

_MISSING = ("", "NAN", "NULL", "NONE", "NA", "N/A", "-")
_NUMBER = r"^[+-]?((\d+(\.\d*)?|\.\d+)(E[+-]?\d+)?|INF|INFINITY)$"


def floats(column: Any, name: str, place: Callable[[int], str]) -> F64:
    """Convert an Arrow column, shape (n,). Empty, null and NaN are NaN: a value that is not there.

    Text that is no number (`12.3 %`, `1,5`) is an `InputError`: its meaning would be a guess.
    """
    import pyarrow as pa

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _cleaned(column, name, place)
    try:
        return arrow.floats(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"{place(0)}, {name}", f"expected numbers, not {column.type}") from None


def _cleaned(column: Any, name: str, place: Callable[[int], str]) -> Any:
    """Blanks trimmed, the usual words for a missing value made null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.utf8_upper(pc.utf8_trim_whitespace(column.cast(pa.string())))
    missing = pc.is_in(column, value_set=pa.array(_MISSING))
    good = pc.or_(pc.match_substring_regex(column, _NUMBER), missing)
    row = pc.index(good, False).as_py()
    if row >= 0:
        shown = column[row].as_py()[:40].lower()
        raise InputError(f"{place(row)}, {name}", f"expected a plain number, not {shown!r}")
    return pc.if_else(missing, pa.scalar(None, pa.string()), column)
