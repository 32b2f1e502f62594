"""Amazon CloudWatch: what `get-metric-data` and `get-metric-statistics` answer, to samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outage_window.errors import InputError
from outage_window.sources.answers import fields, items, numbers, sampled, text, times
from outage_window.sources.reading import Quantity, Reading
from outage_window.sources.sampled import Sampled, Told

RESULTS, POINTS = "MetricDataResults", "Datapoints"
STATISTICS = ("Sum", "SampleCount", "Average", "Minimum", "Maximum")


def claims(value: object) -> bool:
    """Whether a JSON value is an answer of one of the two calls."""
    return isinstance(value, dict) and any(
        isinstance(value.get(key), list) for key in (RESULTS, POINTS)
    )


def series(answers: Sequence[tuple[str, Any]], reading: Reading) -> tuple[list[Sampled], list[str]]:
    """The series of all answers; a time marks the start of its period.

    Pages of `get-metric-data` follow each other; it does not tell the statistic, so neither do the
    series. `InputError` where the last page says that more follow, and where the last result of a
    query is not complete: a value that is missing would be read as none.
    """
    found: list[Sampled] = []
    notes: list[str] = []
    status: dict[tuple[str, ...], tuple[str, str]] = {}
    for where, answer in answers:
        if POINTS in answer:
            found += _statistics(answer, where, reading)
            continue
        notes += _messages(answer, where)
        for index, item in enumerate(answer[RESULTS]):
            place = f"{where}, {RESULTS}[{index}]"
            item = fields(item, place)
            found.append(_result(item, place, reading))
            query = tuple(found[-1].labels.values())
            status[query] = place, text(item.get("StatusCode"), f"{place}.StatusCode")
            notes += _messages(item, place)
    where, last = answers[-1]
    if last.get("NextToken"):
        raise InputError(
            f"{where}, NextToken", "more pages follow; expected all of them, one after another"
        )
    for place, code in status.values():
        if code not in ("Complete", ""):
            raise InputError(
                f"{place}.StatusCode", f"{code[:40]}, values are missing; expected Complete"
            )
    return found, notes


def _messages(item: dict[str, Any], where: str) -> list[str]:
    """What CloudWatch itself has to say."""
    said = item.get("Messages")
    return [f"{where}: CloudWatch says {' '.join(str(said).split())[:200]}"] if said else []


def _result(item: dict[str, Any], where: str, reading: Reading) -> Sampled:
    stamps = items(item.get("Timestamps"), f"{where}.Timestamps")
    values = items(item.get("Values"), f"{where}.Values")
    if len(stamps) != len(values):
        raise InputError(
            f"{where}.Values", f"{len(values)} values; expected one a time, {len(stamps)}"
        )
    labels = {
        "id": text(item.get("Id"), f"{where}.Id"),
        "label": text(item.get("Label"), f"{where}.Label"),
    }
    time = times(stamps, f"{where}.Timestamps", reading, "s")
    value = numbers(values, f"{where}.Values")
    return sampled(labels, time, value, Told(None, "start", "id"))


def _statistics(answer: dict[str, Any], where: str, reading: Reading) -> list[Sampled]:
    """A series for each statistic of the one metric."""
    points = [
        fields(point, f"{where}, {POINTS}[{index}]") for index, point in enumerate(answer[POINTS])
    ]
    time = times([p.get("Timestamp") for p in points], f"{where}, {POINTS}", reading, "s")
    name = text(answer.get("Label"), f"{where}, Label")
    units = {text(point.get("Unit"), f"{where}, Unit") for point in points}
    if len(units) > 1:
        raise InputError(where, f"units {', '.join(sorted(units))}; expected one unit")
    unit = units.pop() if units else ""
    found = []
    for statistic in STATISTICS:
        if any(statistic in point for point in points):
            value = numbers([p.get(statistic) for p in points], f"{where}, {POINTS}.{statistic}")
            quantity = _quantity(statistic, unit)
            if quantity == "ratio":
                value = value / 100
            labels = {"label": name, "statistic": statistic}
            found.append(sampled(labels, time, value, Told(quantity, "start", "label")))
    return found


def _quantity(statistic: str, unit: str) -> Quantity | None:
    """What a statistic of a unit is, where that leaves no doubt."""
    if statistic == "SampleCount" or (statistic == "Sum" and unit in ("Count", "None", "")):
        return "count"
    if statistic != "Average":
        return None
    known: dict[str, Quantity] = {"Percent": "ratio", "Count/Second": "rate"}
    return known.get(unit)
