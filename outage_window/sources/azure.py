"""Azure Monitor: what `az monitor metrics list` and the REST API's `metrics` answer, to samples."""

from __future__ import annotations

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

STATISTICS = ("total", "count", "average", "minimum", "maximum")


def claims(value: object) -> bool:
    """Whether a JSON value is a list of metrics with their time series."""
    metrics = value.get("value") if isinstance(value, dict) else None
    return isinstance(metrics, list) and all(
        isinstance(metric, dict) and "timeseries" in metric for metric in metrics
    )


def series(answers: Sequence[tuple[str, Any]], reading: Reading) -> tuple[list[Sampled], list[str]]:
    """A series for each metric, set of dimensions and statistic that has values.

    A time marks the start of its interval. `total` and `count` of a metric are counts per interval;
    percentages become ratios. `InputError` names the field that is not as Azure writes it, and a
    metric that Azure could not answer for.
    """
    found: list[Sampled] = []
    for where, answer in answers:
        for index, metric in enumerate(answer["value"]):
            found += _metric(metric, f"{where}, value[{index}]", reading)
    return found, []


def _metric(metric: dict[str, Any], where: str, reading: Reading) -> list[Sampled]:
    code = text(metric.get("errorCode"), f"{where}.errorCode")
    if code not in ("", "Success"):
        raise InputError(f"{where}.errorCode", f"{code[:40]}, no values; expected Success")
    name = fields(metric.get("name"), f"{where}.name")
    labels = {
        "name": text(name.get("value"), f"{where}.name.value"),
        "label": text(name.get("localizedValue"), f"{where}.name.localizedValue"),
    }
    unit = text(metric.get("unit"), f"{where}.unit")
    found = []
    for index, one in enumerate(items(metric["timeseries"], f"{where}.timeseries")):
        place = f"{where}.timeseries[{index}]"
        one = fields(one, place)
        found += _series(one, _dimensions(one, place) | labels, unit, place, reading)
    return found


def _dimensions(one: dict[str, Any], where: str) -> dict[str, str]:
    found = {}
    for index, pair in enumerate(items(one.get("metadatavalues") or [], f"{where}.metadatavalues")):
        place = f"{where}.metadatavalues[{index}]"
        name = fields(fields(pair, place).get("name"), f"{place}.name")
        found[label(text(name.get("value"), f"{place}.name.value"))] = text(
            pair.get("value"), f"{place}.value"
        )
    return found


def _series(
    one: dict[str, Any], labels: dict[str, str], unit: str, where: str, reading: Reading
) -> list[Sampled]:
    place = f"{where}.data"
    points = [
        fields(point, f"{place}[{index}]")
        for index, point in enumerate(items(one.get("data"), place))
    ]
    time = times([point.get("timeStamp") for point in points], f"{place}.timeStamp", reading, "s")
    found = []
    for statistic in STATISTICS:
        values = [point.get(statistic) for point in points]
        if all(value is None for value in values):
            continue
        value = numbers(values, f"{place}.{statistic}")
        quantity = _quantity(statistic, unit)
        if quantity == "ratio":
            value = value / 100
        told = Told(quantity, "start", "name")
        found.append(sampled({**labels, "statistic": statistic}, time, value, told))
    return found


def _quantity(statistic: str, unit: str) -> Quantity | None:
    """What a statistic of a unit is, where that leaves no doubt."""
    if statistic == "count" or (statistic == "total" and unit in ("Count", "")):
        return "count"
    if statistic != "average":
        return None
    known: dict[str, Quantity] = {"Percent": "ratio", "CountPerSecond": "rate"}
    return known.get(unit)
