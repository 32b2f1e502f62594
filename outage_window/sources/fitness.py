"""What selectors pick is checked: counters only, each attempt once, errors among the attempts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from detector.increase import Counter
from outage_window.sources.tables import MOST

Labels = Mapping[str, str]

_PARTS = ("_bucket", "_count", "_sum", "_created")


def impossible(counters: Sequence[Counter]) -> str | None:
    """Why the values cannot be counters, or None; together they must be countable too."""
    if any((c.value < 0).any() for c in counters) or (
        sum(float(c.value.max()) for c in counters if len(c.value)) > MOST
    ):
        return "a counter is negative, infinite, or beyond all counting"
    return None


def miscounted(labels: Sequence[Labels], selector: str) -> str | None:
    """Why the series of one selector must not be summed, or None.

    The buckets of a histogram hold each other, its `_count` holds them all, and a `_created` is a
    time: their sum would count an attempt several times, or count what is no attempt.
    """
    parts: dict[str, set[str]] = {}
    for name in {found.get("__name__", "") for found in labels}:
        for part in _PARTS:
            if name.endswith(part):
                parts.setdefault(name.removesuffix(part), set()).add(part)
    created = [name for name, kinds in parts.items() if "_created" in kinds]
    if created:
        return f"{selector} selects {min(created)}_created, a time; expected counters only"
    mixed = [name for name, kinds in parts.items() if len(kinds) > 1]
    if mixed:
        kinds = " and ".join(sorted(parts[min(mixed)]))
        return f"{selector} selects {kinds} of {min(mixed)}; expected one of them"
    if len({_bound(found["le"]) for found in labels if "le" in found}) > 1:
        return f"{selector} selects several buckets, which hold each other; expected one le"
    return None


def apart(attempts: Sequence[Labels], errors: Sequence[Labels]) -> bool:
    """Whether errors are of a metric that attempts are of too, yet are none of the attempts."""
    tried = {tuple(sorted(found.items())) for found in attempts}
    names = {found.get("__name__") for found in attempts}
    return any(
        found.get("__name__") in names and tuple(sorted(found.items())) not in tried
        for found in errors
    )


APART = "errors are of the same metric as attempts but not among them: ratios may be too high"
"""What is said of a service whose errors are `apart`."""


def _bound(text: str) -> float | str:
    """A bucket's bound as a number: `5` and `5.0` are one."""
    try:
        bound = float(text)
    except ValueError:
        return text
    return text if math.isnan(bound) else bound
