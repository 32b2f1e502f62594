"""Plain lines of JSON all at once: what is in any way odd is left to whoever reads line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from webhooks.times import NEWEST, NS

Row = dict[str, Any]

_FIXED = "0000-00-00T00:00:00"
_MARKS = [(i, ord(char)) for i, char in enumerate(_FIXED) if char in "-:"]
_LEAST = len("0000-00-00T00:00:00Z")
_LONGEST = len("0000-00-00T00:00:00.000000000+00:00")
_MONTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_PARTS = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


# Made once: `json.loads` would make a decoder for every call that names a hook.
_DECODER = json.JSONDecoder(parse_constant=_refuse)


def plain_rows(body: bytes) -> list[Row] | None:
    """The object of each line that is not blank, all flat; None where that is not certain.

    That a line holds one object and nothing else follows from counting: there are as many braces as
    lines, each at the start of its line, none of them in a text (which no line end can be in). That
    no key is given twice: a key ends in `":`, and there are no more of these than keys were kept.
    """
    lines = list(filter(bytes.strip, body.split(b"\n")))
    joined = b",\n".join(lines)
    keys = _keys_if_flat(joined, len(lines))
    if keys is None:
        return None
    try:
        rows: list[Row] = _DECODER.decode(f"[{joined.decode()}]")
    except ValueError:  # of which errors of JSON and of UTF-8 are kinds
        return None
    return rows if len(rows) == len(lines) and sum(map(len, rows)) == keys else None


def _keys_if_flat(joined: bytes, lines: int) -> int | None:
    """How many `":` there are in lines that each begin with their only brace; None for others."""
    # Lists nest, which a parser bears only up to some depth.
    if not joined.startswith(b"{") or b"[" in joined:
        return None
    characters = np.frombuffer(joined, np.uint8)
    braces = np.flatnonzero(characters == ord("{"))
    if len(braces) != lines or not (characters[braces[1:] - 1] == ord("\n")).all():
        return None
    before = characters[np.flatnonzero(characters == ord(":")) - 1]
    if (before <= ord(" ")).any():  # a blank between a key and its colon would hide the key
        return None
    return int(np.count_nonzero(before == ord('"')))


def plain_times(texts: Sequence[object]) -> NDArray[np.int64] | None:
    """Nanoseconds of RFC 3339 times of the years 1970 to 2199, as `parse_time` reads them, or None.

    Those of one length and ending are worked through together, as a table of their characters.
    """
    if set(map(type, texts)) != {str}:
        return None
    words = list(map(str, texts))
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    if lengths.min() < _LEAST or lengths.max() > _LONGEST:
        return None
    try:
        characters = np.frombuffer("".join(words).encode("ascii"), np.uint8)
    except UnicodeEncodeError:
        return None
    ends = np.cumsum(lengths)
    kinds = 2 * lengths + (characters[ends - 1] | 0x20 == ord("z"))
    found = np.empty(len(texts), np.int64)
    for kind in np.unique(kinds):
        rows = np.flatnonzero(kinds == kind)
        length = int(kind) // 2
        table = characters[(ends[rows] - length)[:, None] + np.arange(length)]
        times = _nanoseconds(np.ascontiguousarray(table.T), bool(kind % 2))
        if times is None:
            return None
        found[rows] = times
    return found


def _nanoseconds(table: NDArray[np.uint8], zulu: bool) -> NDArray[np.int64] | None:
    """The times whose characters are the columns of `table`; None if any is not as it should be."""
    zone = len(table) - (1 if zulu else 6)
    clock, fraction = table[:19], table[19:zone]
    marks = all((clock[i] == mark).all() for i, mark in _MARKS)
    if not marks or not (clock[10] | 0x20 == ord("t")).all():
        return None
    part = [_number(clock[low:high]) for low, high in _PARTS]
    if any(one is None for one in part):
        return None
    year, month, day, hour, minute, second = (one for one in part if one is not None)
    if not _in_calendar(year, month, day) or max(hour.max() + 36, minute.max(), second.max()) > 59:
        return None
    months = (year - 1970) * 12 + month - 1
    days = months.astype("M8[M]").astype("M8[D]").astype(np.int64) + day - 1
    seconds = days * 86400 + hour * 3600 + minute * 60 + second
    beyond, offset = _fraction(fraction), None if zulu else _offset(table[zone:])
    if beyond is None or (offset is None and not zulu):
        return None
    times = (seconds if offset is None else seconds - offset) * NS + beyond
    return times if times.min() >= 0 and times.max() < NEWEST else None


def _in_calendar(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> bool:
    if year.min() < 1970 or year.max() > 2199 or month.min() < 1 or month.max() > 12:
        return False
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) & (month == 2)
    return bool(day.min() >= 1 and (day <= _MONTHS[month] + leap).all())


def _fraction(table: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """Nanoseconds of a point and digits, or of nothing."""
    if len(table) == 0:
        return np.zeros(table.shape[1], np.int64)
    digits = _number(table[1:])
    if not 2 <= len(table) <= 10 or digits is None or not (table[0] == ord(".")).all():
        return None
    return digits * np.int64(10 ** (10 - len(table)))


def _offset(table: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """Seconds of offsets such as +05:30."""
    hours, minutes = _number(table[1:3]), _number(table[4:])
    east, west = table[0] == ord("+"), table[0] == ord("-")
    if hours is None or minutes is None or not ((east | west) & (table[3] == ord(":"))).all():
        return None
    if hours.max() > 23 or minutes.max() > 59:
        return None
    return (hours * 3600 + minutes * 60) * np.where(east, 1, -1)


def _number(table: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """The whole numbers whose digits are the columns."""
    digits = table - np.uint8(ord("0"))  # what comes before "0" wraps around to above 9
    if digits.size and digits.max() > 9:
        return None
    found = np.zeros(table.shape[1], np.int64)
    for row in digits:
        found = found * 10 + row
    return found
