"""Objectives as people write them on a command line or in a form."""

from __future__ import annotations

from detector.budget import Objective
from outage_window.errors import InputError
from outage_window.settings.durations import parse_duration


def parse_objective(text: str, where: str) -> Objective:
    """`99.9/30d` to an objective; the window may be left out. `InputError` naming `where`."""
    target, slash, window = text.partition("/")
    try:
        percent = float(target.strip().removesuffix("%"))
        seconds = parse_duration(window if slash else "30d")
    except ValueError:
        percent, seconds = 0.0, 0.0
    if not 0 < percent < 100 or seconds <= 0:
        raise InputError(where, f"expected such as 99.9/30d, not {text[:40]!r}")
    return Objective(percent / 100, seconds)
