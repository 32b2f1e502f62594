"""Estimates and times as plain JSON values: RFC 3339 with `Z`, numbers of ten digits."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from detector.estimate import Estimate

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_text(seconds: float) -> str:
    """RFC 3339 in UTC, with milliseconds only where they are not zero."""
    moment = _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}Z" if moment.microsecond else f"{text}Z"


def number(value: float) -> int | float:
    """A whole number as such, else ten significant digits: the rest would be noise."""
    rounded = float(f"{value:.10g}")
    return int(rounded) if rounded.is_integer() else rounded


def estimate(value: Estimate) -> dict[str, Any]:
    """An `Estimate` as the document has it; with `reason` and `needs` when it is not derivable."""
    show = time_text if value.unit == "time" else number
    found: dict[str, Any] = {
        "value": _shown(value.value, show),
        "low": _shown(value.low, show),
        "high": _shown(value.high, show),
        "level": value.level,
        "unit": value.unit,
        "status": value.status,
        "method": value.method,
        "inputs": [{"name": origin.name, "sha256": origin.sha256} for origin in value.inputs],
    }
    if value.status == "not_derivable":
        found |= {"reason": value.reason, "needs": value.needs}
    return found


def _shown(value: float | None, show: Any) -> Any:
    return None if value is None or not math.isfinite(value) else show(value)
