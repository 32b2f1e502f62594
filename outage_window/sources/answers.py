"""Fields of JSON answers, checked: texts, times and numbers of a series, to labelled samples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from detector.series import F64
from outage_window.errors import InputError
from outage_window.sources.reading import Reading, TimeUnit
from outage_window.sources.sampled import Sampled, Told
from outage_window.sources.times import UNITS, plausible, seconds
from webhooks.bodies import clean

_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")


def items(value: Any, where: str) -> list[Any]:
    """A list, or `InputError`."""
    if not isinstance(value, list):
        raise InputError(where, "expected a list")
    return value


def fields(value: Any, where: str) -> dict[str, Any]:
    """An object, or `InputError`."""
    if not isinstance(value, dict):
        raise InputError(where, "expected an object")
    return value


def text(value: Any, where: str) -> str:
    """A text, or `InputError`; absent (None) is empty."""
    if not isinstance(value, str | None):
        raise InputError(where, "expected text")
    return clean(value or "")


def label(name: str) -> str:
    """A name as a selector can write it: what is no letter, digit or `_` becomes `_`."""
    found = _NO_LABEL.sub("_", name)
    return f"_{found}" if found[:1].isdigit() else found


def numbers(values: list[Any], where: str) -> F64:
    """Numbers, shape (n,), NaN where there is none (null); anything else is an `InputError`."""
    for index, value in enumerate(values):
        if value is not None and type(value) not in (int, float):
            raise InputError(f"{where}[{index}]", "expected a number")
    try:
        return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)
    except OverflowError:
        raise InputError(where, "expected numbers of a sane length") from None


def times(values: list[Any], where: str, reading: Reading, unit: TimeUnit) -> F64:
    """Times in seconds, shape (n,): text as in tables, or numbers since the epoch in `unit`."""
    import pyarrow as pa

    if not values:
        return np.empty(0)
    if all(isinstance(value, str) for value in values):
        column = pa.array([clean(value) for value in values], pa.string())
        return seconds(column, lambda row: f"{where}[{row}]", reading.time_zone, unit)
    found: F64 = numbers(values, where) / UNITS[unit]
    good = plausible(found)
    if not good.all():
        raise InputError(f"{where}[{int(np.argmin(good))}]", "expected a time, 1970 to 2200")
    return found


def sampled(labels: Mapping[str, str], time: F64, value: F64, told: Told) -> Sampled:
    """The series in order of time, without what has no value; empty labels are no labels."""
    known = np.flatnonzero(~np.isnan(value))
    order = known[np.argsort(time[known], kind="stable")]
    kept = {name: text for name, text in labels.items() if text}
    return Sampled(kept, time[order], value[order], told)
