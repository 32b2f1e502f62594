"""The JSON of Prometheus's HTTP API (`query` with a range, `query_range`) to labelled samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from outage_window.errors import InputError
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import Sampled
from outage_window.sources.times import plausible
from webhooks.bodies import clean

KEYS = {"data", "resultType", "errorType"}
EXPECTED = (
    "expected Prometheus API JSON with a matrix (query with a range such as x[6h], or query_range)"
)


def claims(value: object) -> bool:
    """Whether a JSON value looks like an answer of the API, or like a matrix as promtool has it."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, dict) and "metric" in one for one in value)
    return isinstance(value, dict) and not value.keys().isdisjoint(KEYS)


def series(answers: Sequence[tuple[str, Any]], reading: Reading) -> tuple[list[Sampled], list[str]]:
    """The series of all answers, and what must be said of them; else `InputError`, see `matrix`."""
    notes = []
    for where, answer in answers:
        reason = partial(answer) if isinstance(answer, dict) else None
        if reason is not None:
            notes.append(f"{where} may lack samples: {reason}")
    return [one for where, answer in answers for one in matrix(answer, where)], notes


def matrix(answer: Any, where: str) -> list[Sampled]:
    """The series of an API answer already decoded; `where` begins the place in an `InputError`.

    Samples that are NaN (stale ones too) are left out. Native histograms are refused.
    """
    if isinstance(answer, list):  # of `promtool query --format=json`
        answer = {"resultType": "matrix", "result": answer}
    if not isinstance(answer, dict):
        raise InputError(where, EXPECTED)
    if answer.get("status") == "error" or "errorType" in answer:
        reason = " ".join(str(answer.get("error", "no reason given")).split())[:200]
        raise InputError(where, f"Prometheus answered with an error: {reason}")
    data = answer.get("data", answer)
    kind = data.get("resultType") if isinstance(data, dict) else None
    if not isinstance(data, dict) or kind != "matrix" or not isinstance(data.get("result"), list):
        found = f", not {kind}" if isinstance(kind, str) else ""
        raise InputError(f"{where}, data.resultType", f"{EXPECTED}{found}")
    return [_series(item, f"{where}, data.result[{i}]") for i, item in enumerate(data["result"])]


def partial(answer: dict[str, Any]) -> str | None:
    """Why an answer that is a matrix may lack samples that there are, or None.

    Prometheus and Thanos say so in `warnings` (a remote store that is down), VictoriaMetrics in
    `isPartial`.
    """
    warnings = answer.get("warnings")
    if warnings:
        return " ".join(str(warnings).split())[:200]
    return "isPartial" if answer.get("isPartial") is True else None


def _series(item: Any, where: str) -> Sampled:
    metric = item.get("metric") if isinstance(item, dict) else None
    if not isinstance(metric, dict) or not all(isinstance(v, str) for v in metric.values()):
        raise InputError(f"{where}.metric", "expected an object of labels")
    if "histograms" in item:
        raise InputError(where, "a native histogram; expected a counter")
    pairs = item.get("values")
    if not isinstance(pairs, list):
        raise InputError(f"{where}.values", 'expected a list of [time, "value"] pairs')
    try:
        time = np.array([float(pair[0]) for pair in pairs], dtype=np.float64)
        value = np.array([float(pair[1]) for pair in pairs], dtype=np.float64)
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        raise InputError(
            f"{where}.values[{_bad(pairs)}]", 'expected [time, "value"], both of them numbers'
        ) from None
    if not plausible(time).all():
        bad = int(np.argmin(plausible(time)))
        raise InputError(f"{where}.values[{bad}]", "expected a time in seconds, 1970 to 2200")
    known = ~np.isnan(value)
    labels = {clean(label): clean(text) for label, text in metric.items()}
    return Sampled(labels, time[known], value[known])


def _bad(pairs: list[Any]) -> int:
    for index, pair in enumerate(pairs):
        try:
            float(pair[0])
            float(pair[1])
        except (TypeError, ValueError, IndexError, KeyError, OverflowError):
            return index
    raise AssertionError("called only when a pair is bad")
