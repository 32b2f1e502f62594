"""The stretches that a window may span: by its point edges, and at their least and most."""

from __future__ import annotations

from detector.results import Window

Stretch = tuple[float, float]


def stretches(window: Window) -> tuple[Stretch, Stretch, Stretch]:
    """The window [start, end) in seconds at its point edges, its inner edges and its outer ones."""
    return (window.onset, window.until), inner(window), outer(window)


def inner(window: Window) -> Stretch:
    """From the latest onset to the earliest recovery."""
    start = window.start.high if window.start.high is not None else window.onset
    end = window.end.low if window.end.low is not None else window.until
    return start, max(start, end)


def outer(window: Window) -> Stretch:
    """From the earliest onset to the latest recovery."""
    start = window.start.low if window.start.low is not None else window.onset
    return start, window.end.high if window.end.high is not None else window.until


def minutes(window: Window) -> tuple[float, float, float]:
    """The duration of the window in minutes: point, low, high."""
    lasted = window.duration_seconds
    seconds = (lasted.value, lasted.low, lasted.high)
    point, low, high = (0.0 if s is None else s / 60.0 for s in seconds)
    return point, low, high
