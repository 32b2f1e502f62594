"""One service's data to its assessment: the one path that batch, live and draft all take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from detector.budget import Objective, budget_burnt
from detector.detect import detect_all
from detector.estimate import Estimate, Origin
from detector.findings.findings import judge
from detector.model import Detection, Options
from detector.results import Finding, Phase, Split, ThresholdRule, UserShare, Window
from detector.series import Counts, Series
from detector.users import UserAttempts
from detector.users.ladder import NOTHING_GIVEN, share
from detector.whatif import threshold_rule
from outage_window.sources.breakdowns import Labelled, breakdowns

SHORT_HOURS = 6.0
"""Less data than this holds no normal running beside an outage of common length."""

Measured = TypeVar("Measured", Window, Phase, UserShare)


@dataclass(frozen=True, slots=True)
class ServiceData:
    """What was read for one service. `refused` holds the reason (with the line) if it is unusable.

    `notes` tell what was repaired (sorted, duplicates dropped, clipped) in plain words. `attempts`
    and `errors` are the counters with their labels, where the series was made from counters.
    """

    service: str
    series: Series | None
    origins: tuple[Origin, ...]
    refused: str | None = None
    notes: tuple[str, ...] = ()
    attempts: Sequence[Labelled] = ()
    errors: Sequence[Labelled] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """What people say of a service that no metric tells: its registered users, its objective."""

    registered: int | None = None
    objective: Objective | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Attempts per user of one service, and the files or deliveries that they came from."""

    attempts: UserAttempts
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found for one service; `users`, `rules`, `findings` have one entry a window.

    So have `splits`, the errors by label, and `budgets`, the share of the error budget that each
    used up; None without an objective.

    Every estimate names the inputs that it came from: `origins` of the series, `user_origins` of
    the attempts per user.
    """

    service: str
    detection: Detection | None
    users: tuple[UserShare, ...]
    rules: tuple[ThresholdRule | None, ...]
    findings: tuple[tuple[Finding, ...], ...]
    budgets: tuple[Estimate | None, ...]
    origins: tuple[Origin, ...]
    user_origins: tuple[Origin, ...] = ()
    not_assessed: str | None = None
    notes: tuple[str, ...] = ()
    splits: tuple[tuple[Split, ...], ...] = ()

    @property
    def judged(self) -> Detection:
        """The detection of a service in which there is a window, so that it was judged."""
        assert self.detection is not None
        return self.detection


def assess(
    data: ServiceData, people: People | None, options: Options, declared: Declared | None = None
) -> Assessment:
    """Find the windows of one service and the users that each of them hit: see `assess_all`."""
    known = {} if people is None else {data.service: people}
    return assess_all([data], known, options, {data.service: declared or Declared()})[0]


def assess_all(
    services: Sequence[ServiceData],
    people: Mapping[str, People],
    options: Options,
    declared: Mapping[str, Declared] | None = None,
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
    said = declared or {}
    return [
        _assessed(
            one,
            found.get(one.service),
            people.get(one.service),
            said.get(one.service, Declared()),
        )
        for one in services
    ]


def _assessed(
    data: ServiceData, found: Detection | None, people: People | None, declared: Declared
) -> Assessment:
    """Put what was found in a service beside its users, and name where all of it came from."""
    if found is None:
        reason = data.refused or "no data"
        return Assessment(
            data.service,
            None,
            (),
            (),
            (),
            (),
            data.origins,
            not_assessed=reason,
            notes=data.notes,
        )
    windows = tuple(named(window, data.origins) for window in found.windows)
    detection = replace(found, windows=windows)
    attempts = None if people is None else people.attempts
    split = breakdowns(data.attempts, data.errors) if windows else ()
    told = [judge(attempts, window, detection, split) for window in windows]
    return Assessment(
        service=data.service,
        detection=detection,
        users=tuple(users_of(window, detection, data, people, declared) for window in windows),
        rules=tuple(threshold_rule(detection, window) for window in windows),
        findings=tuple(one.findings for one in told),
        budgets=tuple(budget_of(window, detection, data, declared) for window in windows),
        origins=data.origins,
        user_origins=() if people is None else people.origins,
        not_assessed=detection.not_assessed,
        notes=(*data.notes, *_doubts(detection)),
        splits=tuple(one.splits for one in told),
    )


def users_of(
    window: Window,
    detection: Detection,
    data: ServiceData,
    people: People | None,
    declared: Declared,
    missing: str = NOTHING_GIVEN,
) -> UserShare:
    """The users that a window hit; what counters told names the counters.

    `missing` is why nothing is known of people, where that is so.
    """
    attempts = None if people is None else people.attempts
    found = share(attempts, window, detection, declared.registered, missing)
    by_ids = people is not None and found.tier in (1, 2)
    return named(found, people.origins if people is not None and by_ids else data.origins)


def budget_of(
    window: Window, detection: Detection, data: ServiceData, declared: Declared
) -> Estimate | None:
    """The share of the error budget that a window used up; None without an objective."""
    if declared.objective is None:
        return None
    burnt = budget_burnt(detection.series, window, declared.objective)
    return burnt.from_inputs(data.origins)


def _doubts(detection: Detection) -> list[str]:
    """What the numbers themselves give reason to doubt, in plain words."""
    series = detection.series
    found = []
    if isinstance(series, Counts) and (np.rint(series.attempts) != series.attempts).any():
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


def named(found: Measured, origins: tuple[Origin, ...]) -> Measured:
    """The same window, phase or share, its estimates naming the inputs that they came from."""
    changed: dict[str, Any] = {}
    for field in fields(found):
        value = getattr(found, field.name)
        if isinstance(value, Estimate):
            changed[field.name] = value.from_inputs(origins)
        elif field.name == "phases":
            changed[field.name] = tuple(named(phase, origins) for phase in value)
    return replace(found, **changed)
