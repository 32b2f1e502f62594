"""What the person who reads an export may settle: columns, times, selectors, quantity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outage_window.sources.selectors import Selector

UNASSIGNED = "unassigned"
"""The service of rows and series that name none."""

Marks = Literal["start", "end"]
TimeUnit = Literal["s", "ms", "us", "ns"]
Quantity = Literal["ratio", "rate", "count"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Every choice has an option of its own; None means the usual names or what can be told.

    `time_zone` is for times without an offset. `time_marks` says whether a time is the start or
    the end of its interval. `quantity` says what the values of an expression are.
    """

    time_column: str | None = None
    attempts_column: str | None = None
    errors_column: str | None = None
    ratio_column: str | None = None
    service_column: str | None = None
    service: str = UNASSIGNED
    time_zone: str | None = None
    time_unit: TimeUnit | None = None
    time_marks: Marks | None = None
    attempts_selector: Selector | None = None
    errors_selector: Selector | None = None
    quantity: Quantity | None = None
