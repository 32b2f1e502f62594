"""What readers of samples give: series with their labels, and what their file tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detector.estimate import Origin
from detector.series import F64
from outage_window.sources.reading import Marks, Quantity


@dataclass(frozen=True, slots=True)
class Told:
    """What a file itself tells of the values of a series; None is what it does not tell.

    `quantity` and `marks` are as in `Reading`. `called` is the label by which its source calls the
    series: the header of its column, the id of its query, the name of its metric.
    """

    quantity: Quantity | None = None
    marks: Marks | None = None
    called: str | None = None


UNTOLD = Told()


@dataclass(frozen=True, slots=True)
class Sampled:
    """One series: its labels, its name under `__name__`; `time` and `value` of shape (n,)."""

    labels: Mapping[str, str]
    time: F64
    value: F64
    told: Told = UNTOLD

    @property
    def named(self) -> bool:
        """Raw samples of a metric have a name; the values of an expression have none."""
        return bool(self.labels.get("__name__")) and self.told.quantity is None


@dataclass(frozen=True, slots=True)
class SampleFile:
    """All the series of one file; `notes` are what must be said of every service in it."""

    origin: Origin
    series: tuple[Sampled, ...]
    notes: tuple[str, ...] = ()
