"""Prometheus' own series of alerts (`ALERTS`, `ALERTS_FOR_STATE`) to when each of them fired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.series import F64
from outage_window.sources.sampled import Sampled

FIRING = 'ALERTS{alertstate="firing"}'
FOR_STATE = "ALERTS_FOR_STATE"

USUAL_STEP = 60.0
"""The interval of evaluation where a single sample tells nothing of it: Prometheus' default."""
BROKEN = 2.5
"""Intervals without a sample after which it does not fire any more: one may be skipped."""

_OF_SERIES = frozenset({"__name__", "alertstate"})


@dataclass(frozen=True, slots=True)
class Run:
    """One time that an alert fired; seconds since the epoch.

    `first` and `last` are evaluations at which it fired, `step` apart where none was skipped: it
    ended after `last`, and at the latest one `step` later. `over` is False when it may still fire.
    `active_since` is when its condition began to hold.
    """

    labels: Mapping[str, str]
    first: float
    last: float
    step: float
    over: bool
    active_since: float | None


def runs(firing: Iterable[Sampled], conditions: Iterable[Sampled], end: float) -> list[Run]:
    """The runs of all series, by their start; `end` (seconds) is up to when samples were asked for.

    `firing` are raw samples of `FIRING`, one at each evaluation at which the alert fired;
    `conditions` those of `FOR_STATE`, whose values are times. Series of the same alert are joined.
    """
    joined = _joined(firing)
    since = _joined(conditions)
    steps = {key: _step(series.time) for key, series in joined.items()}
    known = [step for step in steps.values() if step is not None]
    usual = float(np.median(known)) if known else USUAL_STEP
    found: list[Run] = []
    for key, series in joined.items():
        step = steps[key] or usual
        for times in _broken(series.time, BROKEN * step):
            first, last = float(times[0]), float(times[-1])
            over = last < end - BROKEN * step
            active = _active(since.get(key), first)
            found.append(Run(series.labels, first, last, step, over, active))
    return sorted(found, key=lambda run: (run.first, sorted(run.labels.items())))


def touches(found: Sequence[Run], start: float) -> bool:
    """Whether a run may have begun before `start`, where samples begin."""
    return any(run.first <= start + BROKEN * run.step for run in found)


def _joined(series: Iterable[Sampled]) -> dict[tuple[tuple[str, str], ...], Sampled]:
    parts: dict[tuple[tuple[str, str], ...], list[Sampled]] = {}
    for one in series:
        if len(one.time):
            labels = {n: v for n, v in one.labels.items() if n not in _OF_SERIES}
            parts.setdefault(tuple(sorted(labels.items())), []).append(one)
    found = {}
    for key, ones in parts.items():
        time = np.concatenate([one.time for one in ones])
        time, place = np.unique(time, return_index=True)
        value = np.concatenate([one.value for one in ones])[place]
        found[key] = Sampled(dict(key), time, value)
    return found


def _step(time: F64) -> float | None:
    """The usual distance of samples; None for a single one."""
    return float(np.median(np.diff(time))) if len(time) > 1 else None


def _broken(time: F64, most: float) -> list[F64]:
    """The times in parts, cut where samples lie further apart than `most`."""
    return np.split(time, np.flatnonzero(np.diff(time) > most) + 1)


def _active(series: Sampled | None, first: float) -> float | None:
    """When the condition began to hold of what fires at `first`: the newest value until then."""
    if series is None:
        return None
    place = int(np.searchsorted(series.time, first, side="right")) - 1
    value = float(series.value[place]) if place >= 0 else 0.0
    return value if 0 < value <= first else None


def fingerprint(labels: Mapping[str, str]) -> str:
    """Alertmanager's name for an alert: FNV-1a of its labels, ordered by name."""
    found = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in b"%s\xff%s\xff" % (name.encode(), labels[name].encode()):
            found = (found ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{found:016x}"
