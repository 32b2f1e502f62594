"""Numbers as drafts print them, read back: enough to say whether two of them agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

DAY = 86400.0
_SECONDS = {"d": DAY, "h": 3600.0, "m": 60.0, "s": 1.0}

# Before a number stands nothing that could be a part of it, or of a name that ends in it.
_ALONE = r"(?<![\w.,:/%−-])"
_UNIT = r"(?:d(?:ays?)?|h(?:ours?|rs?)?|min(?:ute)?s?|s(?:ec(?:ond)?s?)?)"
_PART = re.compile(rf"(\d+)(\.\d+)? ?({_UNIT})")
_MOMENT = re.compile(
    r"(?<![\w-])(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?: ?(?:Z|UTC)|([+-]\d\d:\d\d))$"
)
_CLOCK = re.compile(r"(?<![\w:.-])(\d\d):(\d\d)(?::(\d\d))? ?(?:Z|UTC)$")
_SPAN = re.compile(
    rf"{_ALONE}([−-]?)(\d+(?:\.\d+)? ?{_UNIT}(?:(?:,| and)? \d+(?:\.\d+)? ?{_UNIT})*)$"
)
_NUMBER = re.compile(
    rf"{_ALONE}([−-]?)(\d{{1,3}}(?:[, ]\d{{3}})+|\d+)(\.\d+)?( ?(?:%|percent|per cent))?$"
)

Kind = Literal["moment", "clock", "span", "share", "count"]


@dataclass(frozen=True, slots=True)
class Value:
    """A number at the end of a text, from `at` on; `step` is what its last digit counts."""

    kind: Kind
    value: float
    step: float
    at: int


def ending(text: str) -> list[Value]:
    """What the number at the end of a text may be: none, one, or two where `2 500` may be 2500 or
    only 500. A time without its zone, and a number in letters, are none."""
    for read in (_moment, _clock, _span, _number):
        found = list(read(text))
        if found:
            return found
    return []


def alike(said: Value, given: Value) -> Value | None:
    """The given number as one of the kind that is said, so that one of them can be wrong; None for
    two kinds that have nothing to do with each other."""
    if said.kind == "clock" and given.kind == "moment":
        return Value("clock", given.value % DAY, given.step, given.at)
    return given if said.kind == given.kind else None


def agree(said: Value, given: Value) -> bool:
    """Whether two numbers of a kind are the same, rounded or not."""
    coarse = max(said.step, given.step)
    # People cut times and durations off as often as they round them.
    allowed = coarse if said.kind in ("moment", "clock", "span") else coarse / 2
    return abs(said.value - given.value) <= allowed * (1 + 1e-9)


def _moment(text: str) -> Iterator[Value]:
    match = _MOMENT.search(text)
    if match is not None:
        written = f"{match[1]}T{match[2]}{match[3] or ':00'}{match[4] or '+00:00'}"
        try:
            value = datetime.fromisoformat(written).timestamp()
        except ValueError:
            return  # the 31st of February
        yield Value("moment", value, 1.0 if match[3] else 60.0, match.start())


def _clock(text: str) -> Iterator[Value]:
    match = _CLOCK.search(text)
    if match is not None:
        value = 3600.0 * int(match[1]) + 60 * int(match[2]) + int(match[3] or 0)
        yield Value("clock", value, 1.0 if match[3] else 60.0, match.start())


def _span(text: str) -> Iterator[Value]:
    match = _SPAN.search(text)
    if match is None:
        return
    value, step = 0.0, DAY
    for whole, part, unit in _PART.findall(match[2]):
        seconds = _SECONDS[unit[0]]
        value += float(whole + part) * seconds
        step = min(step, seconds * _step(part))
    yield Value("span", -value if match[1] else value, step, match.start())


def _number(text: str) -> Iterator[Value]:
    match = _NUMBER.search(text)
    if match is None:
        return
    sign, whole, part, percent = match.groups()
    kind: Kind = "share" if percent else "count"
    step = _step(part or "")
    for digits in dict.fromkeys((whole, whole.rpartition(" ")[2])):
        value = float(digits.replace(",", "").replace(" ", "") + (part or ""))
        yield Value(kind, -value if sign else value, step, match.start())


def _step(decimals: str) -> float:
    """What the last digit counts; `.05` has two."""
    return float(10.0 ** -max(0, len(decimals) - 1))
