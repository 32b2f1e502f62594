"""One service's data to its assessment: the one path that batch, live and draft all take."""

from __future__ import annotations

from dataclasses import dataclass

from detector.detect import detect
from detector.estimate import Origin
from detector.model import Detection, Options
from detector.series import Series
from detector.users import UserAttempts, UserShare, share
from detector.whatif import ThresholdRule, threshold_rule


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
class Assessment:
    """What was found for one service; `users` and `rules` have one entry a window."""

    service: str
    detection: Detection | None
    users: tuple[UserShare, ...]
    rules: tuple[ThresholdRule | None, ...]
    origins: tuple[Origin, ...]
    not_assessed: str | None = None
    notes: tuple[str, ...] = ()


def assess(data: ServiceData, attempts: UserAttempts | None, options: Options) -> Assessment:
    """Find the windows of one service and the users that each of them hit.

    Pure: the same data gives the same assessment. A service that cannot be judged keeps the reason.
    """
    if data.refused is not None or data.series is None:
        reason = data.refused or "no data"
        return Assessment(data.service, None, (), (), data.origins, reason, data.notes)
    detection = detect(data.series, options)
    return Assessment(
        service=data.service,
        detection=detection,
        users=tuple(share(attempts, window) for window in detection.windows),
        rules=tuple(threshold_rule(detection, window) for window in detection.windows),
        origins=data.origins,
        not_assessed=detection.not_assessed,
        notes=data.notes,
    )
