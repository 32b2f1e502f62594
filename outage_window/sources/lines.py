"""Lines of text that hold a sample each, gathered by series, to labelled samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detector.series import F64
from outage_window.errors import InputError
from outage_window.sources.files import Source
from outage_window.sources.sampled import Sampled
from outage_window.sources.times import plausible

Texts = dict[str, tuple[list[str], list[str], list[int]]]
"""The text of a series' labels to its times, its values and the lines that they stand on."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One series as numbers, shape (n,) each; `time` in whatever unit the text has."""

    key: str
    time: F64
    value: F64
    lines: list[int]


def numbers(texts: Texts, unreadable: Callable[[int], InputError]) -> list[Columns]:
    """Convert the texts; `unreadable` makes the error of a line whose time or value is none."""
    found = []
    for key, (times, values, lines) in texts.items():
        try:
            time = np.array(list(map(float, times)))
            value = np.array(list(map(float, values)))
        except ValueError:
            rows = zip(lines, times, values, strict=True)
            raise unreadable(next(n for n, *two in rows if not _are_floats(two))) from None
        found.append(Columns(key, time, value, lines))
    return found


def series(
    columns: list[Columns], scale: float, labels: Callable[[str], dict[str, str]], source: Source
) -> tuple[Sampled, ...]:
    """Series with times in seconds (as written, divided by `scale`); NaN means no sample.

    A time that no export can hold is an `InputError` with its line.
    """
    found = []
    for one in columns:
        time = one.time / scale
        good = plausible(time)
        if not good.all():
            line = one.lines[int(np.argmin(good))]
            unit = {1.0: "seconds", 1e3: "milliseconds"}.get(scale, "the unit given")
            raise InputError(source.place(line), f"expected a time in {unit}, 1970 to 2200")
        known = ~np.isnan(one.value)
        found.append(Sampled(labels(one.key), time[known], one.value[known]))
    return tuple(found)


def _are_floats(texts: list[str]) -> bool:
    try:
        return all(float(text) is not None for text in texts)
    except ValueError:
        return False
