"""Estimates as text: no more digits than the interval justifies, and a refusal says why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import tzinfo

from detector.estimate import Estimate
from reports import times
from reports.escape import plain

COUNTS = ("users", "attempts", "errors")
"""Units whose measured numbers are printed whole: counts that add up must do so on paper."""
UNKNOWN = "not known"
"""Stands for the interval of an estimate that came without one: only what was counted is exact."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An estimate for print: `value`, its 95 % `interval` (or why there is none), local time."""

    value: str
    interval: str
    local: str = ""


def show(estimate: Estimate, zone: tzinfo | None = None) -> Shown:
    """The estimate as text. Intervals are rounded outwards, so that none is printed too narrow."""
    low, high, value = estimate.low, estimate.high, estimate.value
    if low is None or high is None:
        return Shown(refusal(estimate), "")
    if value is None:
        # A range is all there is: it deserves the next digit, which no point takes up.
        # Of times, its ends are moments themselves.
        of_time = estimate.unit in ("time", "seconds")
        step = 1.0 if of_time else _step(estimate, low, high) / 10
        return Shown(_interval(estimate, low, high, step), "range without a point")
    step = _step(estimate, low, high)
    interval = _interval(estimate, low, high, step)
    local = times.local(value, zone, step) if zone and estimate.unit == "time" else ""
    if high <= low:
        interval = "exact" if estimate.status in ("measured", "declared") else UNKNOWN
    return Shown(_one(estimate, value, step), interval, local)


def refusal(estimate: Estimate) -> str:
    """`not derivable, because …`, with what would make it so."""
    return f"not derivable, because {because(estimate)}"


def because(estimate: Estimate) -> str:
    """Why there is no number, with what would make one: `… (needed: …)`."""
    reason = _sentence(estimate.reason or "no reason was given")
    return plain(reason + (f" (needed: {estimate.needs})" if estimate.needs else ""))


def _sentence(reason: str) -> str:
    return "it is ongoing" if reason == "ongoing" else reason.rstrip(".")


def _step(estimate: Estimate, low: float, high: float) -> float:
    """The unit of the last digit: the power of ten at or below half the interval's width.

    A measured count is whole whatever its interval.
    """
    width = high - low
    if estimate.unit in ("time", "seconds"):
        return times.time_step(width)
    if estimate.status == "measured" and estimate.unit in COUNTS:
        return 1.0
    scale = 100.0 if estimate.unit == "ratio" else 1.0
    finest = _finest(estimate, scale * (high if estimate.value is None else estimate.value))
    if width <= 0:
        return finest
    half = math.log10(scale * width / 2)
    return max(10.0 ** math.floor(half + 1e-9), finest)


def _finest(estimate: Estimate, shown: float) -> float:
    """Counts are whole; shares and levels get three significant digits at most."""
    if estimate.unit not in ("ratio", "level"):
        return 1.0
    coarsest = 0.1 if estimate.unit == "ratio" else 1.0
    if shown <= 0:
        return coarsest
    return min(coarsest, 10.0 ** (math.floor(math.log10(shown)) - 2))


def _interval(estimate: Estimate, low: float, high: float, step: float) -> str:
    if estimate.unit == "time":
        return times.between(low, high, step)
    if estimate.unit == "seconds":
        first, last = math.floor(low / step) * step, math.ceil(high / step) * step
        return f"{times.span(first, step)} to {times.span(last, step)}"
    scale = 100.0 if estimate.unit == "ratio" else 1.0
    first = math.floor(low * scale / step + 1e-9) * step
    last = math.ceil(high * scale / step - 1e-9) * step
    return f"{_number(estimate, first, step)} to {_number(estimate, last, step)}"


def _one(estimate: Estimate, value: float, step: float) -> str:
    if estimate.unit == "time":
        return times.utc(value, step)
    if estimate.unit == "seconds":
        return times.span(value, step)
    scale = 100.0 if estimate.unit == "ratio" else 1.0
    return _number(estimate, round(value * scale / step) * step, step)


def _number(estimate: Estimate, value: float, step: float) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{value + 0.0:,.{decimals}f}"
    return f"{text} %" if estimate.unit == "ratio" else text
