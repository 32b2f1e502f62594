"""Answers of `query_range`, decoded fast: a matrix as arrays, with NaN, which is a result too."""

from __future__ import annotations

import msgspec
import numpy as np

from outage_window.errors import InputError
from outage_window.sources.sampled import Sampled
from webhooks.bodies import clean


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []
    histograms: list[msgspec.Raw] = []


class _Data(msgspec.Struct):
    resultType: str  # noqa: N815 (Prometheus' word)
    result: list[_Series]


class _Answer(msgspec.Struct):
    status: str
    data: _Data
    warnings: list[str] = []
    isPartial: bool = False  # noqa: N815 (VictoriaMetrics' word)


_DECODER = msgspec.json.Decoder(_Answer)


def matrix(body: bytes, where: str) -> tuple[list[Sampled], str | None]:
    """The series of an answer, and why it may lack some (None: it says nothing of that).

    Times in seconds, shape (n,) as values, in order; NaN is kept. `InputError` where it is no
    matrix, or holds native histograms.
    """
    try:
        answer = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InputError(where, "expected the answer of query_range, a matrix") from None
    if answer.data.resultType != "matrix":
        raise InputError(where, f"expected a matrix, not {answer.data.resultType[:40]}")
    partial = " ".join(" ".join(answer.warnings).split())[:200] if answer.warnings else None
    if answer.isPartial:
        partial = partial or "isPartial"
    return [_sampled(one, where) for one in answer.data.result], partial


def _sampled(one: _Series, where: str) -> Sampled:
    if one.histograms:
        raise InputError(where, "a native histogram; expected numbers")
    time = np.array([pair[0] for pair in one.values], dtype=np.float64)
    try:
        value = np.array([pair[1] for pair in one.values], dtype=object).astype(np.float64)
    except ValueError:
        raise InputError(where, "expected numbers as values") from None
    labels = {clean(name): clean(text) for name, text in one.metric.items()}
    return Sampled(labels, time, value)
