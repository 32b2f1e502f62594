"""Cells as people see them (`12.3 %`, `5 req/s`, `0,5`): read where that is exact, else refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from detector.series import F64
from outage_window.errors import InputError

Unit = Literal["", "%", "/s"]
"""Plain numbers, percentages (given as ratios), or values per second."""

PER_SECOND = {"", "req", "c", "ops", "rd", "wr", "io", "evt", "mess", "rec", "rows", "err"}
_CELL = re.compile(r"([+-]?(?:\d[\d.,]*|\.\d+)(?:e[+-]?\d+)?)\s*(\S.*)?", re.IGNORECASE)
_ROUNDED = re.compile(r"(K|k|M|Mil|G|Bil|T|Tri|Quadr|m|µ|n)(?![A-Za-z%])")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}(?!\d)")


def parse(cells: Sequence[str | None], name: str, place: Callable[[int], str]) -> tuple[F64, Unit]:
    """The values of a column, shape (n,), NaN where a cell is None, and the unit of all of them.

    A comma is a decimal one if some cell can only be read so. `InputError` names the cell that is
    no number, that its display unit has rounded (`1.2 K`), that has another unit than those before
    it, or whose comma can be read in two ways.
    """
    units: dict[Unit, int] = {}
    texts: list[str | None] = []
    for row, cell in enumerate(cells):
        match = None if cell is None else _CELL.fullmatch(cell.strip())
        if cell is not None and match is None:
            raise _refused(cell, "expected a plain number", name, place, row)
        texts.append(None if match is None else match[1])
        if match is not None and cell is not None:
            units.setdefault(_unit(cell, match[2] or "", name, place, row), row)
            if len(units) > 1:
                raise _refused(cell, "expected one unit in a column", name, place, row)
    unit: Unit = next(iter(units), "")
    values = _values(texts, name, place)
    return (values / 100 if unit == "%" else values), unit


def _unit(cell: str, unit: str, name: str, place: Callable[[int], str], row: int) -> Unit:
    if unit in ("", "%"):
        return "%" if unit else ""
    what, slash, second = unit.rpartition("/")
    if slash and second == "s" and what.strip() in PER_SECOND:
        return "/s"
    expected = "expected a plain number"
    if _ROUNDED.match(unit):
        expected = (
            "rounded by its display unit; expected unformatted values (Grafana: Inspect, Data, Data"
            " options, Formatted data off)"
        )
    raise _refused(cell, expected, name, place, row)


def _values(texts: Sequence[str | None], name: str, place: Callable[[int], str]) -> F64:
    commas = [row for row, text in enumerate(texts) if text is not None and "," in text]
    points = [row for row, text in enumerate(texts) if text is not None and "." in text]
    if commas and points:
        row = max(commas[0], points[0])
        raise _refused(texts[row], "expected one decimal sign in a column", name, place, row)
    if commas and all(_EITHER.fullmatch(texts[row] or "") for row in commas):
        expected = "a comma that may group thousands or be a decimal one; expected a decimal point"
        raise _refused(texts[commas[0]], expected, name, place, commas[0])
    found = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        try:
            found[row] = np.nan if text is None else float(text.replace(",", "."))
        except ValueError:  # several decimal signs
            raise _refused(text, "expected a plain number", name, place, row) from None
    return found


def _refused(
    cell: str | None, expected: str, name: str, place: Callable[[int], str], row: int
) -> InputError:
    return InputError(f"{place(row)}, {name}", f"{(cell or '')[:40]!r}: {expected}")
