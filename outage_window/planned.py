"""Maintenance that was announced: of which service it is, and which incident it is shown with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.facts import Announced

NEAR = 7200.0
"""Seconds. What ended so long before an incident, or begins so long after it, is shown with it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Maintenance of one service, or of all ("")."""

    service: str
    announced: Announced


def of_service(planned: Sequence[Planned], service: str) -> tuple[Announced, ...]:
    """What was announced of a service."""
    return tuple(one.announced for one in planned if one.service in ("", service))


def around(
    announced: Sequence[Announced], start: float, end: float | None
) -> tuple[Announced, ...]:
    """What is shown with an incident from `start` to `end`, in seconds (None: it goes on)."""
    return tuple(
        one
        for one in announced
        if one.end > start - NEAR and (end is None or one.start < end + NEAR)
    )
