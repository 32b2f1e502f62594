"""Datadog: what the API's `/api/v1/query` answers, to samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.answers import (
    fields,
    items,
    label,
    numbers,
    sampled,
    text,
    times,
)
from outage_window.sources.reading import Quantity, Reading
from outage_window.sources.sampled import Sampled, Told

_PLAIN = re.compile(  # a sum over hosts of one metric, without arithmetic or functions around it
    r"sum:[\w.\-]+\{[^{}]*\}(?:by\{[^{}]*\})?"
    r"((?:\.(?:as_count\(\)|as_rate\(\)|rollup\(sum(?:,\d+)?\)|fill\((?:zero|null)\)))*)"
)
_KINDS: dict[str, Quantity] = {"as_count": "count", "as_rate": "rate"}


def claims(value: object) -> bool:
    """Whether a JSON value is an answer with series of points, or says why there is none."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("errors"), list):
        return True
    found = value.get("series")
    return isinstance(found, list) and (
        "res_type" in value
        or (bool(found) and all(isinstance(one, dict) and "pointlist" in one for one in found))
    )


def series(answers: Sequence[tuple[str, Any]], reading: Reading) -> tuple[list[Sampled], list[str]]:
    """The series of all answers; a time (milliseconds) marks the start of its interval.

    Tags become labels, beside `metric`, `display_name` and `scope`. A query that says `as_count()`
    or `as_rate()`, or a unit per second, tells what the values are. `InputError` for an answer that
    is an error, and names the field that is not as Datadog writes it.
    """
    found = []
    for where, answer in answers:
        said = answer.get("errors") or answer.get("error")
        if said or answer.get("status") == "error":
            reason = " ".join(str(said).split())[:200]
            raise InputError(where, f"Datadog answered with an error: {reason}")
        for index, one in enumerate(answer["series"]):
            place = f"{where}, series[{index}]"
            found.append(_series(fields(one, place), place, reading))
    return found, []


def _series(one: dict[str, Any], where: str, reading: Reading) -> Sampled:
    points = items(one.get("pointlist"), f"{where}.pointlist")
    for index, point in enumerate(points):
        if not (isinstance(point, list) and len(point) == 2 and type(point[0]) in (int, float)):
            raise InputError(f"{where}.pointlist[{index}]", "expected [milliseconds, value]")
    own = {key: text(one.get(key), f"{where}.{key}") for key in ("metric", "display_name", "scope")}
    time = times([point[0] for point in points], f"{where}.pointlist", reading, "ms")
    value = numbers([point[1] for point in points], f"{where}.pointlist")
    called = "display_name" if own["display_name"] else "metric"
    labels = _tags(one, own["scope"], where) | own
    return sampled(labels, time, value, Told(_quantity(one, where), "start", called))


def _tags(one: dict[str, Any], scope: str, where: str) -> dict[str, str]:
    """Tags as labels; a key that is given several values has them all, with commas."""
    tags = items(one.get("tag_set") or scope.split(","), f"{where}.tag_set")
    found: dict[str, str] = {}
    for index, tag in enumerate(tags):
        key, colon, value = text(tag, f"{where}.tag_set[{index}]").strip().partition(":")
        if colon and key:
            name = label(key)
            found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _quantity(one: dict[str, Any], where: str) -> Quantity | None:
    """What the query or the unit says that the values are."""
    expression = re.sub(r"\s", "", text(one.get("expression"), f"{where}.expression"))
    plain = _PLAIN.fullmatch(expression)
    kinds = [kind for mark, kind in _KINDS.items() if plain and mark in plain[1]]
    if len(kinds) == 1:
        return kinds[0]
    unit = one.get("unit")
    per = unit[1] if isinstance(unit, list) and len(unit) == 2 else None
    return "rate" if isinstance(per, dict) and per.get("name") == "second" else None
