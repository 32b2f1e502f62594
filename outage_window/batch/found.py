"""What was found of one service, without the series that it was found in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from detector.model import Options
from detector.results import Blip
from outage_window.assess import Assessment, Declared, People, ServiceData, assess_all
from outage_window.batch.request import Context, Request
from outage_window.incident_facts import facts
from outage_window.joining import join, service_of
from outage_window.planned import around, of_service
from reports.facts import Incident


@dataclass(frozen=True, slots=True)
class Extent:
    """What a series spans: its step, its observations, from when to when; in seconds."""

    step: float
    observations: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one service.

    `incidents` are those of its windows, in order of time. `extent` is None without a series,
    `not_assessed` why it could not be judged, `refused` whether that is because its input cannot
    be used. `assessment` is what it was found in, where the request keeps that.
    """

    service: str
    incidents: tuple[Incident, ...]
    blips: tuple[Blip, ...]
    extent: Extent | None
    notes: tuple[str, ...]
    not_assessed: str | None = None
    refused: str | None = None
    assessment: Assessment | None = None


def judge(
    services: Sequence[ServiceData],
    users: Mapping[str, People],
    context: Context,
    request: Request,
) -> list[Found]:
    """Judge services side by side, each by itself; in their order.

    `users` are the attempts per user of these services.
    """
    alike: dict[tuple[tuple[float, float], ...], list[ServiceData]] = {}
    for data in services:
        planned = of_service(context.planned, data.service)
        alike.setdefault(tuple((one.start, one.end) for one in planned), []).append(data)
    declared: dict[str, Declared] = dict.fromkeys((d.service for d in services), request.declared)
    found = {
        one.service: one
        for spans, some in alike.items()
        for one in assess_all(some, users, _within(request.options, spans), declared)
    }
    return [found_in(found[data.service], data.refused, context, request) for data in services]


def _within(options: Options, spans: tuple[tuple[float, float], ...]) -> Options:
    return replace(options, maintenance=spans)


def found_in(
    assessment: Assessment, refused: str | None, context: Context, request: Request
) -> Found:
    """What is kept of an assessment: the facts of its incidents, and what its document says."""
    detection = assessment.detection
    return Found(
        service=assessment.service,
        incidents=_incidents(assessment, context, request),
        blips=detection.blips if detection else (),
        extent=_extent(assessment),
        notes=assessment.notes,
        not_assessed=assessment.not_assessed,
        refused=refused,
        assessment=assessment if request.whole else None,
    )


def _extent(assessment: Assessment) -> Extent | None:
    if assessment.detection is None or not len(assessment.detection.series.start):
        return None
    series = assessment.detection.series
    first, last = float(series.start.min()), float(series.end.max())
    return Extent(series.step, len(series.start), first, last)


def _incidents(assessment: Assessment, context: Context, request: Request) -> tuple[Incident, ...]:
    """The facts of each window's incident."""
    windows = assessment.detection.windows if assessment.detection else ()
    if not windows:
        return ()
    alerts = context.alerts
    own = [one for one in alerts or () if service_of(one.labels) == assessment.service]
    joined, _ = join(own, windows)
    planned = of_service(context.planned, assessment.service)
    found = [
        facts(
            assessment,
            index,
            alerts=None if alerts is None else joined[index],
            events=context.events,
            zone=request.options.zone,
            command=request.command,
            inputs=context.origins,
            told_by=context.told_by,
        )
        for index in range(len(windows))
    ]
    return tuple(
        replace(one, announced=around(planned, window.onset, window.end.value))
        for one, window in zip(found, windows, strict=True)
    )
