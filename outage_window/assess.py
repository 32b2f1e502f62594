"""One service's data to its assessment: the one path that batch, live and draft all take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from detector.detect import detect_all
from detector.estimate import Estimate, Origin
from detector.model import Detection, Options, Phase, Window
from detector.series import Counts, Series
from detector.users import UserAttempts, UserShare, share
from detector.whatif import ThresholdRule, threshold_rule

SHORT_HOURS = 6.0
"""Less data than this holds no normal running beside an outage of common length."""

Measured = TypeVar("Measured", Window, Phase, UserShare)


@dataclass(frozen=True, slots=True)
class ServiceData:
    """What was read for one service. `refused` holds the reason (with the line) if it is unusable.

    `notes` tell what was repaired (sorted, duplicates dropped, clipped) in plain words.
    """

    service: str
    series: Series | None
    origins: tuple[Origin, ...]
    refused: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """Attempts per user of one service, and the files or deliveries that they came from."""

    attempts: UserAttempts
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found for one service; `users` and `rules` have one entry a window.

    Every estimate names the inputs that it came from: `origins` of the series, `user_origins` of
    the attempts per user.
    """

    service: str
    detection: Detection | None
    users: tuple[UserShare, ...]
    rules: tuple[ThresholdRule | None, ...]
    origins: tuple[Origin, ...]
    user_origins: tuple[Origin, ...] = ()
    not_assessed: str | None = None
    notes: tuple[str, ...] = ()


def assess(data: ServiceData, people: People | None, options: Options) -> Assessment:
    """Find the windows of one service and the users that each of them hit: see `assess_all`."""
    return assess_all([data], {} if people is None else {data.service: people}, options)[0]


def assess_all(
    services: Sequence[ServiceData], people: Mapping[str, People], options: Options
) -> list[Assessment]:
    """Find the windows of each service and the users that each of them hit.

    Pure: the same data gives the same assessment, each service judged by itself; side by side they
    cost less. A service that cannot be judged keeps the reason.
    """
    usable = {
        one.service: one.series
        for one in services
        if one.refused is None and one.series is not None
    }
    found = dict(zip(usable, detect_all(list(usable.values()), options), strict=True))
    return [_assessed(one, found.get(one.service), people.get(one.service)) for one in services]


def _assessed(data: ServiceData, found: Detection | None, people: People | None) -> Assessment:
    """Put what was found in a service beside its users, and name where all of it came from."""
    if found is None:
        reason = data.refused or "no data"
        return Assessment(
            data.service, None, (), (), data.origins, not_assessed=reason, notes=data.notes
        )
    windows = tuple(_named(window, data.origins) for window in found.windows)
    detection = replace(found, windows=windows)
    attempts = None if people is None else people.attempts
    counted_in = data.origins if people is None else people.origins
    return Assessment(
        service=data.service,
        detection=detection,
        users=tuple(_named(share(attempts, window), counted_in) for window in windows),
        rules=tuple(threshold_rule(detection, window) for window in windows),
        origins=data.origins,
        user_origins=() if people is None else people.origins,
        not_assessed=detection.not_assessed,
        notes=(*data.notes, *_doubts(detection)),
    )


def _doubts(detection: Detection) -> list[str]:
    """What the numbers themselves give reason to doubt, in plain words."""
    series = detection.series
    found = []
    if isinstance(series, Counts) and (series.attempts % 1 != 0).any():
        found.append(
            "attempts are not whole numbers: if they are rates per second, attempts and errors of"
            " a window are too small by the length of the step (the ratios are right)"
        )
    if len(series.start) and not detection.windows and detection.not_assessed is None:
        hours = float(series.end.max() - series.start.min()) / 3600
        if hours < SHORT_HOURS:
            found.append(
                f"only {hours:.1f} h of data: an outage that fills most of them cannot be told from"
                " normal running"
            )
    return found


def _named(found: Measured, origins: tuple[Origin, ...]) -> Measured:
    """The same window, phase or share, its estimates naming the inputs that they came from."""
    named: dict[str, Any] = {}
    for field in fields(found):
        value = getattr(found, field.name)
        if isinstance(value, Estimate):
            named[field.name] = value.from_inputs(origins)
        elif field.name == "phases":
            named[field.name] = tuple(_named(phase, origins) for phase in value)
    return replace(found, **named)
