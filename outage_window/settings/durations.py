"""Durations as Prometheus users write them: `15s`, `5m`, `1h30m`, `28d`."""

from __future__ import annotations

import re

_UNITS = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}
_DURATION = re.compile(
    r"(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
)
_ORDER = ("y", "w", "d", "h", "m", "s", "ms")
_LONGEST = 100 * 31536000.0


def parse_duration(value: object) -> float:
    """Seconds, always positive; `ValueError` saying what was expected.

    A bare number is refused, since its unit would be a guess.
    """
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError("expected a duration such as 15s, 5m, 1h30m or 28d")
    seconds = sum(
        int(count) * _UNITS[unit]
        for count, unit in zip(match.groups(), _ORDER, strict=True)
        if count and len(count) < 16
    )
    if not 0 < seconds <= _LONGEST:
        raise ValueError("expected a duration of more than 0 and at most 100y")
    return seconds


def show_duration(seconds: float) -> str:
    """The shortest way to write it, as it could stand in a settings file."""
    left = round(seconds * 1000)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, left = divmod(left, round(_UNITS[unit] * 1000))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
